//! Counters that many threads write and few read.

use crossbeam_utils::CachePadded;

use crate::shard::shard_count;
use crate::sync::{AtomicU64, Ordering, thread_number};

/// `N` cumulative counters, on a padded line for each thread: writing one costs one atomic operation on the
/// thread's own line, reading one sums over the lines.
///
/// ```
/// use hedgerow_gate::Tally;
///
/// let calls = Tally::<2>::default();
/// calls.add(0);
/// calls.add(1);
/// calls.add(1);
/// assert_eq!(calls.sums(), [1, 2]);
/// ```
pub struct Tally<const N: usize>(Box<[CachePadded<[AtomicU64; N]>]>);

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self(
            (0..shard_count())
                .map(|_| CachePadded::new(std::array::from_fn(|_| AtomicU64::new(0))))
                .collect(),
        )
    }
}

impl<const N: usize> Tally<N> {
    /// Counts one more at `index`.
    ///
    /// # Panics
    /// Where `index` is not below `N`.
    #[inline]
    pub fn add(&self, index: usize) {
        let shard = &self.0[thread_number() & (self.0.len() - 1)];
        shard[index].fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far, at each index. Counts that are being made meanwhile may be in it or not.
    pub fn sums(&self) -> [u64; N] {
        let mut sums = [0; N];
        for shard in &self.0 {
            for (sum, count) in sums.iter_mut().zip(&**shard) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        sums
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_threads_are_summed_and_none_is_lost() {
        let tally = Tally::<3>::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        tally.add(0);
                        tally.add(2);
                    }
                });
            }
        });
        assert_eq!(tally.sums(), [40_000, 0, 40_000]);
    }
}
