//! The fewest further bad calls, failed or slow, that could trip.

use std::num::NonZeroU64;

use crate::sync::{AtomicI64, Ordering};

/// Burns down by one with each bad call; whoever takes it to zero rings.
///
/// # Ordering
///
/// A bad call first adds to its shard, then burns. The owner first arms with a swap, then reads the shards again.
/// All are read-modify-writes of one atomic, so they have an order: a burn before the swap released its count to
/// the owner's second reading; a burn after it burns the new fuse. None is lost, and no fence is needed.
pub(crate) struct Fuse(AtomicI64);

/// What stands for "no number of failures trips": out of reach of any count.
const NEVER: i64 = i64::MAX / 2;

impl Fuse {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(NEVER))
    }

    /// One bad call. What is left is 0 for the one that spent the fuse, and less for those after it.
    #[inline]
    pub(crate) fn burn(&self) -> i64 {
        self.0.fetch_sub(1, Ordering::AcqRel) - 1
    }

    /// Several bad calls at once. True where they spent the fuse and nobody had before.
    pub(crate) fn burn_many(&self, failures: u64) -> bool {
        let failures = i64::try_from(failures).unwrap_or(NEVER);
        let before = self.0.fetch_sub(failures, Ordering::AcqRel);
        (1..=failures).contains(&before)
    }

    /// Sets it anew; `None` is out of reach.
    pub(crate) fn arm(&self, failures: Option<NonZeroU64>) {
        let failures = failures.map_or(NEVER, |n| i64::try_from(n.get()).unwrap_or(NEVER).min(NEVER));
        self.0.swap(failures, Ordering::AcqRel);
    }
}
