//! What goes into the machine, and what comes out of it.

use std::time::Duration;

use hedgerow_view::tree::ActorState;

use super::decide::{AutoShutdown, Restart, Strategy};
use crate::backoff::Curve;
use crate::exit::Exit;
use crate::intensity::Intensity;

/// What a supervisor was declared to go by; does not change while it lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) strategy: Strategy,
    pub(crate) intensity: Intensity,
    pub(crate) curve: Curve,
    pub(crate) auto_shutdown: AutoShutdown,
}

/// What a supervisor knows of a child; does not change while it lives.
#[derive(Debug, Clone)]
pub(crate) struct ChildRules {
    pub(crate) name: String,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// The supervisor itself was started (again): bring all children up. `over` are those whose incarnation has ended,
    /// or was never ordered: what an earlier incarnation of the supervisor may not have been told.
    Begin { over: Vec<usize> },
    /// A child's incarnation is ready.
    Ready { child: usize, incarnation: u32 },
    /// A child's incarnation ended.
    Exited {
        child: usize,
        incarnation: u32,
        exit: Exit,
    },
    /// A back-off is over.
    WaitOver { token: u64 },
    /// The supervisor is asked to stop.
    Stop,
    /// An operator's order for one child.
    Operate { child: usize, order: Order },
}

/// An operator's order for one child. It counts against no intensity and waits for no back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Stop it if it runs, then start it.
    Restart,
    /// Stop it, and keep it down until it is started again by hand.
    Stop,
    /// Start it if it is down.
    Start,
}

impl Order {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Start {
        child: usize,
        incarnation: u32,
    },
    Stop {
        child: usize,
        incarnation: u32,
    },
    Wait {
        token: u64,
        time: Duration,
    },
    Mark {
        child: usize,
        state: ActorState,
    },
    /// A child will be started again after this time.
    Restarting {
        child: usize,
        after: Duration,
    },
    /// All children are up for the first time.
    AllUp,
    /// All children are down and the supervisor is to end with this.
    Finished(Exit),
}
