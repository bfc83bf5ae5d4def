//! The rules a gate can be tripped by.

use crate::Sums;

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

    pub(crate) fn any_is_crossed(&self, window: Sums) -> bool {
        self.failure_is_crossed(window) || self.slow_is_crossed(window)
    }

    pub(crate) fn all_are_crossed(&self, window: Sums) -> bool {
        (self.failure.is_none() || self.failure_is_crossed(window))
            && (self.slow.is_none() || self.slow_is_crossed(window))
    }
}
