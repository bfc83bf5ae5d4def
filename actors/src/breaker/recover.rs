//! How an incarnation begins: from its record, and from what callers already meet.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Publish, State};
use hedgerow_store::LoadError;
use hedgerow_supervisor::{CellContext, Persistence};
use tokio::time::error::Elapsed;

use super::actor::Breaker;
use super::keep::News;
use super::slot::{Past, now};
use super::{Machine, Now, Record, Restored, take_charge};

/// How long a breaker waits for its record when it starts. A store that does not answer must not keep the mesh from
/// serving: the breaker goes on without the record, under what callers already meet, else closed, and asks again. The record
/// is not overwritten before it was read, or the breaker has moved.
pub(crate) const LOAD_WITHIN: Duration = Duration::from_secs(2);

/// How long to wait before a record that could not be read is asked for again.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// What the store says about the life before.
enum Found {
    /// There was none.
    Nothing,
    Record(Record),
    /// Something that is no record.
    Unusable(String),
    /// There may be a record, and it could not be read.
    Unread(String),
}

impl Found {
    fn of(loaded: Result<Result<Option<Vec<u8>>, LoadError>, Elapsed>) -> Self {
        match loaded {
            Ok(Ok(None)) => Self::Nothing,
            Ok(Ok(Some(bytes))) => match Record::decode(&bytes) {
                Ok(record) => Self::Record(record),
                Err(error) => Self::Unusable(error.to_string()),
            },
            Ok(Err(LoadError::Record(error))) => Self::Unusable(error.to_string()),
            Ok(Err(error)) => Self::Unread(error.to_string()),
            Err(_) => Self::Unread(format!(
                "not read within {} ms; the breaker goes on without it, and asks again",
                LOAD_WITHIN.as_millis()
            )),
        }
    }
}

impl Breaker {
    /// Reads the record, and takes no message before.
    pub(super) fn load(&mut self, context: &mut CellContext<Self>) {
        if self.past == Past::None && context.incarnation() == 1 {
            return self.recover(Found::Nothing, context);
        }
        context.wait(
            self.read()
                .into_actor(self)
                .map(|found, breaker, context| breaker.recover(found, context)),
        );
    }

    fn read(&self) -> impl Future<Output = Found> + 'static {
        let record = self.means.store.load(&self.key);
        async { Found::of(tokio::time::timeout(LOAD_WITHIN, record).await) }
    }

    /// Asks for the record again, unless the breaker moves before: then that is kept.
    fn read_later(&self, context: &mut CellContext<Self>) {
        context.run_later(READ_AGAIN, |breaker, context| {
            if breaker.keeping.unread.is_some() {
                let read = breaker.read().into_actor(breaker);
                context.spawn(read.map(|found, breaker, context| breaker.catch_up(found, context)));
            }
        });
    }

    /// The record can be read at last. An operator's order in it holds, and what was learned where no call has ended since;
    /// else it is overtaken by what holds now.
    fn catch_up(&mut self, found: Found, context: &mut CellContext<Self>) {
        let Some(began_at) = self.keeping.unread else {
            return;
        };
        let owner = &self.slot.owner;
        let is_untouched = owner.generation() == 0;
        match found {
            Found::Unread(_) => self.read_later(context),
            Found::Record(record)
                if is_untouched && (record.state.is_forced() || owner.sums() == began_at) =>
            {
                self.keeping.unread = None;
                self.recover(Found::Record(record), context);
            }
            Found::Nothing | Found::Record(_) | Found::Unusable(_) => {
                self.keep(Vec::new(), context);
                self.look(context);
            }
        }
    }

    /// Goes on from what was found.
    fn recover(&mut self, found: Found, context: &mut CellContext<Self>) {
        let now = now(self.means.clock);
        let seed = self.seed.wrapping_add(now.unix_ms);
        let base = self.slot.base(context.incarnation());
        let policy = BreakerPolicy::clone(&self.slot.policy.load());
        let (mut machine, restored) = match &found {
            Found::Record(record) => {
                let (machine, restored) = Machine::restore(record, policy, now, base, seed);
                (machine, Some(restored))
            }
            Found::Nothing | Found::Unusable(_) | Found::Unread(_) => {
                (Machine::new(policy, now, base, seed), None)
            }
        };
        let by_record = standing(&machine);
        take_charge(&mut machine, &self.slot.owner, now);
        let holds = standing(&machine);
        let news = if holds == by_record {
            restored.map(News::from)
        } else {
            Some(as_met(&machine, now))
        };
        self.machine = Some(machine);
        match found {
            // What was saved from this place before may still be on its way to the disk.
            Found::Record(record)
                if (record.state, record.half_open_at) == holds
                    && self.slot.saves.load(Ordering::Acquire) == 0 =>
            {
                let durable = self.means.store.health().durable;
                // What was read speaks for what holds, as if it had just been saved.
                let save = self.slot.saves.fetch_add(1, Ordering::AcqRel) + 1;
                if durable {
                    self.slot.kept.store(save, Ordering::Release);
                }
                let persistence = if durable {
                    Persistence::Durable
                } else {
                    Persistence::Volatile
                };
                news.into_iter()
                    .for_each(|news| self.tell(context, news, persistence));
            }
            Found::Unread(cause) => {
                self.keeping.unread = Some(self.slot.owner.sums());
                self.tell(context, unusable(cause), Persistence::Volatile);
                news.into_iter()
                    .for_each(|news| self.tell(context, news, Persistence::Volatile));
                self.read_later(context);
            }
            Found::Unusable(cause) => {
                self.tell(context, unusable(cause), Persistence::Volatile);
                self.keep(news.into_iter().collect(), context);
            }
            // So that what is shown as kept is kept, from the first state on.
            Found::Nothing | Found::Record(_) => self.keep(news.into_iter().collect(), context),
        }
        self.look(context);
    }
}

/// What a record and a machine are compared by.
fn standing(machine: &Machine) -> (State, Option<u64>) {
    (machine.state(), machine.half_open_at_unix_ms())
}

impl From<Restored> for News {
    fn from(restored: Restored) -> Self {
        match restored {
            Restored::RanOut(transition) => transition.into(),
            Restored::Closed
            | Restored::Open { .. }
            | Restored::Clamped { .. }
            | Restored::HalfOpen
            | Restored::Forced { .. } => Self {
                kind: "breakerRestored",
                cause: restored.to_string(),
            },
        }
    }
}

/// The record is older than what callers were told last, or there is none.
fn as_met(machine: &Machine, now: Now) -> News {
    let what = match machine.publish() {
        Publish::Open { refuse_until } => {
            let remaining = refuse_until.saturating_sub(now.elapsed);
            format!("open for {} ms more", remaining.as_millis())
        }
        Publish::HalfOpen { .. } => "half-open".to_owned(),
        Publish::Closed | Publish::ForcedOpen | Publish::Disabled | Publish::MetricsOnly => {
            machine.state().name().to_owned()
        }
    };
    News {
        kind: "breakerRestored",
        cause: format!("restored: {what}, as callers already met it"),
    }
}

fn unusable(cause: String) -> News {
    News {
        kind: "recordUnusable",
        cause,
    }
}
