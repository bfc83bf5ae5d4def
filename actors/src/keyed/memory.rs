//! What is kept of keys, and how they begin after a crash.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use futures_util::{StreamExt as _, stream};
use hedgerow_gate::State;
use hedgerow_store::{Key, LoadError, Prefix, Scan};
use hedgerow_supervisor::{AddError, CellContext, ChildSpec, Children, Persistence};
use tokio::time::error::Elapsed;

use super::family::Family;
use super::keeper::{Keeper, STARTS_AT_ONCE, start};
use super::place::Place;
use crate::breaker::{LOAD_WITHIN, Record};

impl Keeper {
    /// Reads what is kept of the keys, and takes no message before all that were not closed have their breaker again.
    pub(super) fn remember(&mut self, context: &mut CellContext<Self>) {
        let scan = self
            .means
            .store
            .scan(&Prefix::name("breaker", self.family.name()));
        context.wait(
            tokio::time::timeout(LOAD_WITHIN, scan)
                .into_actor(self)
                .map(|scanned, keeper, context| keeper.recall(scanned, context)),
        );
    }

    fn recall(&mut self, scanned: Result<Result<Scan, LoadError>, Elapsed>, context: &mut CellContext<Self>) {
        let records = match scanned {
            Ok(Ok(scan)) => scan.records,
            Ok(Err(error)) => return self.unread(&error.to_string(), context),
            Err(_) => {
                let limit = LOAD_WITHIN.as_millis();
                return self.unread(&format!("not read within {limit} ms"), context);
            }
        };
        let mut closed = Vec::new();
        let mut specs = Vec::new();
        for (key, payload) in records {
            // One that cannot be read is told by the breaker that is to be restored from it.
            let is_closed = Record::decode(&payload).is_ok_and(|record| record.state == State::Closed);
            if is_closed {
                closed.push(key);
            } else if let Some(place) = self.recorded(&key)
                && let Some(spec) = self.breaker_of(&place)
            {
                specs.push((place, spec));
            }
        }
        // After those that were not closed: where there is no room for all, it is theirs.
        for key in closed {
            let _ = self.recorded(&key);
        }
        let children = self.children.clone();
        let started = async move { start_all(&children, specs).await };
        context.wait(started.into_actor(self).map(|started, keeper, context| {
            for (place, started) in started {
                match started {
                    Ok(()) => keeper.is_awake(place),
                    Err(_) => keeper.start_again(place, context),
                }
            }
            keeper.go_round(context);
        }));
    }

    /// The place of a key that has a record; `None` where there is no room, or it is no key of this family.
    fn recorded(&self, key: &Key) -> Option<Arc<Place>> {
        let [scope, key] = key.parts() else { return None };
        let place = self.family.place_of(scope, key)?;
        place.is_recorded.store(true, Ordering::Release);
        Some(place)
    }

    fn unread(&self, cause: &str, context: &CellContext<Self>) {
        let cause = format!(
            "{}: the breakers of scope {} begin without their records: {cause}",
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
        .buffer_unordered(STARTS_AT_ONCE)
        .collect()
        .await
}
