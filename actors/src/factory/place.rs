//! One key of a factory: what is published for its callers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::AbortHandle;
use hedgerow_supervisor::{Context, Curve, Trace};
use tokio::sync::Notify;

use super::held::{Held, Made};
use super::machine::Machine;

/// One key. What callers read is written by the actor, but for what a holder takes away because it is broken.
pub(super) struct Place<T: Send + Sync + 'static> {
    /// `None` for the one of a global factory.
    pub(super) key: Option<Box<str>>,
    pub(super) made: ArcSwapOption<Made<T>>,
    /// Why it is not made for a while.
    pub(super) resting: ArcSwapOption<Resting>,
    /// Tells those who wait that something of this is another.
    pub(super) changed: Notify,
    /// Whether the actor is to be told by a notice that waits that it is wanted.
    pub(super) is_wanted: AtomicBool,
    /// Whether anybody has used it since the last sweep. Written once between two.
    is_used: AtomicBool,
    /// Whether another place may have taken its key.
    pub(super) has_left: AtomicBool,
    kept: Mutex<Kept<T>>,
}

/// Why a thing is not made for a while.
pub(super) struct Resting {
    pub(super) until: Duration,
    pub(super) why: String,
}

/// What is the actor's. It lies here as it outlives its incarnations.
pub(super) struct Kept<T: Send + Sync + 'static> {
    pub(super) machine: Machine,
    /// On whose behalf the next attempt is made: the first caller's who wanted it.
    pub(super) context: Option<Context>,
    /// What is to be reset rather than made anew.
    pub(super) spare: Option<Arc<Held<T>>>,
    /// Ends the attempt that is under way.
    pub(super) under_way: Option<AbortHandle>,
    /// The latest attempt of which anything is recorded.
    pub(super) traced: Option<Traced>,
    /// Whether it was ever made.
    pub(super) was_made: bool,
}

/// Where in its trace an attempt is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traced {
    /// The place of who has begun it.
    pub(super) by: Trace,
    /// Its own.
    pub(super) attempt: Trace,
}

impl<T: Send + Sync + 'static> Place<T> {
    pub(super) fn new(key: Option<&str>, curve: Curve, seed: u64) -> Self {
        Self {
            key: key.map(Into::into),
            made: ArcSwapOption::empty(),
            resting: ArcSwapOption::empty(),
            changed: Notify::new(),
            is_wanted: AtomicBool::new(false),
            is_used: AtomicBool::new(true),
            has_left: AtomicBool::new(false),
            kept: Mutex::new(Kept {
                machine: Machine::new(curve, seed),
                context: None,
                spare: None,
                under_way: None,
                traced: None,
                was_made: false,
            }),
        }
    }

    /// Held for no longer than it takes to read or write it.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(super) fn is_used(&self) {
        // A line that many read is written only where that changes it.
        if !self.is_used.load(Ordering::Relaxed) {
            self.is_used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was used since this was asked last.
    pub(super) fn take_used(&self) -> bool {
        self.is_used.swap(false, Ordering::Relaxed)
    }

    pub(super) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Acquire)
    }
}
