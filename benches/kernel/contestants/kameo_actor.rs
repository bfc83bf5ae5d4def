//! kameo.

use std::convert::Infallible;
use std::time::Duration;

use kameo::actor::{Actor, ActorRef, Spawn as _};
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::supervision::RestartPolicy;

use crate::counter::{Contestant, Counter, ROOM, TOLD};

/// How its actors are kept.
#[derive(Clone)]
pub(crate) enum Kameo {
    /// With a mailbox that has no limit.
    Unbounded,
    /// With one that has; it is told by `try_send`, as by all others.
    Bounded,
    /// With a limit, and supervised by this one.
    Supervised(ActorRef<Overseer>),
}

impl Kameo {
    /// A supervisor, and children of it.
    pub(crate) fn supervised() -> Self {
        Self::Supervised(Overseer::spawn(()))
    }
}

/// Supervises, and does nothing else.
pub(crate) struct Overseer;

impl Actor for Overseer {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

pub(crate) struct Sum(u64);

impl Actor for Sum {
    type Args = u64;
    type Error = Infallible;

    async fn on_start(sum: u64, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self(sum))
    }
}

pub(crate) struct Add(u64);

impl Message<Add> for Sum {
    type Reply = u64;

    async fn handle(&mut self, Add(amount): Add, _: &mut Context<Self, u64>) -> u64 {
        self.0 += amount;
        self.0
    }
}

struct Fall;

impl Message<Fall> for Sum {
    type Reply = ();

    async fn handle(&mut self, Fall: Fall, _: &mut Context<Self, ()>) {
        std::panic::panic_any(TOLD);
    }
}

#[derive(Clone)]
pub(crate) struct KameoCounter(ActorRef<Sum>);

impl KameoCounter {
    /// Has the actor panic, some time after this.
    pub(crate) fn fall(&self) {
        assert!(self.0.tell(Fall).try_send().is_ok(), "there is room");
    }
}

impl Counter for KameoCounter {
    fn tell(&self, amount: u64) {
        assert!(self.0.tell(Add(amount)).try_send().is_ok(), "there is room");
    }

    async fn ask(&self, amount: u64) -> u64 {
        self.0.ask(Add(amount)).send().await.expect("it lives")
    }
}

impl Contestant for Kameo {
    type Counter = KameoCounter;

    fn name(&self) -> &'static str {
        match self {
            Self::Unbounded => "kameo, unbounded",
            Self::Bounded => "kameo, bounded",
            Self::Supervised(_) => "kameo, supervised",
        }
    }

    async fn start(&self) -> KameoCounter {
        let bounded = || mailbox::bounded(ROOM);
        KameoCounter(match self {
            Self::Unbounded => Sum::spawn_with_mailbox(0, mailbox::unbounded()),
            Self::Bounded => Sum::spawn_with_mailbox(0, bounded()),
            Self::Supervised(overseer) => {
                Sum::supervise(overseer, 0)
                    .restart_policy(RestartPolicy::Permanent)
                    .restart_limit(u32::MAX, Duration::from_nanos(1))
                    .spawn_with_mailbox(bounded())
                    .await
            }
        })
    }
}
