//! What belongs to the place of a factory in the tree, and outlives every restart there.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_queue::SegQueue;
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_supervisor::{Clock, Context};
use hedgerow_view::{Identity, Refusal};

use super::held::{Closing, Made};
use super::place::Place;
use super::policy::{FactoryPolicy, FactoryScope};
use super::record::Record;
use crate::bell::LateBell;
use crate::fnv::fnv1a;

/// Leases that were given.
pub(super) const LEASED: usize = 0;
/// Leases that were refused.
pub(super) const REFUSED: usize = 1;
/// Leases that were waited for, in vain or not.
pub(super) const WAITED: usize = 2;

/// What belongs to the place of a factory.
pub(super) struct Slot<T: Send + Sync + 'static> {
    pub(super) id: Identity,
    pub(super) policy: FactoryPolicy,
    pub(super) clock: Clock,
    pub(super) closing: Arc<Closing<T>>,
    /// The only one of a global factory.
    global: Option<Arc<Place<T>>>,
    keys: papaya::HashMap<Box<str>, Arc<Place<T>>>,
    /// How many keys there are or are about to be.
    key_count: AtomicUsize,
    /// What the actor is to look at, one notice for each wish, end or loss.
    pub(super) notices: SegQueue<Notice<T>>,
    pub(super) bell: LateBell,
    /// Whether nothing is made, as the actor was stopped.
    pub(super) is_stopped: AtomicBool,
    pub(super) calls: Tally<3>,
    figures: Mutex<Figures>,
}

/// What the actor is told.
pub(super) enum Notice<T: Send + Sync + 'static> {
    /// Somebody wants it.
    Wanted(Arc<Place<T>>),
    /// An attempt has ended.
    Ended {
        place: Arc<Place<T>>,
        attempt: u64,
        result: Result<Made<T>, String>,
    },
    /// A holder has taken away what was made.
    Lost {
        place: Arc<Place<T>>,
        made: Arc<Made<T>>,
        loss: Loss,
    },
}

/// Why something was taken away.
pub(super) enum Loss {
    /// It is broken.
    Broken(String),
    /// It is to be reset.
    Reset,
}

/// What the actor counts.
pub(super) struct Figures {
    pub(super) record: Record,
    pub(super) attempts: u64,
    pub(super) failures: u64,
    pub(super) made: u64,
    pub(super) invalidated: u64,
    pub(super) reset: u64,
    pub(super) expired: u64,
    pub(super) unused: u64,
    /// Why the latest attempt has failed, while none has succeeded since.
    pub(super) problem: Option<String>,
}

impl<T: Send + Sync + 'static> Slot<T> {
    pub(super) fn new(id: Identity, policy: FactoryPolicy, clock: Clock, closing: Closing<T>) -> Self {
        let mut slot = Self {
            figures: Mutex::new(Figures {
                record: Record::new(policy.slo),
                attempts: 0,
                failures: 0,
                made: 0,
                invalidated: 0,
                reset: 0,
                expired: 0,
                unused: 0,
                problem: None,
            }),
            id,
            policy,
            clock,
            closing: Arc::new(closing),
            global: None,
            keys: papaya::HashMap::new(),
            key_count: AtomicUsize::new(0),
            notices: SegQueue::new(),
            bell: LateBell::default(),
            is_stopped: AtomicBool::new(false),
            calls: Tally::default(),
        };
        slot.global = (slot.policy.scope == FactoryScope::Global).then(|| Arc::new(slot.fresh(None)));
        slot
    }

    fn fresh(&self, key: Option<&str>) -> Place<T> {
        let process = std::process::id().to_le_bytes();
        let name = self.id.name().bytes().chain(key.unwrap_or_default().bytes());
        Place::new(key, self.policy.backoff, fnv1a(name.chain(process)))
    }

    /// Held for no longer than it takes to read or write them.
    pub(super) fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn global(&self) -> Option<&Arc<Place<T>>> {
        self.global.as_ref()
    }

    /// What `look` makes of the place of a key that is known.
    #[inline]
    pub(super) fn at<R>(&self, key: &str, look: impl FnOnce(&Arc<Place<T>>) -> R) -> Option<R> {
        self.keys.pin().get(key).map(look)
    }

    /// The place of a key, made now where it is new.
    ///
    /// # Errors
    /// The refusal, where there are as many keys as there may be.
    pub(super) fn place(&self, key: &str) -> Result<Arc<Place<T>>, Refusal> {
        if let Some(place) = self.at(key, Arc::clone) {
            return Ok(place);
        }
        let most = usize::try_from(self.policy.keys.max_keys).unwrap_or(usize::MAX);
        if self.key_count.fetch_add(1, Ordering::AcqRel) >= most {
            self.key_count.fetch_sub(1, Ordering::AcqRel);
            let observed = format!("{most} that are in use");
            return Err(Refusal::new(
                self.id.to_string(),
                "maxKeys",
                most.to_string(),
                observed,
            ));
        }
        let fresh = Arc::new(self.fresh(Some(key)));
        let keys = self.keys.pin();
        match keys.try_insert(key.into(), Arc::clone(&fresh)) {
            Ok(_) => Ok(fresh),
            Err(taken) => {
                self.key_count.fetch_sub(1, Ordering::AcqRel);
                Ok(Arc::clone(taken.current))
            }
        }
    }

    /// Takes a place off the list. Who holds it looks for another one.
    pub(super) fn remove(&self, place: &Place<T>) {
        if let Some(key) = &place.key
            && self.keys.pin().remove(key).is_some()
        {
            self.key_count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// All places that there are.
    pub(super) fn places(&self) -> Vec<Arc<Place<T>>> {
        let keys = self.keys.pin();
        let keyed = keys.values().cloned();
        self.global.iter().cloned().chain(keyed).collect()
    }

    /// Who the place is, in refusals.
    pub(super) fn id_of(&self, place: &Place<T>) -> String {
        match &place.key {
            Some(key) => Identity::keyed("factory", self.id.name(), "key", &**key).to_string(),
            None => self.id.to_string(),
        }
    }

    /// Tells the actor that somebody wants it, and on whose behalf.
    pub(super) fn want(&self, place: &Arc<Place<T>>, context: impl FnOnce() -> Context) {
        place.is_used();
        if place.is_wanted.swap(true, Ordering::AcqRel) {
            return;
        }
        place.kept().context.get_or_insert_with(context);
        self.tell(Notice::Wanted(Arc::clone(place)));
    }

    pub(super) fn tell(&self, notice: Notice<T>) {
        self.notices.push(notice);
        self.bell.ring();
    }
}
