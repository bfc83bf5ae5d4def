//! How long answers took of late.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use hedgerow_gate::Tally;

use crate::histogram::{Histogram, buckets};

/// Answers that must have come before a percentile of them is told.
const ENOUGH: u64 = 100;

/// How long the answers are gathered that a percentile is taken of.
const SPAN: Duration = Duration::from_secs(5);

/// Four buckets for each doubling of a time, from 64 µs to 134 s: a percentile is at most a quarter too long.
const BUCKETS: usize = buckets(2, 23);

/// How many answers took how long, in units of 16 µs.
type Answers = Histogram<16_000, 2, BUCKETS>;

/// One percentile of how long answers take, of those that came in the last five to ten seconds. Recording is a store on the
/// thread's own line, asking is a load; the sums are read by one of those who ask, once in five seconds.
pub(super) struct Latency {
    /// From 0 to 1.
    share: f64,
    taken: Tally<BUCKETS>,
    /// What is told, in microseconds; 0 where there is nothing to tell.
    told: AtomicU64,
    /// When it is looked at again, in microseconds.
    next: AtomicU64,
    /// What had been recorded when it was last looked at.
    before: Mutex<Answers>,
}

impl Latency {
    /// This percentile, 1 to 99.
    pub(super) fn percentile(percent: u8) -> Self {
        Self {
            share: f64::from(percent) / 100.0,
            taken: Tally::default(),
            told: AtomicU64::new(0),
            next: AtomicU64::new(0),
            before: Mutex::default(),
        }
    }

    /// An answer took so long.
    pub(super) fn record(&self, took: Duration) {
        self.taken.add(Answers::bucket(took));
    }

    /// How long that percentile of them took. `None` before enough have come.
    pub(super) fn told(&self, now: Duration) -> Option<Duration> {
        if micros(now) >= self.next.load(Ordering::Relaxed) {
            self.look(now);
        }
        match self.told.load(Ordering::Relaxed) {
            0 => None,
            told => Some(Duration::from_micros(told)),
        }
    }

    #[cold]
    fn look(&self, now: Duration) {
        let mut before = match self.before.try_lock() {
            Ok(before) => before,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Another thread is at it.
            Err(TryLockError::WouldBlock) => return,
        };
        let all = Answers::of(self.taken.sums());
        let fresh = all.since(&before);
        let told = fresh.quantile(self.share).filter(|_| fresh.count() >= ENOUGH);
        if let Some(told) = told {
            self.told.store(micros(told.end), Ordering::Relaxed);
            self.next.store(micros(now + SPAN), Ordering::Relaxed);
            *before = all;
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// What is told of answers that took so long.
    fn end(took: Duration) -> Option<Duration> {
        Some(Answers::times(Answers::bucket(took)).end)
    }

    #[test]
    fn nothing_is_told_before_enough_have_come() {
        let latency = Latency::percentile(95);
        for _ in 1..ENOUGH {
            latency.record(MS);
        }
        assert_eq!(latency.told(Duration::ZERO), None);
        latency.record(MS);
        assert_eq!(latency.told(Duration::ZERO), end(MS));
    }

    #[test]
    fn a_percentile_is_of_the_last_span_and_follows_those_that_come() {
        let latency = Latency::percentile(90);
        let record = |fast, slow| {
            for _ in 0..fast {
                latency.record(MS);
            }
            for _ in 0..slow {
                latency.record(100 * MS);
            }
        };
        record(900, 100);
        assert_eq!(latency.told(Duration::ZERO), end(MS));
        record(100, 900);
        assert_eq!(latency.told(SPAN - MS), end(MS));
        assert_eq!(latency.told(SPAN), end(100 * MS));
        record(1_000, 0);
        assert_eq!(latency.told(SPAN * 2), end(MS));
    }
}
