//! What is posted of a gate's rules where callers can check them.

use crate::Sums;
use crate::rules::{Join, Rates, Rules};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What callers can read of the rules. Written by the owner alone.
///
/// # Ordering
///
/// A sequence lock: the version is odd while the owner writes. Each field is stored with release and loaded with
/// acquire, so that who has read a newer field finds a newer version at the end, and gives up.
pub(crate) struct Posted {
    version: AtomicU32,
    join: AtomicU32,
    min_calls: AtomicU32,
    /// 0 where the window is none of calls.
    last_calls: AtomicU32,
    /// As bits of an `f64`; beyond any share is off.
    failure: AtomicU64,
    slow: AtomicU64,
    /// What the sums were where the window begins: successes, failures, slow.
    base: [AtomicU64; 3],
}

/// Stands for a rate that is off.
const OFF: f64 = f64::INFINITY;

impl Posted {
    pub(crate) fn new() -> Self {
        Self {
            version: AtomicU32::new(0),
            join: AtomicU32::new(0),
            min_calls: AtomicU32::new(0),
            last_calls: AtomicU32::new(0),
            failure: AtomicU64::new(OFF.to_bits()),
            slow: AtomicU64::new(OFF.to_bits()),
            base: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    pub(crate) fn join(&self) -> Join {
        match self.join.load(Ordering::Relaxed) {
            0 => Join::Any,
            _ => Join::All,
        }
    }

    /// Whether a rate is on.
    pub(crate) fn has_rates(&self) -> bool {
        [&self.failure, &self.slow]
            .into_iter()
            .any(|bits| f64::from_bits(bits.load(Ordering::Acquire)) < OFF)
    }

    /// The length of a window of calls.
    pub(crate) fn last_calls(&self) -> Option<u32> {
        match self.last_calls.load(Ordering::Acquire) {
            0 => None,
            calls => Some(calls),
        }
    }

    pub(crate) fn post_rules(&self, rules: &Rules) {
        self.write(|| {
            let bits = |rate: Option<f64>| rate.unwrap_or(OFF).to_bits();
            self.join
                .store(u32::from(rules.join == Join::All), Ordering::Release);
            self.min_calls.store(rules.rates.min_calls, Ordering::Release);
            self.last_calls
                .store(rules.last_calls.unwrap_or(0), Ordering::Release);
            self.failure.store(bits(rules.rates.failure), Ordering::Release);
            self.slow.store(bits(rules.rates.slow), Ordering::Release);
        });
    }

    /// Where the window begins, for the owner itself.
    pub(crate) fn base(&self) -> Sums {
        let [successes, failures, slow] = [0, 1, 2].map(|at| self.base[at].load(Ordering::Acquire));
        Sums {
            successes,
            failures,
            slow,
            timeouts: 0,
        }
    }

    pub(crate) fn post_base(&self, base: Sums) {
        self.write(|| {
            let sums = [base.successes, base.failures, base.slow];
            for (posted, sum) in self.base.iter().zip(sums) {
                posted.store(sum, Ordering::Release);
            }
        });
    }

    fn write(&self, fields: impl FnOnce()) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Release);
        fields();
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// Whether the rates that are on hold, as they are joined; `None` where the owner is writing, or no rate is on.
    pub(crate) fn rates_hold(
        &self,
        sums: impl FnOnce() -> Sums,
        last_calls: impl FnOnce(u32) -> Sums,
    ) -> Option<bool> {
        let before = self.version.load(Ordering::Acquire);
        let rate =
            |bits: &AtomicU64| Some(f64::from_bits(bits.load(Ordering::Acquire))).filter(|rate| *rate < OFF);
        let rates = Rates {
            failure: rate(&self.failure),
            slow: rate(&self.slow),
            min_calls: self.min_calls.load(Ordering::Acquire),
        };
        let base = self.base();
        let (join, calls) = (self.join(), self.last_calls());
        if !before.is_multiple_of(2) || self.version.load(Ordering::Relaxed) != before {
            return None;
        }
        if rates.failure.is_none() && rates.slow.is_none() {
            return None;
        }
        let window = calls.map_or_else(|| sums().since(base), last_calls);
        Some(match join {
            Join::Any => rates.any_is_crossed(window),
            Join::All => rates.all_are_crossed(window),
        })
    }
}
