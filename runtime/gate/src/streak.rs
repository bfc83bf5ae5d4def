//! Failures and time-outs in a row, exactly.

use std::num::NonZeroU32;

use crate::shard::Fault;
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use crate::word::GENERATION_SHIFT;

const COUNT_MASK: u64 = (1 << GENERATION_SHIFT) - 1;

/// Lengths of runs. A run is what ended alike in a row: failures, and those of them that took too long.
/// They are equal where the lengths are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Runs {
    /// Failures in a row.
    pub failures: u32,
    /// Time-outs in a row.
    pub timeouts: u32,
    /// How many had reached a limit before these were looked at, of all generations: wraps. It tells whether another one has
    /// since.
    pub(crate) reached: u32,
}

impl Runs {
    /// Runs of these lengths, of which none has reached a limit yet.
    pub fn new(failures: u32, timeouts: u32) -> Self {
        Self {
            failures,
            timeouts,
            reached: 0,
        }
    }
}

impl PartialEq for Runs {
    fn eq(&self, other: &Self) -> bool {
        (self.failures, self.timeouts) == (other.failures, other.timeouts)
    }
}

impl Eq for Runs {}

/// What a bad call did to the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    /// A run that has a limit has reached it.
    pub(crate) any: bool,
    /// No run that has a limit is below it.
    pub(crate) all: bool,
    /// The runs that have reached their limit, as words; 0 for one that has not.
    failures: u64,
    timeouts: u64,
}

/// Both runs. A run of time-outs is never longer than that of failures, so that a success looks at one word.
pub(crate) struct Streak {
    failures: Run,
    timeouts: Run,
    /// Runs that were latched so far.
    reached: AtomicU32,
}

impl Streak {
    pub(crate) fn new() -> Self {
        Self {
            failures: Run::new(),
            timeouts: Run::new(),
            reached: AtomicU32::new(0),
        }
    }

    /// Ends the runs; writes only where there is one.
    #[inline]
    pub(crate) fn success(&self, generation: u64) {
        if self.failures.is_running() {
            self.end(generation);
        }
    }

    #[cold]
    fn end(&self, generation: u64) {
        // In the opposite order of a time-out, which lengthens its own run first: so no run of time-outs is left behind
        // where that of the failures has ended and no success would look.
        self.failures.end(generation);
        self.timeouts.end(generation);
    }

    /// A slow success has ended the runs: none has reached its limit, and none is below it where there is none.
    pub(crate) fn reached_by_none(&self) -> Reached {
        Reached {
            any: false,
            all: !self.is_limited(),
            failures: 0,
            timeouts: 0,
        }
    }

    pub(crate) fn failure(&self, generation: u64, fault: Fault) -> Reached {
        let (by_failures, by_timeouts) = (self.failures.limit(), self.timeouts.limit());
        if by_failures.is_none() && by_timeouts.is_none() {
            return self.reached_by_none();
        }
        let timeouts = match (by_timeouts, fault) {
            (None, _) => 0,
            (Some(_), Fault::Timeout) => self.timeouts.lengthen(generation, by_timeouts),
            (Some(_), Fault::Other) => {
                if self.timeouts.is_running() {
                    self.timeouts.end(generation);
                }
                0
            }
        };
        let failures = self.failures.lengthen(generation, by_failures);
        Reached {
            any: failures != 0 || timeouts != 0,
            all: (failures != 0 || by_failures.is_none()) && (timeouts != 0 || by_timeouts.is_none()),
            failures,
            timeouts,
        }
    }

    /// Keeps what was reached, so that a success does not hide it from the owner.
    pub(crate) fn latch(&self, reached: Reached) {
        // Before them: who forgets one of them finds that it was another.
        self.reached.fetch_add(1, Ordering::AcqRel);
        self.failures.latch(reached.failures);
        self.timeouts.latch(reached.timeouts);
    }

