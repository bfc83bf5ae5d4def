//! Cumulative counters, one padded line for each thread.

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering, thread_number};

/// Shards a gate can have at most, whatever the machine; a power of two.
pub const MAX_SHARDS: usize = 64;

/// How many calls have ended since the gate was made. Never reset.
///
/// ```
/// use hedgerow_gate::Sums;
///
/// let sums = Sums { successes: 3, failures: 1 };
/// assert_eq!(sums.calls(), 4);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
}

impl Sums {
    /// Calls that ended either way.
    pub fn calls(self) -> u64 {
        self.successes + self.failures
    }

    /// What came in after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            successes: self.successes.saturating_sub(earlier.successes),
            failures: self.failures.saturating_sub(earlier.failures),
        }
    }
}

#[derive(Default)]
struct Shard {
    successes: AtomicU64,
    failures: AtomicU64,
}

/// A power of two of shards: the available parallelism rounded up, at most [`MAX_SHARDS`]. Threads beyond that
/// share lines, which costs time and no count.
pub(crate) struct Shards(Box<[CachePadded<Shard>]>);

impl Shards {
    pub(crate) fn new() -> Self {
        Self((0..shard_count()).map(|_| CachePadded::default()).collect())
    }

    #[inline]
    fn mine(&self) -> &Shard {
        &self.0[thread_number() & (self.0.len() - 1)]
    }

    #[inline]
    pub(crate) fn add_success(&self) {
        self.mine().successes.fetch_add(1, Ordering::Relaxed);
    }

    /// Relaxed: the fuse that is burnt afterwards releases it to the owner.
    #[inline]
    pub(crate) fn add_failure(&self) {
        self.mine().failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sums(&self) -> Sums {
        self.0.iter().fold(Sums::default(), |sums, shard| Sums {
            successes: sums.successes + shard.successes.load(Ordering::Relaxed),
            failures: sums.failures + shard.failures.load(Ordering::Relaxed),
        })
    }
}

#[cfg(not(loom))]
pub(crate) fn shard_count() -> usize {
    use std::sync::OnceLock;

    // Asking reads files of the control group on Linux: once is enough.
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .next_power_of_two()
            .min(MAX_SHARDS)
    })
}

#[cfg(loom)]
pub(crate) fn shard_count() -> usize {
    2
}
