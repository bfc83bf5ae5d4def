//! ractor. Its mailbox has no limit.

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use crate::counter::{Contestant, Counter};

/// Its actors.
#[derive(Clone)]
pub(crate) enum Ractor {
    /// That nobody supervises.
    Alone,
    /// That are linked to this one, who is told of their ends. ractor restarts nobody by itself.
    Linked(ActorRef<()>),
}

impl Ractor {
    /// A supervisor, and children that are linked to it.
    pub(crate) async fn linked() -> Self {
        let (overseer, _) = Overseer::spawn(None, Overseer, ())
            .await
            .expect("nothing in it fails to start");
        Self::Linked(overseer)
    }
}

/// Is told of ends, and does nothing.
struct Overseer;

impl Actor for Overseer {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

struct Sum;

pub(crate) enum Add {
    Tell(u64),
    Ask(u64, RpcReplyPort<u64>),
}

impl Actor for Sum {
    type Msg = Add;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Add>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(&self, _: ActorRef<Add>, add: Add, sum: &mut u64) -> Result<(), ActorProcessingErr> {
        match add {
            Add::Tell(amount) => *sum += amount,
            Add::Ask(amount, reply) => {
                *sum += amount;
                reply.send(*sum)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone)]
pub(crate) struct RactorCounter(ActorRef<Add>);

impl Counter for RactorCounter {
    fn tell(&self, amount: u64) {
        assert!(self.0.cast(Add::Tell(amount)).is_ok(), "it lives");
    }

    async fn ask(&self, amount: u64) -> u64 {
        match self.0.call(|reply| Add::Ask(amount, reply), None).await {
            Ok(CallResult::Success(sum)) => sum,
            _ => unreachable!("it lives, and has no limit of time"),
        }
    }
}

impl Contestant for Ractor {
    type Counter = RactorCounter;

    fn name(&self) -> &'static str {
        match self {
            Self::Alone => "ractor",
            Self::Linked(_) => "ractor, linked",
        }
    }

    async fn start(&self) -> RactorCounter {
        let spawned = match self {
            Self::Alone => Actor::spawn(None, Sum, ()).await,
            Self::Linked(overseer) => Actor::spawn_linked(None, Sum, (), overseer.get_cell()).await,
        };
        let (actor, _) = spawned.expect("nothing in it fails to start");
        RactorCounter(actor)
    }
}
