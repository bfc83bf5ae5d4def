//! Times of requests, of which some stand for all.

use std::time::Duration;

use hedgerow_gate::Tally;
use hedgerow_supervisor::Clock;

/// Of so many requests of a thread one is measured: two readings of the clock cost more than all else that a limit does.
const MEASURED: usize = 8;

/// Measures some of the requests, each thread by its own count.
pub(crate) struct Stopwatch {
    /// Requests end without a reading of the clock.
    clock: Clock,
    turns: Tally<1>,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self {
            clock: Clock::start(),
            turns: Tally::default(),
        }
    }
}

impl Stopwatch {
    /// When a request begins, where it is one that is measured.
    #[inline]
    pub(crate) fn begin(&self) -> Option<Duration> {
        let is_measured = self.turns.turn(0).is_multiple_of(MEASURED);
        self.turns.add(0);
        is_measured.then(|| self.now())
    }

    /// By the same clock.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }
}
