//! How long answers took of late.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use hedgerow_gate::Tally;

/// Answers that must have come before a percentile of them is told.
const ENOUGH: u64 = 100;

/// How long the answers are gathered that a percentile is taken of.
const SPAN: Duration = Duration::from_secs(5);

/// Buckets of each doubling.
const PARTS: usize = 4;

/// The first bucket ends here.
const LEAST_MICROS: u64 = 64;

/// 64 µs to more than two minutes, in steps of a quarter of a doubling: a percentile is at most a fifth too long.
const BUCKETS: usize = 84;

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
    before: Mutex<[u64; BUCKETS]>,
}

impl Latency {
    /// This percentile, 1 to 99.
    pub(super) fn percentile(percent: u8) -> Self {
        Self {
            share: f64::from(percent) / 100.0,
            taken: Tally::default(),
            told: AtomicU64::new(0),
            next: AtomicU64::new(0),
            before: Mutex::new([0; BUCKETS]),
        }
    }

    /// An answer took so long.
    pub(super) fn record(&self, took: Duration) {
        self.taken.add(bucket(took));
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
        let sums = self.taken.sums();
        let mut fresh = [0; BUCKETS];
        for ((fresh, sum), before) in fresh.iter_mut().zip(sums).zip(before.iter()) {
            *fresh = sum.saturating_sub(*before);
        }
        if let Some(told) = percentile(&fresh, self.share) {
            self.told.store(micros(told), Ordering::Relaxed);
            self.next.store(micros(now + SPAN), Ordering::Relaxed);
            *before = sums;
        }
    }
}

fn percentile(counts: &[u64; BUCKETS], share: f64) -> Option<Duration> {
    let all: u64 = counts.iter().sum();
    if all < ENOUGH {
        return None;
    }
    let rank = (all as f64 * share).ceil() as u64;
    let mut seen = 0;
    let at = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    at.map(end)
}

/// The bucket of the times up to and including its [`end`].
fn bucket(took: Duration) -> usize {
    let micros = micros(took.min(end(BUCKETS - 1)));
    if micros <= LEAST_MICROS {
        return 0;
    }
    // Which doubling, and which part of it.
    let doubling = ((micros - 1) / LEAST_MICROS).ilog2() as usize;
    let floor = LEAST_MICROS << doubling;
    let part = ((micros - floor - 1) as usize * PARTS) / floor as usize;
    1 + doubling * PARTS + part
}

fn end(bucket: usize) -> Duration {
    let Some(above) = bucket.checked_sub(1) else {
        return Duration::from_micros(LEAST_MICROS);
    };
    let floor = LEAST_MICROS << (above / PARTS);
    let part = (above % PARTS + 1) as u64;
    Duration::from_micros(floor + floor * part / PARTS as u64)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn every_time_lies_in_the_bucket_that_ends_there_or_just_after() {
        let mut last = 0;
        for took in (1..400_000).step_by(7) {
            let at = bucket(Duration::from_micros(took));
            assert!(at >= last, "{took} µs");
            last = at;
            let end = micros(end(at));
            assert!(
                took <= end && end <= (took + took / 4).max(LEAST_MICROS),
                "{took} µs: {end}"
            );
        }
        for at in 0..BUCKETS {
            assert_eq!(bucket(end(at)), at);
        }
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn nothing_is_told_before_enough_have_come() {
        let latency = Latency::percentile(95);
        for _ in 1..ENOUGH {
            latency.record(MS);
        }
        assert_eq!(latency.told(Duration::ZERO), None);
        latency.record(MS);
        assert_eq!(latency.told(Duration::ZERO), Some(end(bucket(MS))));
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
        assert_eq!(latency.told(Duration::ZERO), Some(end(bucket(MS))));
        record(100, 900);
        assert_eq!(latency.told(SPAN - MS), Some(end(bucket(MS))));
        assert_eq!(latency.told(SPAN), Some(end(bucket(100 * MS))));
        record(1_000, 0);
        assert_eq!(latency.told(SPAN * 2), Some(end(bucket(MS))));
    }
}
