//! How many gates of a group are half-open, for who prefers them and would else look at all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The gates of one group that are half-open. Written when one begins or ceases to be, so that reading is nearly free.
#[derive(Debug, Default)]
pub(crate) struct HalfOpenGates(AtomicUsize);

impl HalfOpenGates {
    /// Whether there may be one. A gate is counted shortly after its state is published.
    #[inline]
    pub(crate) fn are_there(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Whether one gate is counted, where it has a group.
#[derive(Debug, Default)]
pub(super) struct CountedGate {
    group: OnceLock<Arc<HalfOpenGates>>,
    is_counted: AtomicBool,
}

impl CountedGate {
    /// From now on it belongs to this group; it can belong to one only.
    pub(super) fn join(&self, group: Arc<HalfOpenGates>) {
        // Whoever came first has it.
        let _ = self.group.set(group);
    }

    /// Its state is half-open, or is not.
    pub(super) fn count(&self, is_half_open: bool) {
        let Some(HalfOpenGates(gates)) = self.group.get().map(Arc::as_ref) else {
            return;
        };
        match (
            self.is_counted.swap(is_half_open, Ordering::Relaxed),
            is_half_open,
        ) {
            (false, true) => gates.fetch_add(1, Ordering::Relaxed),
            (true, false) => gates.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
    }
}

impl Drop for CountedGate {
    fn drop(&mut self) {
        self.count(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_counted_once_and_no_more_when_it_is_gone() {
        let group = Arc::new(HalfOpenGates::default());
        let (one, other, stranger) = (
            CountedGate::default(),
            CountedGate::default(),
            CountedGate::default(),
        );
        one.join(Arc::clone(&group));
        other.join(Arc::clone(&group));
        stranger.count(true);
        assert!(!group.are_there());
        one.count(true);
        one.count(true);
        other.count(true);
        one.count(false);
        one.count(false);
        assert!(group.are_there());
        drop(other);
        assert!(!group.are_there());
    }
}
