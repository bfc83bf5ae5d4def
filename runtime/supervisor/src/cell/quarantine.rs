//! The quarantine of one cell: which messages are refused at the door because they keep crashing the actor.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_view::Path;
use hedgerow_view::tree::QuarantinedView;

use crate::events::{Events, Persistence};
use crate::poison::{Mark, Poison, Quarantine, Quarantined, Verdict};

/// What a message type goes by beside its name.
pub(crate) type Fingerprints = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// Suspects and quarantined messages, and how they are told apart.
pub(crate) struct Ward {
    poison: Mutex<Poison<Mark>>,
    /// Whether a message has to be looked at before it is let in.
    is_watching: AtomicBool,
    fingerprints: Fingerprints,
    events: Events,
}

impl Ward {
    pub(crate) fn new(rule: Quarantine, fingerprints: Fingerprints, events: Events) -> Self {
        Self {
            poison: Mutex::new(Poison::new(rule)),
            is_watching: AtomicBool::new(false),
            fingerprints,
            events,
        }
    }

    /// What this message goes by.
    pub(super) fn mark<M: 'static>(&self, message: &M) -> Mark {
        let fingerprint = self.fingerprints.get(&TypeId::of::<M>());
        let fingerprint = fingerprint.and_then(|of| of.downcast_ref::<fn(&M) -> u64>());
        Mark {
            message: type_name::<M>(),
            fingerprint: fingerprint.map(|of| of(message)),
        }
    }

    /// Whether this message is refused; it costs one load unless one has crashed the actor of late.
    pub(super) fn refuses<M: 'static>(&self, message: &M) -> bool {
        self.is_watching.load(Ordering::Acquire) && {
            let mark = self.mark(message);
            self.poison().refuses(&mark)
        }
    }

    /// The actor at `path` crashed while it handled this message.
    pub(super) fn crashed(&self, mark: Mark, path: &Path, now: Duration) {
        let Some(Verdict {
            quarantined,
            released,
        }) = self.change(|poison| poison.crashed(mark, now))
        else {
            return;
        };
        let cause = format!("{mark} crashed it {} times", quarantined.crashes);
        self.tell("messageQuarantined", path, cause);
        if let Some(released) = released {
            let cause = format!("{} made room for {mark}", released.mark);
            self.tell("messageReleased", path, cause);
        }
    }

    pub(super) fn succeeded(&self, mark: Mark, now: impl FnOnce() -> Duration) {
        if self.is_watching.load(Ordering::Relaxed) {
            let now = now();
            self.change(|poison| poison.succeeded(&mark, now));
        }
    }

    /// Lets everything in again.
    pub(crate) fn release(&self, path: &Path) {
        let released: Vec<Quarantined<Mark>> = self.change(|poison| {
            let quarantined = poison.list();
            let released = quarantined.iter().filter_map(|entry| poison.release(&entry.mark));
            released.collect()
        });
        for entry in released {
            let cause = format!("{} by hand, after {} refusals", entry.mark, entry.refused);
            self.tell("messageReleased", path, cause);
        }
    }

    fn tell(&self, kind: &'static str, path: &Path, cause: String) {
        self.events.emit(kind, path, None, cause, Persistence::Volatile);
    }

    pub(crate) fn view(&self) -> Vec<QuarantinedView> {
        let quarantined = self.poison().list();
        quarantined.iter().map(Quarantined::view).collect()
    }

    fn poison(&self) -> MutexGuard<'_, Poison<Mark>> {
        // No code of the user's runs under it.
        self.poison.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Poison<Mark>) -> T) -> T {
        let mut poison = self.poison();
        let result = change(&mut poison);
        self.is_watching.store(poison.is_watching(), Ordering::Release);
        result
    }
}
