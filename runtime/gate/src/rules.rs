//! The rules a gate can be tripped by, and what is posted of them where callers can check them.

use crate::Sums;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// How rules are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Join {
    /// One that holds is enough.
    #[default]
    Any,
    /// All that are on have to hold at the same time.
    All,
}

/// What trips. A rule that is `None` is off. A new gate has none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rules {
    /// How they are joined.
    pub join: Join,
    /// Failures in a row; at most 2^27 - 1.
    pub consecutive_failures: Option<u32>,
    /// Time-outs in a row; at most 2^27 - 1.
    pub consecutive_timeouts: Option<u32>,
    /// Shares of the calls in a window.
    pub rates: Rates,
    /// The window is exactly the last so many calls, at most [`MAX_LAST_CALLS`](crate::MAX_LAST_CALLS). Then each call has
    /// a place in one order for all threads, which costs it an atomic read-modify-write on a line that they share.
    /// `None`: the window is the owner's, and begins where it [says](crate::Owner::allow_fence).
    pub last_calls: Option<u32>,
}

/// The rules about shares of the calls in a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Share of failed calls, above 0 and at most 1.
    pub failure: Option<f64>,
    /// Share of slow calls, above 0 and at most 1.
    pub slow: Option<f64>,
    /// Calls the window must hold before the shares count.
    pub min_calls: u32,
}

impl Rates {
    /// Whether the failure rate is on and crossed by what the window holds.
    ///
    /// ```
    /// use hedgerow_gate::{Rates, Sums};
    ///
    /// let rates = Rates { failure: Some(0.6), slow: None, min_calls: 5 };
    /// assert!(rates.failure_is_crossed(Sums { successes: 2, failures: 3, ..Sums::default() }));
    /// assert!(!rates.failure_is_crossed(Sums { successes: 1, failures: 3, ..Sums::default() }));
    /// ```
    pub fn failure_is_crossed(&self, window: Sums) -> bool {
        self.is_crossed(self.failure, window.failures, window.calls())
    }

    /// Whether the slow-call rate is on and crossed by what the window holds.
    pub fn slow_is_crossed(&self, window: Sums) -> bool {
        self.is_crossed(self.slow, window.slow, window.calls())
    }

    fn is_crossed(&self, limit: Option<f64>, bad: u64, calls: u64) -> bool {
        // Divided, not multiplied: a quotient that is a round decimal is the same float as the limit as written.
        limit.is_some_and(|limit| {
            calls > 0 && calls >= u64::from(self.min_calls) && bad as f64 / calls as f64 >= limit
        })
    }

    fn any_is_crossed(&self, window: Sums) -> bool {
        self.failure_is_crossed(window) || self.slow_is_crossed(window)
    }

    fn all_are_crossed(&self, window: Sums) -> bool {
        (self.failure.is_none() || self.failure_is_crossed(window))
            && (self.slow.is_none() || self.slow_is_crossed(window))
    }
}

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
