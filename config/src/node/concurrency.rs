//! So many requests at once.

use std::time::Duration;

/// Lets so many requests be under way at once, and refuses the others, or has some of them wait.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::{AdaptiveLimit, Concurrency};
///
/// let fixed = Concurrency::fixed(100).wait(Duration::from_millis(100)).max_waiting(50);
/// let adaptive = Concurrency::adaptive(AdaptiveLimit { max: 200, ..AdaptiveLimit::default() });
/// assert!(adaptive.is_adaptive() && !fixed.is_adaptive());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Concurrency {
    /// How many (`max` or `adaptive`).
    pub limit: ConcurrencyLimit,
    /// How long a request may wait for a place (`wait`); `None` where none waits. Default: none waits.
    pub wait: Option<Duration>,
    /// How many may wait at a time, first come, first served (`maxWaiting`). Default 50.
    pub max_waiting: u32,
}

impl Concurrency {
    /// The most requests at once that may be configured.
    pub const MOST: u32 = 1_000_000;

    /// The most that may wait at a time.
    pub const MOST_WAITING: u32 = 10_000;

    /// This many at once.
    pub fn fixed(max: u32) -> Self {
        Self::new(ConcurrencyLimit::Fixed(max))
    }

    /// As many at once as latency allows.
    pub fn adaptive(limit: AdaptiveLimit) -> Self {
        Self::new(ConcurrencyLimit::Adaptive(limit))
    }

    fn new(limit: ConcurrencyLimit) -> Self {
        Self {
            limit,
            wait: None,
            max_waiting: 50,
        }
    }

    /// The same, and a request may wait so long for a place.
    #[must_use]
    pub fn wait(mut self, longest: Duration) -> Self {
        self.wait = Some(longest);
        self
    }

    /// The same, and so many may wait at a time.
    #[must_use]
    pub fn max_waiting(mut self, requests: u32) -> Self {
        self.max_waiting = requests;
        self
    }

    /// Whether latency says how many.
    pub fn is_adaptive(&self) -> bool {
        matches!(self.limit, ConcurrencyLimit::Adaptive(_))
    }
}

/// How many requests there may be at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConcurrencyLimit {
    /// `max`: this many.
    Fixed(u32),
    /// `adaptive`: as many as latency allows.
    Adaptive(AdaptiveLimit),
}

/// The bounds of a limit that latency moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveLimit {
    /// Where it begins (`initial`). Default 20.
    pub initial: u32,
    /// The least that it becomes (`min`). Default 5.
    pub min: u32,
    /// The most that it becomes (`max`). Default 1,000.
    pub max: u32,
    /// How many times the usual latency is borne before it shrinks (`tolerance`), from 1 to 10. Default 1.5.
    pub tolerance: f64,
}

impl Default for AdaptiveLimit {
    fn default() -> Self {
        Self {
            initial: 20,
            min: 5,
            max: 1_000,
            tolerance: 1.5,
        }
    }
}
