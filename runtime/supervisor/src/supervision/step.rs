//! What goes into the machine, and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_view::tree::ActorState;

use super::decide::{AutoShutdown, Restart, Strategy};
use crate::backoff::Curve;
pub(crate) use crate::cell::ending::ChildId;
use crate::exit::Exit;
use crate::intensity::Intensity;

/// What a supervisor was declared to go by; does not change while it lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) strategy: Strategy,
    pub(crate) intensity: Intensity,
    pub(crate) curve: Curve,
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) child_events: ChildEvents,
}

/// Which events a supervisor tells of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChildEvents {
    /// All of them.
    #[default]
    All,
    /// Those out of the ordinary. Not told is that a child is added and started for the first time, and that one which ended
    /// by order or well was deleted. For supervisors of many children that come and go: they would push everything else out
    /// of the last events. Falls, restarts, starts that fail, and what operators order are told.
    Extraordinary,
}

/// What a supervisor knows of a child; does not change while it lives.
#[derive(Debug, Clone)]
pub(crate) struct ChildRules {
    pub(crate) name: Arc<str>,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
    pub(crate) origin: Origin,
}

/// How a child came onto the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// With its supervisor.
    Declared,
    /// Later, by an order. It is a dynamic child: a failed first start is its own affair, and if it is temporary it is
    /// on the list for one life only.
    Added,
}

impl ChildRules {
    /// Whether it goes off the list when it ends.
    pub(crate) fn lives_once(&self) -> bool {
        self.origin == Origin::Added && self.restart == Restart::Temporary
    }
}

/// What happened. What is said of a child that is not on the list, or of an older incarnation, changes nothing.
#[derive(Debug)]
pub(crate) enum Input {
    /// The supervisor itself was started (again): bring all children up. `over` are those whose incarnation has ended,
    /// or was never ordered: what an earlier incarnation of the supervisor may not have been told.
    Begin { over: Vec<ChildId> },
    /// A child's incarnation is ready.
    Ready { child: ChildId, incarnation: u32 },
    /// A child's incarnation ended.
    Exited {
        child: ChildId,
        incarnation: u32,
        exit: Exit,
    },
    /// A back-off is over.
    WaitOver { token: u64 },
    /// The supervisor is asked to stop.
    Stop,
    /// An operator's order for one child.
    Operate { child: ChildId, order: Order },
    /// A new child, whose number is higher than any before. It joins the list at its end and is started at once, or as
    /// the last of what is being started in order.
    Add { child: ChildId, rules: ChildRules },
    /// A child is to go off the list; if it runs, it is stopped first.
    Delete { child: ChildId },
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
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Restart, Self::Stop, Self::Start];

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
        child: ChildId,
        incarnation: u32,
    },
    Stop {
        child: ChildId,
        incarnation: u32,
    },
    Wait {
        token: u64,
        time: Duration,
    },
    Mark {
        child: ChildId,
        state: ActorState,
    },
    /// A child will be started again after this time.
    Restarting {
        child: ChildId,
        after: Duration,
    },
    /// The first start of an added child is over: it is up, or this is why it is not, and it goes off the list.
    FirstStartOver {
        child: ChildId,
        exit: Option<Exit>,
    },
    /// A child is down and off the list.
    Removed {
        child: ChildId,
    },
    /// All children that the supervisor began with are up for the first time.
    AllUp,
    /// All children are down and the supervisor is to end with this.
    Finished(Exit),
}
