//! How the registry goes on with what the store kept.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_store::{LoadError, Prefix, Scan};
use hedgerow_supervisor::{CellContext, Persistence};
use tokio::time::error::Elapsed;

use super::actor::Registry;
use super::machine::Who;
use super::record;

/// How long the registry waits for its records when it starts. A store that does not answer must not keep the mesh from serving:
/// it goes on without, and asks again.
const LOAD_WITHIN: Duration = Duration::from_secs(2);

/// How long to wait before records that could not be read are asked for again.
const READ_AGAIN: Duration = Duration::from_secs(1);

type Scanned = Result<Result<Scan, LoadError>, Elapsed>;

impl Registry {
    /// Reads the records where that was not done yet, and takes no message before.
    pub(super) fn restore(&mut self, context: &mut CellContext<Self>) {
        if self.place.is_restored.load(Ordering::Acquire) {
            return;
        }
        let scanned = self.scan().into_actor(self);
        context.wait(scanned.map(|scanned, registry, context| registry.restored(scanned, context)));
    }

    fn scan(&self) -> impl Future<Output = Scanned> + 'static {
        let scanned = self.means.store.scan(&Prefix::kind(record::KIND));
        async { tokio::time::timeout(LOAD_WITHIN, scanned).await }
    }

    fn restored(&mut self, scanned: Scanned, context: &mut CellContext<Self>) {
        let why = match scanned {
            Ok(Ok(scan)) => return self.take_over(&scan, context),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("not read within {} ms", LOAD_WITHIN.as_millis()),
        };
        let cause = format!("registrations from before could not be read, and are asked for again: {why}");
        self.say(cause, context);
        context.run_later(READ_AGAIN, |registry, context| {
            let scanned = registry.scan().into_actor(registry);
            context.spawn(scanned.map(|scanned, registry, context| registry.restored(scanned, context)));
        });
    }

    fn take_over(&mut self, scan: &Scan, context: &mut CellContext<Self>) {
        let now = self.means.clock.now();
        let mut unusable = scan.unusable.len();
        let mut book = self.place.book();
        for (key, payload) in &scan.records {
            match (key.parts(), record::decode(payload)) {
                ([id], Some((registration, number))) => {
                    let who = Who {
                        service: key.name(),
                        id,
                    };
                    // Who has registered since is there already.
                    book.restore(who, registration, number, now);
                }
                _ => unusable += 1,
            }
        }
        drop(book);
        if unusable > 0 {
            let cause = format!("{unusable} registrations from before are damaged, and left out");
            self.say(cause, context);
        }
        self.place.is_restored.store(true, Ordering::Release);
        self.place.ring_all();
        self.wake(context);
    }

    fn say(&self, cause: String, context: &CellContext<Self>) {
        let events = &self.means.events;
        events.emit(
            "recordUnusable",
            context.path(),
            None,
            cause,
            Persistence::Volatile,
        );
    }
}
