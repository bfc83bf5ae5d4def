//! Two clocks: one that measures, one that stamps.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Further than any mesh runs, and nearer than the last instant that any platform can name.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The mesh's time. [`now`](Clock::now) measures: monotonic, since the mesh began, and moved by paused tokio time
/// in tests. [`wall`](Clock::wall) stamps records and events for people, and measures nothing.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Self {
        Self {
            epoch: Instant::now(),
        }
    }

    /// Time since the mesh began.
    pub fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// The present as a tokio instant: what [`at`](Self::at) makes of [`now`](Self::now), by one reading.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// The same instant as a tokio deadline. What lies further than 30 years after the epoch comes then: not every
    /// platform has a name for it.
    pub fn at(&self, since_epoch: Duration) -> Instant {
        self.epoch + since_epoch.min(FAR)
    }

    /// Wall-clock time.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_end_is_a_deadline_that_is_far_away() {
        let clock = Clock::start();
        assert_eq!(clock.at(Duration::MAX), clock.at(FAR));
        let soon = Duration::from_secs(1);
        assert_eq!(clock.at(soon) - clock.at(Duration::ZERO), soon);
    }
}