    /// Whether a run has a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.failures.limit().is_some() || self.timeouts.limit().is_some()
    }

    /// For each, the longest of this generation that reached the limit, else the one that is going on.
    pub(crate) fn longest(&self, generation: u64) -> Runs {
        // First: what is latched from here on was not seen for certain.
        let reached = self.reached.load(Ordering::Acquire);
        Runs {
            reached,
            failures: self.failures.longest(generation),
            timeouts: self.timeouts.longest(generation),
        }
    }

    /// Forgets runs that have ended, where they were no longer than these, and none was latched since: a run that is as long
    /// may be another one, which whoever latched it rings for.
    pub(crate) fn forget(&self, generation: u64, seen: Runs) {
        let failures = self.failures.forget(generation, seen.failures);
        let timeouts = self.timeouts.forget(generation, seen.timeouts);
        if self.reached.load(Ordering::Acquire) != seen.reached {
            self.failures.latch(failures);
            self.timeouts.latch(timeouts);
        }
    }

    /// Begins a generation. The owner calls it before it publishes the word.
    pub(crate) fn begin(&self, generation: u64) {
        self.timeouts.begin(generation);
        self.failures.begin(generation);
    }

    pub(crate) fn set_limits(&self, failures: Option<u32>, timeouts: Option<u32>) {
        // While nobody asks for time-outs, nobody ends their run.
        if timeouts.is_none() || self.timeouts.limit().is_none() {
            self.timeouts.forget_run();
        }
        self.failures.set_limit(failures);
        self.timeouts.set_limit(timeouts);
    }
}

/// The run of the current generation, and the longest that reached the limit.
///
/// Both words are tagged with a generation in their high bits. The run counts up to 2^27 - 1, which is also the
/// highest limit.
struct Run {
    run: AtomicU64,
    latch: AtomicU64,
    /// 0 is off.
    limit: AtomicU32,
}

impl Run {
    fn new() -> Self {
        Self {
            run: AtomicU64::new(0),
            latch: AtomicU64::new(0),
            limit: AtomicU32::new(0),
        }
    }

    #[inline]
    fn is_running(&self) -> bool {
        self.run.load(Ordering::Relaxed) & COUNT_MASK != 0
    }

    fn limit(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.limit.load(Ordering::Relaxed))
    }

    fn end(&self, generation: u64) {
        let tag = generation << GENERATION_SHIFT;
        // An error is a run of another generation, which this call has no say in.
        let _ = self.run.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
            (run & !COUNT_MASK == tag).then_some(tag)
        });
    }

    /// The word where it has reached the limit, else 0.
    fn lengthen(&self, generation: u64, limit: Option<NonZeroU32>) -> u64 {
        let tag = generation << GENERATION_SHIFT;
        let lengthened = self.run.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
            let countable = run & !COUNT_MASK == tag && run & COUNT_MASK < COUNT_MASK;
            countable.then_some(run + 1)
        });
        match (lengthened, limit) {
            (Ok(before), Some(limit)) if (before & COUNT_MASK) + 1 >= u64::from(limit.get()) => before + 1,
            _ => 0,
        }
    }

    fn latch(&self, reached: u64) {
        if reached != 0 {
            self.latch.fetch_max(reached, Ordering::AcqRel);
        }
    }

    fn longest(&self, generation: u64) -> u32 {
        let count = |word: u64| {
            // Fits: the mask leaves 27 bits.
            let count = (word & COUNT_MASK) as u32;
            if word >> GENERATION_SHIFT == generation {
                count
            } else {
                0
            }
        };
        // The latch last: a run that ends in between was latched before, or will ring.
        let running = count(self.run.load(Ordering::Acquire));
        running.max(count(self.latch.load(Ordering::Acquire)))
    }

    /// Answers the word that was forgotten, 0 where there was none.
    fn forget(&self, generation: u64, seen: u32) -> u64 {
        let tag = generation << GENERATION_SHIFT;
        let most = tag | u64::from(seen);
        // An error is a longer run, or one of another generation: it has not been seen.
        self.latch
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |latch| {
                (latch > tag && latch <= most).then_some(0)
            })
            .unwrap_or(0)
    }

    /// Ends the run, of whichever generation it is.
    fn forget_run(&self) {
        self.run.fetch_and(!COUNT_MASK, Ordering::AcqRel);
    }

    fn begin(&self, generation: u64) {
        self.latch.swap(0, Ordering::AcqRel);
        self.run.swap(generation << GENERATION_SHIFT, Ordering::AcqRel);
    }

    fn set_limit(&self, limit: Option<u32>) {
        let limit = limit.map_or(0, |n| u64::from(n).clamp(1, COUNT_MASK) as u32);
        self.limit.store(limit, Ordering::Release);
    }
}
