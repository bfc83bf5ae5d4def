//! What is kept of keys, and how they begin after a crash.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use futures_util::{StreamExt as _, stream};
use hedgerow_gate::State;
use hedgerow_store::{Key, Prefix};
use hedgerow_supervisor::{AddError, CellContext, ChildSpec, Children, Persistence};

use super::family::Family;
use super::keeper::{AT_ONCE, Keeper, start};
use super::place::{Care, Place};
use crate::breaker::{LOAD_WITHIN, Record};

/// How long to wait before records that could not be read are read again.
const READ_AGAIN: Duration = Duration::from_secs(1);

impl Keeper {
    /// Reads what is kept of the keys, and takes no message before all that were not closed have their breaker again. A
    /// store that does not answer in time keeps nobody waiting: it is asked again.
    pub(super) fn remember(&mut self, context: &mut CellContext<Self>) {
        context.wait(
            self.scan()
                .into_actor(self)
                .map(|scanned, keeper, context| match scanned {
                    Ok(records) => keeper.recall(records, context),
                    Err(cause) => {
                        keeper.tell_unread(&cause, context);
                        keeper.remember_later(context);
                    }
                }),
        );
    }

    fn scan(&self) -> impl Future<Output = Result<Vec<(Key, Vec<u8>)>, String>> + 'static {
        let scan = self
            .means
            .store
            .scan(&Prefix::name("breaker", self.family.name()));
        async {
            match tokio::time::timeout(LOAD_WITHIN, scan).await {
                Ok(Ok(scan)) => Ok(scan.records),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("not read within {} ms", LOAD_WITHIN.as_millis())),
            }
        }
    }

    fn remember_later(&self, context: &mut CellContext<Self>) {
        context.run_later(READ_AGAIN, |keeper, context| {
            let scanned = keeper.scan().into_actor(keeper);
            context.spawn(scanned.map(|scanned, keeper, context| match scanned {
                Ok(records) => keeper.recall_late(records, context),
                Err(_) => keeper.remember_later(context),
            }));
        });
    }

    fn recall(&mut self, records: Vec<(Key, Vec<u8>)>, context: &mut CellContext<Self>) {
        let places = self.recorded(records);
        let specs = places
            .into_iter()
            .filter_map(|place| {
                let spec = self.breaker_of(&place)?;
                place.set_care(Care::Waking);
                Some((place, spec))
            })
            .collect();
        let children = self.children.clone();
        let started = async move { start_all(&children, specs).await };
        context.wait(started.into_actor(self).map(|started, keeper, context| {
            for (place, started) in started {
                keeper.woken(place, started, context);
            }
            keeper.go_round(context);
        }));
    }

    /// The keys have been called meanwhile: those that have a breaker read their records themselves.
    fn recall_late(&mut self, records: Vec<(Key, Vec<u8>)>, context: &mut CellContext<Self>) {
        for place in self.recorded(records) {
            self.see_to(place, context);
        }
    }

    /// Has all places know that they have a record, and answers those that were not closed.
    fn recorded(&self, records: Vec<(Key, Vec<u8>)>) -> Vec<Arc<Place>> {
        self.family.is_remembered.store(true, Ordering::Release);
        // One that cannot be read is told by the breaker that is to be restored from it.
        let is_closed =
            |payload: &[u8]| Record::decode(payload).is_ok_and(|record| record.state == State::Closed);
        let (closed, others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|(_, payload)| is_closed(payload));
        let places = others.iter().filter_map(|(key, _)| self.place_of(key)).collect();
        // After those that were not closed: where there is no room for all, it is theirs.
        for (key, _) in closed {
            let is_ours = key
                .parts()
                .first()
                .is_some_and(|scope| scope == self.family.scope());
            if self.place_of(&key).is_none() && is_ours {
                // Of a key that was well there is nothing to be known.
                self.forget_record(&key);
            }
        }
        places
    }

    /// The place of a key that has a record; `None` where there is no room, or it is no key of this family.
    fn place_of(&self, key: &Key) -> Option<Arc<Place>> {
        let [scope, key] = key.parts() else { return None };
        let place = self.family.place_of(scope, key)?;
        place.is_recorded.store(true, Ordering::Release);
        Some(place)
    }

    fn tell_unread(&self, cause: &str, context: &CellContext<Self>) {
        let cause = format!(
            "{}: the breakers of scope {} begin without their records, until they can be read: {cause}",
            self.family.name(),
            self.family.scope()
        );
        self.means.events.emit(
            "recordUnusable",
            context.path(),
            None,
            cause,
            Persistence::Volatile,
        );
    }
}

/// Starts them, several at once.
async fn start_all(
    children: &Children,
    specs: Vec<(Arc<Place>, ChildSpec)>,
) -> Vec<(Arc<Place>, Result<(), AddError>)> {
    let start = |(place, spec): (Arc<Place>, ChildSpec)| async move {
        let started = start(children, &Family::child_name(&place), spec).await;
        (place, started)
    };
    stream::iter(specs)
        .map(start)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}
