//! The numbers a breaker goes by.

use std::time::Duration;

use crate::check::{self, Violation};

/// The rules and times of a breaker.
///
/// The rules are joined by *any*: the first that is crossed trips. A rule that is `None` is off; with both off
/// the breaker never trips by itself.
///
/// ```
/// use hedgerow_config::BreakerPolicy;
///
/// let policy = BreakerPolicy { failure_rate: None, ..BreakerPolicy::default() };
/// assert_eq!(policy.consecutive_failures, Some(7));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerPolicy {
    /// Length of the sliding time window (`window.time`). Default 10 s.
    pub window: Duration,
    /// Share of failed calls in the window, above 0 and at most 1, that trips (`failureRate`). Default 0.5.
    pub failure_rate: Option<f64>,
    /// Failures in a row that trip, at least 1 (`consecutiveFailures`). Default 7.
    pub consecutive_failures: Option<u32>,
    /// Calls the window must hold before the rate counts, at least 1 (`minCalls`). Default 20.
    pub min_calls: u32,
    /// How long it stays open (`openFor`).
    pub open_for: OpenFor,
    /// How it finds out whether to close (`halfOpen`).
    pub half_open: HalfOpen,
}

impl BreakerPolicy {
    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// Every rule that they break, each with its key below `breaker`.
    ///
    /// ```
    /// use hedgerow_config::BreakerPolicy;
    ///
    /// let policy = BreakerPolicy { failure_rate: Some(1.5), min_calls: 0, ..BreakerPolicy::default() };
    /// let violations = policy.check().unwrap_err();
    /// assert_eq!(violations[0].key.to_string(), "failureRate");
    /// assert_eq!(violations[1].to_string(), "minCalls: expected at least 1, found 0");
    /// ```
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::breaker(self)
    }
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            failure_rate: Some(0.5),
            consecutive_failures: Some(7),
            min_calls: 20,
            open_for: OpenFor::default(),
            half_open: HalfOpen::default(),
        }
    }
}

/// How long a breaker stays open: `initial`, doubled each time it trips again without having been closed, up to
/// `max`; each time shortened by a random part of up to `jitter`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenFor {
    /// The first time. Default 1 s.
    pub initial: Duration,
    /// The longest. Default 60 s.
    pub max: Duration,
    /// The share of each time that is random, 0 to 1. Default 0.5.
    pub jitter: f64,
}

impl OpenFor {
    /// Always exactly `time`: no growth, no jitter.
    pub fn fixed(time: Duration) -> Self {
        Self {
            initial: time,
            max: time,
            jitter: 0.0,
        }
    }
}

impl Default for OpenFor {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(60),
            jitter: 0.5,
        }
    }
}

/// How a half-open breaker probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfOpen {
    /// Probes that may be under way at once, at least 1. Default 3.
    pub permits: u32,
    /// Successful probes that close it, at least 1; one failure opens it again. Default 2.
    pub successes: u32,
}

impl Default for HalfOpen {
    fn default() -> Self {
        Self {
            permits: 3,
            successes: 2,
        }
    }
}
