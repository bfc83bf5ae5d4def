//! How often a node took how long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hedgerow_gate::{MAX_SEATS, seat};

/// Buckets of one power of two, as a power of two.
const FINE: u32 = 3;
const STEPS: usize = 1 << FINE;

/// Times from 2 to this power on, in nanoseconds, share the last bucket: some 18 minutes.
const POWERS: u32 = 40;

const BUCKETS: usize = (POWERS - FINE + 1) as usize * STEPS;

/// Log-linear buckets of times in nanoseconds: each power of two is cut into eight of the same width, so that a bucket is an
/// eighth as wide as its times are long, at most; below 8 ns each nanosecond has its own.
///
/// Each thread that makes contexts counts on lines of its own, by plain loads and stores; others share some.
pub(super) struct Histogram {
    own: Box<[OnceLock<Counts>]>,
    shared: Counts,
}

type Counts = Box<[AtomicU64]>;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            own: (0..MAX_SEATS).map(|_| OnceLock::new()).collect(),
            shared: zeros(),
        }
    }
}

fn zeros() -> Counts {
    (0..BUCKETS).map(|_| AtomicU64::new(0)).collect()
}

impl Histogram {
    /// Gives the calling thread lines of its own. It is the one thing here that allocates.
    pub(super) fn seat(&self) {
        if let Some(own) = self.own.get(seat()) {
            own.get_or_init(zeros);
        }
    }

    /// Counts a time in nanoseconds.
    pub(super) fn count(&self, nanos: u64) {
        let bucket = bucket(nanos);
        match self.own.get(seat()).and_then(OnceLock::get) {
            // No other thread writes here, so nothing can come between the load and the store.
            Some(own) => {
                let count = own[bucket].load(Ordering::Relaxed);
                own[bucket].store(count + 1, Ordering::Relaxed);
            }
            None => {
                self.shared[bucket].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The times, in nanoseconds, that these shares of all requests (from 0 to 1) did not exceed: the middle of the bucket,
    /// which is off by a sixteenth of the time at most. `None` where none was counted.
    pub(super) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> Option<[u64; N]> {
        let mut sums = vec![0_u64; BUCKETS];
        let own = self.own.iter().filter_map(OnceLock::get);
        for counts in own.chain([&self.shared]) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        let all: u64 = sums.iter().sum();
        let at = |share: f64| {
            let rank = ((all as f64 * share).ceil() as u64).clamp(1, all);
            let mut below = 0;
            let bucket = sums.iter().position(|count| {
                below += count;
                below >= rank
            });
            bucket.map_or(0, middle)
        };
        (all > 0).then(|| shares.map(at))
    }
}

/// Where a time is counted.
fn bucket(nanos: u64) -> usize {
    let power = nanos.max(1).ilog2();
    if power < FINE {
        return nanos as usize;
    }
    if power >= POWERS {
        return BUCKETS - 1;
    }
    let step = (nanos >> (power - FINE)) as usize - STEPS;
    (power - FINE + 1) as usize * STEPS + step
}

/// The time in the middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let (power, step) = (bucket / STEPS, bucket % STEPS);
    if power == 0 {
        return step as u64;
    }
    let width = 1_u64 << (power - 1);
    (STEPS + step) as u64 * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_a_bucket_whose_middle_is_off_by_a_sixteenth_at_most() {
        let mut last = 0;
        for power in 0..POWERS {
            for step in 0..64 {
                let nanos = (1_u64 << power) + (((1_u64 << power) * step) >> 6);
                let bucket = bucket(nanos);
                assert!(bucket >= last && bucket < BUCKETS, "{nanos}");
                assert!(middle(bucket).abs_diff(nanos) * 16 <= nanos, "{nanos}");
                last = bucket;
            }
        }
        assert_eq!((bucket(0), bucket(u64::MAX)), (0, BUCKETS - 1));
        assert_eq!(last, BUCKETS - 1, "every bucket is in use");
    }

    #[test]
    fn quantiles_are_of_the_times_of_all_threads_with_lines_of_their_own_and_without() {
        let times = Histogram::default();
        assert_eq!(times.quantiles([0.5]), None);
        std::thread::scope(|scope| {
            for has_own in [true, false] {
                let times = &times;
                scope.spawn(move || {
                    if has_own {
                        times.seat();
                    }
                    (0..49).for_each(|_| times.count(4));
                    times.count(1_000_000);
                });
            }
        });
        let [p50, p98, p99] = times.quantiles([0.5, 0.98, 0.99]).expect("times were counted");
        assert_eq!((p50, p98), (4, 4));
        assert!(p99.abs_diff(1_000_000) <= 1_000_000 / 16, "{p99}");
    }
}
