//! What the contestants are made to do, and where.

use std::array;

use futures_util::future::join_all;

use crate::contestants::{Actix, Channel, Hedgerow, Kameo, Ractor};
use crate::counter::{Contestant, Counter};
use crate::{cores, stage};

/// Those who ask at once, under [`Work::AskInFlight`].
pub(crate) const ASKERS: u64 = 64;

/// What is measured. An operation is a message: sent, handled, and answered where an answer was asked for.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Tells, this many in a row. The last of a row is an ask: its answer says that all of them are handled.
    Tell {
        /// How many messages.
        row: u64,
    },
    /// Asks, each when the one before is answered.
    Ask,
    /// 64 who do so at once.
    AskInFlight,
}

impl Work {
    async fn run(self, counter: &impl Counter, count: u64) {
        match self {
            Self::Tell { row } => {
                let mut left = count;
                while left > 0 {
                    let now = left.min(row);
                    (1..now).for_each(|_| counter.tell(1));
                    counter.ask(1).await;
                    left -= now;
                }
            }
            Self::Ask => asks(counter, count).await,
            Self::AskInFlight => {
                let askers = array::from_fn::<_, { ASKERS as usize }, _>(|asker| {
                    asks(
                        counter,
                        count / ASKERS + u64::from((asker as u64) < count % ASKERS),
                    )
                });
                join_all(askers).await;
            }
        }
    }
}

async fn asks(counter: &impl Counter, count: u64) {
    for _ in 0..count {
        counter.ask(1).await;
    }
}

/// An actor of one contestant, its type forgotten.
pub(crate) trait Player: Sync {
    /// As the tables call it.
    fn name(&self) -> &'static str;

    /// Has it do `count` operations, from this thread.
    fn play(&self, work: Work, count: u64);
}

struct Seat<C> {
    name: &'static str,
    counter: C,
}

impl<C: Counter> Player for Seat<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn play(&self, work: Work, count: u64) {
        stage::run(work.run(&self.counter, count));
    }
}

/// Where the actors live.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// On the thread that sends.
    Here,
    /// Each on a thread of its own. All these threads share a core, as one of them works at a time.
    OtherThread,
}

/// An actor of each contestant; first actix's, with which the others are compared, then ours.
pub(crate) fn players(place: Place) -> Vec<Box<dyn Player>> {
    vec![
        seat(Actix::DoSend, place),
        seat(Hedgerow, place),
        seat(Actix::TrySend, place),
        seat(Kameo::Unbounded, place),
        seat(Kameo::Bounded, place),
        seat(Ractor::Alone, place),
        seat(Channel, place),
    ]
}

fn seat<C: Contestant>(contestant: C, place: Place) -> Box<dyn Player> {
    let name = contestant.name();
    let counter = match place {
        Place::Here => stage::run(contestant.start()),
        Place::OtherThread => stage::elsewhere(move || async move {
            cores::take_the_far_one();
            contestant.start().await
        }),
    };
    stage::run(adds_up(name, &counter));
    Box::new(Seat { name, counter })
}

/// A contestant that leaves messages out would be fast.
async fn adds_up(name: &str, counter: &impl Counter) {
    // It has begun, and its mailbox is as large as it wants it.
    assert_eq!(counter.ask(0).await, 0, "{name}");
    (1..=1_000).for_each(|amount| counter.tell(amount));
    assert_eq!(counter.ask(0).await, 500_500, "{name}");
    assert_eq!(counter.ask(5).await, 500_505, "{name}");
}
