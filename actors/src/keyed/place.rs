//! One key.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use crossbeam_queue::SegQueue;
use hedgerow_gate::{Armed, Bell, Clock, Gate, Owner, Rules, Sums};
use hedgerow_supervisor::Doorbell;

use crate::bell::LateBell;
use crate::breaker::BreakerHandle;

/// The gate of one key, held for as long as a call takes.
#[derive(Clone)]
pub struct KeyGate(pub(super) Arc<Place>);

impl Deref for KeyGate {
    type Target = Gate;

    fn deref(&self) -> &Gate {
        self.0.owner.gate()
    }
}

impl fmt::Debug for KeyGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyGate").field(&self.0.key).finish()
    }
}

/// One key: its gate, and its breaker while it has one.
pub(super) struct Place {
    /// Empty for the one that the rest share.
    pub(super) key: Box<str>,
    /// Used by the breaker while there is one, else by the keeper.
    pub(super) owner: Owner,
    breaker: ArcSwapOption<Awake>,
    calls_for_help: Arc<CallsForHelp>,
    is_queued: AtomicBool,
    /// As a number. Written by the keeper alone.
    care: AtomicU8,
    /// Good calls that had ended when the first bad one did: the window begins there.
    good_before: AtomicU64,
    /// Whether the store may have a record of it.
    pub(super) is_recorded: AtomicBool,
    /// How many calls had ended at the last sweep.
    pub(super) swept_at: AtomicU64,
}

/// What the keeper does for a place. It belongs to the place: a keeper that falls leaves nothing half done for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Care {
    /// Nothing: the gate is left to itself.
    Left,
    /// It is to be given a breaker: it waits for others to have theirs, or is being given one.
    Waking,
    /// Its breaker is up.
    Awake,
    /// Its breaker is being taken away.
    Resting,
}

/// The breaker of a key.
pub(super) struct Awake {
    pub(super) handle: BreakerHandle,
    doorbell: Doorbell,
}

/// Keys without a breaker that a bad call has met, and who is to see to them.
#[derive(Default)]
pub(super) struct CallsForHelp {
    queue: SegQueue<Weak<Place>>,
    pub(super) keeper: LateBell,
}

/// No sweep has come by.
const NEVER_SWEPT: u64 = u64::MAX;

impl Place {
    pub(super) fn new(
        key: &str,
        rules: &Rules,
        clock: Clock,
        calls_for_help: Arc<CallsForHelp>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|place: &Weak<Self>| {
            let (_, owner) = Gate::compact(Arc::new(PlaceBell(place.clone())), clock);
            owner.set_rules(rules);
            // Nobody has called yet, so there is nothing to be missed.
            let _ = owner.leave(Sums::default());
            Self {
                key: key.into(),
                owner,
                breaker: ArcSwapOption::empty(),
                calls_for_help,
                is_queued: AtomicBool::new(false),
                care: AtomicU8::new(Care::Left as u8),
                good_before: AtomicU64::new(0),
                is_recorded: AtomicBool::new(false),
                swept_at: AtomicU64::new(NEVER_SWEPT),
            }
        })
    }

    pub(super) fn care(&self) -> Care {
        let care = self.care.load(Ordering::Acquire);
        [Care::Waking, Care::Awake, Care::Resting]
            .into_iter()
            .find(|known| *known as u8 == care)
            .unwrap_or(Care::Left)
    }

    pub(super) fn set_care(&self, care: Care) {
        self.care.store(care as u8, Ordering::Release);
    }

    pub(super) fn breaker(&self) -> Option<Arc<Awake>> {
        self.breaker.load_full()
    }

    /// From now on its bell rings the breaker's door.
    pub(super) fn wake(&self, handle: BreakerHandle) {
        let doorbell = handle.doorbell();
        self.breaker.store(Some(Arc::new(Awake { handle, doorbell })));
    }

    /// From now on its bell calls for help.
    pub(super) fn lay_down(&self) {
        self.breaker.store(None);
    }

    /// Leaves the gate to itself, with all that its breaker has seen; [`Armed::Spent`] where there is more.
    pub(super) fn leave(&self, seen: Sums) -> Armed {
        self.owner.leave(seen)
    }

    /// What the sums were where a window that begins now has to begin: all bad calls that nobody has seen are in it, and of
    /// the good ones those that came after the first of them. Where a breaker has looked since then, its window is gone on
    /// with.
    pub(super) fn base(&self) -> Sums {
        let left_at = self.owner.left_at();
        Sums {
            successes: left_at.successes.max(self.good_before.load(Ordering::Acquire)),
            ..left_at
        }
    }

    /// The good calls up to now are not in the next window.
    pub(super) fn begin_window(&self) {
        self.good_before
            .store(self.owner.sums().successes, Ordering::Release);
    }

    /// Has the keeper look, once until it does.
    pub(super) fn call_for_help(self: &Arc<Self>) {
        if self.is_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        self.begin_window();
        self.calls_for_help.queue.push(Arc::downgrade(self));
        self.calls_for_help.keeper.ring();
    }
}

impl CallsForHelp {
    /// The next key to be seen to. What rings from now on queues it again.
    pub(super) fn next(&self) -> Option<Arc<Place>> {
        loop {
            // One that was dropped meanwhile has no callers.
            if let Some(place) = self.queue.pop()?.upgrade() {
                place.is_queued.store(false, Ordering::Release);
                return Some(place);
            }
        }
    }
}

/// Rings the breaker, where there is one, else the keeper.
struct PlaceBell(Weak<Place>);

impl Bell for PlaceBell {
    fn ring(&self) {
        // Whoever rings holds the gate by its place.
        let Some(place) = self.0.upgrade() else { return };
        match &*place.breaker.load() {
            Some(awake) => awake.doorbell.ring(),
            None => place.call_for_help(),
        }
    }
}
