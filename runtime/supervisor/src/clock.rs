//! Two clocks: one that measures, one that stamps.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

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

    /// The same instant as a tokio deadline.
    pub fn at(&self, since_epoch: Duration) -> Instant {
        self.epoch + since_epoch
    }

    /// Wall-clock time.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}
