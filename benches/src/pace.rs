//! One measurement: a batch of operations on each of some threads, begun together.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A batch whose threads ran side by side for less than this share of its time says little about sharing.
const SIDE_BY_SIDE: f64 = 0.9;

/// How often such a batch is run before the best of them is taken.
const TRIES: u32 = 5;

/// What a batch took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// For one operation, as the mean over the threads.
    pub(crate) nanos: f64,
    /// The share of the time during which all threads were running; 1 for one thread.
    pub(crate) together: f64,
}

impl Pace {
    /// Whether the threads ran side by side, so that the pace says what sharing costs.
    pub(crate) fn is_side_by_side(&self) -> bool {
        self.together >= SIDE_BY_SIDE
    }
}

/// Runs `work` with `operations` on each thread. Where the threads did not run side by side, it tries again.
pub(crate) fn measure(threads: NonZeroUsize, operations: u64, work: &(dyn Fn(u64) + Sync)) -> Pace {
    let mut best = once(threads, operations, work);
    for _ in 1..TRIES {
        if best.is_side_by_side() {
            break;
        }
        let next = once(threads, operations, work);
        if next.together > best.together {
            best = next;
        }
    }
    best
}

/// The number of operations that take about `time` on each thread.
pub(crate) fn calibrate(threads: NonZeroUsize, time: Duration, work: &(dyn Fn(u64) + Sync)) -> u64 {
    let target = time.as_nanos() as f64;
    let mut operations = 1_000;
    loop {
        let taken = once(threads, operations, work).nanos * operations as f64;
        if taken * 4.0 >= target {
            return ((operations as f64 * target / taken) as u64).max(1);
        }
        operations *= 2;
    }
}

fn once(threads: NonZeroUsize, operations: u64, work: &(dyn Fn(u64) + Sync)) -> Pace {
    let waiting = AtomicUsize::new(threads.get());
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let run = || {
            line_up(&waiting);
            let start = now();
            work(operations);
            (start, now())
        };
        let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(run)).collect();
        let mine = run();
        others
            .into_iter()
            .map(|other| other.join().expect("a contestant does not panic"))
            .chain([mine])
            .collect()
    });
    pace(&spans, operations)
}

/// Returns when all threads are here. They spin, as a thread that has to be woken would begin late.
fn line_up(waiting: &AtomicUsize) {
    waiting.fetch_sub(1, Ordering::AcqRel);
    while waiting.load(Ordering::Acquire) > 0 {
        std::hint::spin_loop();
    }
}

fn pace(spans: &[(Instant, Instant)], operations: u64) -> Pace {
    let taken: Duration = spans.iter().map(|(start, end)| *end - *start).sum();
    let bounds = |pick: fn(&(Instant, Instant)) -> Instant| spans.iter().map(pick);
    let (first, last) = (bounds(|span| span.0).min(), bounds(|span| span.1).max());
    let (all_in, one_out) = (bounds(|span| span.0).max(), bounds(|span| span.1).min());
    let seconds = |from: Option<Instant>, to: Option<Instant>| {
        to.zip(from)
            .map_or(0.0, |(to, from)| to.saturating_duration_since(from).as_secs_f64())
    };
    Pace {
        nanos: taken.as_nanos() as f64 / (operations as f64 * spans.len() as f64),
        together: seconds(all_in, one_out) / seconds(first, last),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "to read the clock is what a bench is for"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(bounds: &[(u64, u64)]) -> Vec<(Instant, Instant)> {
        let zero = now();
        let at = |ms| zero + Duration::from_millis(ms);
        bounds.iter().map(|(start, end)| (at(*start), at(*end))).collect()
    }

    #[test]
    fn one_thread_is_always_together() {
        let pace = pace(&spans(&[(0, 10)]), 1_000);
        assert_eq!((pace.nanos, pace.together), (10_000.0, 1.0));
    }

    #[test]
    fn threads_that_ran_one_after_the_other_are_told_from_those_side_by_side() {
        assert_eq!(pace(&spans(&[(0, 10), (10, 20)]), 1).together, 0.0);
        assert_eq!(pace(&spans(&[(0, 10), (12, 20)]), 1).together, 0.0);
        assert_eq!(pace(&spans(&[(0, 10), (5, 20)]), 1).together, 0.25);
        assert_eq!(pace(&spans(&[(0, 10), (0, 10)]), 1).together, 1.0);
    }

    #[test]
    fn every_thread_does_the_whole_batch() {
        let done = AtomicUsize::new(0);
        let two = NonZeroUsize::MIN.saturating_add(1);
        once(two, 500, &|operations| {
            done.fetch_add(usize::try_from(operations).unwrap_or_default(), Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 1_000);
    }
}
