//! What is kept while settings change.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use hedgerow_config::Shed;

use super::overload::Overload;
use crate::chain::{Gauge, Memory};
use crate::stopwatch::Stopwatch;

/// How many are in flight, and how many levels are refused.
#[derive(Default)]
pub(crate) struct ShedMemory {
    /// One for all threads, as the bound is.
    in_flight: CachePadded<AtomicU32>,
    /// Levels that are refused, counted from the least important one. Read by every request and seldom written.
    refused: AtomicU32,
    /// The mean of the last window, in nanoseconds.
    mean: AtomicU64,
    overload: Mutex<Option<Overload>>,
    pub(crate) stopwatch: Stopwatch,
}

impl ShedMemory {
    /// Goes by these settings from now on.
    pub(crate) fn set(&self, config: &Shed) {
        let most = u32::try_from(config.levels.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let mut overload = self.overload.lock().unwrap_or_else(PoisonError::into_inner);
        *overload = config.latency.map(|target| {
            let mut overload = overload.take().unwrap_or_else(|| Overload::new(target, most));
            overload.retune(target, most);
            overload
        });
        self.publish(overload.as_ref());
    }

    /// Goes in where fewer than this are in flight; else answers how many there are.
    #[inline]
    pub(crate) fn enter(&self, threshold: u32) -> Result<(), u32> {
        let one_more = |inside: u32| (inside < threshold).then(|| inside + 1);
        let entered = self
            .in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more);
        entered.map(drop)
    }

    /// Goes out, once for each time that it went in.
    #[inline]
    pub(crate) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many levels are refused because requests take too long.
    #[inline]
    pub(crate) fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The mean of the last window.
    pub(crate) fn mean(&self) -> Duration {
        Duration::from_nanos(self.mean.load(Ordering::Relaxed))
    }

    /// A request that is measured has ended.
    #[cold]
    pub(crate) fn sample(&self, since: Duration) {
        let now = self.stopwatch.now();
        self.with(|overload| overload.sample(now, now.saturating_sub(since)));
    }

    /// A request is about to be refused because others took too long.
    #[cold]
    pub(crate) fn look(&self) {
        let now = self.stopwatch.now();
        self.with(|overload| overload.look(now));
    }

    fn with(&self, tell: impl FnOnce(&mut Overload)) {
        // One that meets another is not told of: nobody waits here.
        if let Ok(mut overload) = self.overload.try_lock()
            && let Some(overload) = &mut *overload
        {
            tell(overload);
            self.publish(Some(overload));
        }
    }

    fn publish(&self, overload: Option<&Overload>) {
        let (refused, mean) = overload.map_or((0, Duration::ZERO), |now| (now.refused(), now.mean()));
        self.refused.store(refused, Ordering::Relaxed);
        let mean = u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX);
        self.mean.store(mean, Ordering::Relaxed);
    }
}

impl Memory for ShedMemory {
    /// `inFlight`: requests that count towards `when.inFlight`. `levelsShed`: levels refused because of latency. `latencyMs`:
    /// the mean of the last window.
    fn gauges(&self) -> Vec<Gauge> {
        let latency = u64::try_from(self.mean().as_millis()).unwrap_or(u64::MAX);
        vec![
            Gauge::new("inFlight", self.in_flight.load(Ordering::Relaxed).into()),
            Gauge::new("levelsShed", self.refused().into()),
            Gauge::new("latencyMs", latency),
        ]
    }
}
