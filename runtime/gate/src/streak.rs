//! Failures in a row, exactly.

use crate::sync::{AtomicU32, AtomicU64, Ordering};
use crate::word::GENERATION_SHIFT;

const COUNT_MASK: u64 = (1 << GENERATION_SHIFT) - 1;

/// The run of failures of the current generation, and the longest that reached the limit.
///
/// Both words are tagged with a generation in their high bits. The run counts up to 2^27 - 1, which is also the
/// highest limit.
pub(crate) struct Streak {
    run: AtomicU64,
    latch: AtomicU64,
    /// 0 is off.
    limit: AtomicU32,
}

impl Streak {
    pub(crate) fn new() -> Self {
        Self {
            run: AtomicU64::new(0),
            latch: AtomicU64::new(0),
            limit: AtomicU32::new(0),
        }
    }

    /// Ends the run; writes only where there is one.
    #[inline]
    pub(crate) fn success(&self, generation: u64) {
        if self.run.load(Ordering::Relaxed) & COUNT_MASK != 0 {
            self.end(generation);
        }
    }

    #[cold]
    fn end(&self, generation: u64) {
        let tag = generation << GENERATION_SHIFT;
        // An error is a run of another generation, which this success has no say in.
        let _ = self.run.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
            (run & !COUNT_MASK == tag).then_some(tag)
        });
    }

    /// Lengthens the run. True where it has reached the limit, which is then latched.
    pub(crate) fn failure(&self, generation: u64) -> bool {
        let limit = u64::from(self.limit.load(Ordering::Relaxed));
        if limit == 0 {
            return false;
        }
        let tag = generation << GENERATION_SHIFT;
        let lengthened = self.run.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
            let countable = run & !COUNT_MASK == tag && run & COUNT_MASK < COUNT_MASK;
            countable.then_some(run + 1)
        });
        match lengthened {
            Ok(before) if (before & COUNT_MASK) + 1 >= limit => {
                self.latch.fetch_max(before + 1, Ordering::AcqRel);
                true
            }
            _ => false,
        }
    }

    /// The longest run of this generation that reached the limit, if one did.
    pub(crate) fn latched(&self, generation: u64) -> Option<u32> {
        let latch = self.latch.load(Ordering::Acquire);
        let count = latch & COUNT_MASK;
        // Fits: the mask leaves 27 bits.
        (latch >> GENERATION_SHIFT == generation && count != 0).then_some(count as u32)
    }

    /// Begins a generation. The owner calls it before it publishes the word.
    pub(crate) fn begin(&self, generation: u64) {
        self.latch.swap(0, Ordering::AcqRel);
        self.run.swap(generation << GENERATION_SHIFT, Ordering::AcqRel);
    }

    pub(crate) fn set_limit(&self, limit: Option<u32>) {
        let limit = limit.map_or(0, |n| u64::from(n).clamp(1, COUNT_MASK) as u32);
        self.limit.store(limit, Ordering::Release);
    }
}
