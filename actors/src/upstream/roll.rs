//! What the endpoints of an upstream come to together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

use super::level::Standing;
use crate::breaker::HalfOpenGates;

/// Why an endpoint is left out of the choice, beside its breaker. Several reasons may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// It is clearly worse than its siblings. Passed over while too few endpoints are left.
    Ejected,
    /// It does not answer its checks as it should. Passed over while too few endpoints are left.
    Unhealthy,
    /// It is about to leave: what is under way ends, nothing new begins.
    Draining,
}

impl Exclusion {
    const ALL: [Self; 3] = [Self::Ejected, Self::Unhealthy, Self::Draining];

    /// Its name, as in views.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ejected => "ejected",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Ejected => 1,
            Self::Unhealthy => 1 << 1,
            Self::Draining => DRAINING,
        }
    }
}

const DRAINING: u8 = 1 << 2;

/// What makes the share of endpoints that are left.
const JUDGED: u8 = 1 | 1 << 1;

/// What the endpoints of one upstream share. It is written when something changes, not by calls; but for `in_flight`, where
/// the load of each is bounded.
#[derive(Debug, Default)]
pub(super) struct Roll {
    pub(super) half_open: Arc<HalfOpenGates>,
    /// Ejected, unhealthy or both.
    judged: AtomicUsize,
    in_flight: CachePadded<AtomicU64>,
}

impl Roll {
    /// Whether so few of so many endpoints are left, by a share, that it does not count who is ejected or unhealthy.
    #[inline]
    pub(super) fn panics(&self, count: usize, below: f64) -> bool {
        let judged = self.judged.load(Ordering::Relaxed);
        Standing { all: count, judged }.is_few(below)
    }

    /// Whether anybody is ejected or unhealthy.
    #[inline]
    pub(super) fn has_judged(&self) -> bool {
        self.judged.load(Ordering::Relaxed) > 0
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Calls under way at all, where they are counted.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// For which reasons an endpoint is left out.
#[derive(Debug)]
pub(super) struct Exclusions {
    bits: AtomicU8,
    roll: Arc<Roll>,
}

impl Exclusions {
    pub(super) fn none(roll: Arc<Roll>) -> Self {
        Self {
            bits: AtomicU8::new(0),
            roll,
        }
    }

    pub(super) fn roll(&self) -> &Arc<Roll> {
        &self.roll
    }

    pub(super) fn add(&self, exclusion: Exclusion) {
        let before = self.bits.fetch_or(exclusion.bit(), Ordering::Relaxed);
        self.count(before, before | exclusion.bit());
    }

    pub(super) fn remove(&self, exclusion: Exclusion) {
        let before = self.bits.fetch_and(!exclusion.bit(), Ordering::Relaxed);
        self.count(before, before & !exclusion.bit());
    }

    pub(super) fn clear(&self) {
        self.count(self.bits.swap(0, Ordering::Relaxed), 0);
    }

    /// Whether it is left out, where `panics` says that it does not count who is ejected or unhealthy. Whether the ejection is
    /// over is asked only where there is nothing else.
    #[inline]
    pub(super) fn hold(&self, panics: bool, ejection_is_over: impl FnOnce() -> bool) -> bool {
        let counted = if panics { DRAINING } else { u8::MAX };
        let held = self.bits.load(Ordering::Relaxed) & counted;
        held != 0 && (held != Exclusion::Ejected.bit() || !ejection_is_over())
    }

    /// Whether it is about to leave.
    pub(super) fn are_draining(&self) -> bool {
        self.bits.load(Ordering::Relaxed) & DRAINING != 0
    }

    /// Whether it is ejected or unhealthy.
    pub(super) fn are_judged(&self) -> bool {
        self.bits.load(Ordering::Relaxed) & JUDGED != 0
    }

    pub(super) fn names(&self, ejection_is_over: impl FnOnce() -> bool) -> Vec<&'static str> {
        let mut bits = self.bits.load(Ordering::Relaxed);
        if bits & Exclusion::Ejected.bit() != 0 && ejection_is_over() {
            bits &= !Exclusion::Ejected.bit();
        }
        let held = Exclusion::ALL.into_iter().filter(|one| bits & one.bit() != 0);
        held.map(Exclusion::name).collect()
    }

    fn count(&self, before: u8, after: u8) {
        match (before & JUDGED != 0, after & JUDGED != 0) {
            (false, true) => self.roll.judged.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.roll.judged.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
    }
}

impl Drop for Exclusions {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_counts_once_for_all_its_reasons_and_no_more_when_it_is_gone() {
        let roll = Arc::new(Roll::default());
        let panics = || roll.panics(2, 1.0);
        let one = Exclusions::none(Arc::clone(&roll));
        one.add(Exclusion::Draining);
        assert!(!panics(), "who is to leave is none of the bad ones");
        one.add(Exclusion::Ejected);
        one.add(Exclusion::Unhealthy);
        assert_eq!(one.names(|| false), ["ejected", "unhealthy", "draining"]);
        assert!(panics());
        one.remove(Exclusion::Ejected);
        assert!(panics());
        one.remove(Exclusion::Unhealthy);
        assert!(!panics());
        one.add(Exclusion::Ejected);
        drop(one);
        assert!(!panics());
    }

    #[test]
    fn few_are_left_below_the_share_and_not_at_it() {
        let roll = Arc::new(Roll::default());
        let all: Vec<Exclusions> = (0..4).map(|_| Exclusions::none(Arc::clone(&roll))).collect();
        let panics: Vec<bool> = all
            .iter()
            .map(|one| {
                one.add(Exclusion::Ejected);
                roll.panics(4, 0.5)
            })
            .collect();
        assert_eq!(panics, [false, false, true, true]);
        assert!(!roll.panics(4, 0.0), "0 is off");
        // Draining ones stay out, whoever else is passed over.
        all[0].add(Exclusion::Draining);
        let hold = |one: &Exclusions| one.hold(true, || false);
        assert_eq!((hold(&all[0]), hold(&all[1])), (true, false));
    }

    #[test]
    fn an_ejection_that_is_over_leaves_nobody_out_and_every_other_reason_does() {
        let one = Exclusions::none(Arc::default());
        one.add(Exclusion::Ejected);
        assert_eq!(
            (one.hold(false, || false), one.hold(false, || true)),
            (true, false)
        );
        one.add(Exclusion::Unhealthy);
        assert!(one.hold(false, || true));
        assert_eq!(one.names(|| true), ["unhealthy"]);
    }
}
