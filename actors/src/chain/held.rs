//! How often a node held a request for how long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_gate::{MAX_SEATS, seat};

use crate::histogram::{Histogram, buckets};

/// Eight buckets for each doubling of a time, from 8 ns to some 18 minutes.
const BUCKETS: usize = buckets(3, 40);

type Times = Histogram<1, 3, BUCKETS>;

/// How long a node held requests.
///
/// Each thread that makes contexts counts on lines of its own, by plain loads and stores; others share some. A node has them
/// only of threads that it meets: they are larger than those of a [`Tally`](hedgerow_gate::Tally).
pub(super) struct HeldTimes {
    own: Box<[OnceLock<Counts>]>,
    shared: Counts,
}

type Counts = Box<[AtomicU64]>;

impl Default for HeldTimes {
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

impl HeldTimes {
    /// Gives the calling thread lines of its own. It is the one thing here that allocates.
    pub(super) fn seat(&self) {
        if let Some(own) = self.own.get(seat()) {
            own.get_or_init(zeros);
        }
    }

    /// Counts a time.
    pub(super) fn count(&self, held: Duration) {
        let bucket = Times::bucket(held);
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
        let mut sums = [0; BUCKETS];
        let own = self.own.iter().filter_map(OnceLock::get);
        for counts in own.chain([&self.shared]) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        let times = Times::of(sums);
        let middle = |share| {
            let within = times.quantile(share)?;
            u64::try_from(((within.start + within.end) / 2).as_nanos()).ok()
        };
        let mut found = [0; N];
        for (found, share) in found.iter_mut().zip(shares) {
            *found = middle(share)?;
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_times_of_all_threads_with_lines_of_their_own_and_without() {
        let times = HeldTimes::default();
        assert_eq!(times.quantiles([0.5]), None);
        std::thread::scope(|scope| {
            for has_own in [true, false] {
                let times = &times;
                scope.spawn(move || {
                    if has_own {
                        times.seat();
                    }
                    (0..49).for_each(|_| times.count(Duration::from_nanos(4)));
                    times.count(Duration::from_millis(1));
                });
            }
        });
        let [p50, p98, p99] = times.quantiles([0.5, 0.98, 0.99]).expect("times were counted");
        assert_eq!((p50, p98), (4, 4));
        assert!(p99.abs_diff(1_000_000) <= 1_000_000 / 16, "{p99}");
    }
}
