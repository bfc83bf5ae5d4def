//! How the calls to an upstream's endpoints wake the actor that keeps what they teach.

use std::sync::atomic::{AtomicBool, Ordering};

use hedgerow_gate::Bell as _;

use crate::bell::LateBell;

/// Rung by failures while the actor rests, and by each ejection.
pub(crate) struct Alarm {
    pub(super) bell: LateBell,
    /// Whether the next failure is to ring. Written when the actor goes to rest, and by the call that wakes it.
    is_resting: AtomicBool,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            bell: LateBell::default(),
            is_resting: AtomicBool::new(true),
        }
    }
}

impl Alarm {
    /// A call has failed.
    pub(crate) fn failed(&self) {
        if self.is_resting.load(Ordering::Relaxed) && self.is_resting.swap(false, Ordering::AcqRel) {
            self.bell.ring();
        }
    }

    /// An endpoint was ejected or has returned.
    pub(crate) fn moved(&self) {
        self.bell.ring();
    }

    /// Has the next failure ring. What failed before this call is to be looked for after it.
    pub(super) fn rest(&self) {
        self.is_resting.store(true, Ordering::SeqCst);
    }
}
