//! What a limit keeps while its settings change.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hedgerow_config::{Concurrency, ConcurrencyLimit};

use super::admissions::{Admissions, Census};
use super::gradient::{Gradient, Measured};
use crate::chain::{Gauge, Memory};
use crate::stopwatch::Stopwatch;

/// Who is inside and who waits, and the limit that was found.
pub(crate) struct ConcurrencyMemory {
    pub(crate) admissions: Arc<Admissions>,
    gradient: Mutex<Option<Gradient>>,
    pub(crate) stopwatch: Stopwatch,
}

impl Default for ConcurrencyMemory {
    fn default() -> Self {
        Self {
            admissions: Arc::new(Admissions::new(0)),
            gradient: Mutex::default(),
            stopwatch: Stopwatch::default(),
        }
    }
}

impl ConcurrencyMemory {
    /// Goes by these settings from now on; those inside stay.
    pub(crate) fn set(&self, settings: &Concurrency) {
        let mut gradient = self.gradient.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = match settings.limit {
            ConcurrencyLimit::Fixed(limit) => {
                *gradient = None;
                limit
            }
            ConcurrencyLimit::Adaptive(adaptive) => {
                let found = gradient.get_or_insert_with(|| Gradient::new(adaptive));
                found.retune(adaptive);
                found.limit()
            }
        };
        self.admissions.set_limit(limit.max(1));
    }

    /// A request that is measured has ended, and is still inside.
    #[cold]
    pub(crate) fn end_measuring(&self, since: Duration, is_answered: bool) {
        let now = self.stopwatch.now();
        let took = now.saturating_sub(since);
        let measured = if is_answered {
            Measured::Answered
        } else {
            Measured::Failed
        };
        // One that meets another is not measured: nobody waits here.
        let Ok(mut gradient) = self.gradient.try_lock() else {
            return;
        };
        if let Some(gradient) = &mut *gradient {
            let before = gradient.limit();
            let limit = gradient.sample(now, took, self.admissions.census().inside, measured);
            if limit != before {
                self.admissions.set_limit(limit);
            }
        }
    }
}

impl Memory for ConcurrencyMemory {
    /// `inFlight`: requests inside. `limit`: how many may be. `waiting`: those that wait for one to go.
    fn gauges(&self) -> Vec<Gauge> {
        let Census { inside, waiting } = self.admissions.census();
        vec![
            Gauge::new("inFlight", inside.into()),
            Gauge::new("limit", self.admissions.limit().into()),
            Gauge::new("waiting", waiting.into()),
        ]
    }
}
