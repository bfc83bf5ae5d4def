//! How calls ended.

use crate::sync::AtomicU64;
use crate::tally::{OwnLines, zeros};

/// How many calls have ended since the gate was made. Never reset.
///
/// ```
/// use hedgerow_gate::Sums;
///
/// let sums = Sums { successes: 3, failures: 1, ..Sums::default() };
/// assert_eq!(sums.calls(), 4);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Those of the failed ones that took too long.
    pub timeouts: u64,
    /// Calls that were slow, whether they succeeded or failed.
    pub slow: u64,
}

impl Sums {
    /// Calls that ended either way.
    pub fn calls(self) -> u64 {
        self.successes + self.failures
    }

    /// Calls that failed or were slow; those that did both count twice.
    pub fn bad(self) -> u64 {
        self.failures + self.slow
    }

    /// What came in after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            successes: self.successes.saturating_sub(earlier.successes),
            failures: self.failures.saturating_sub(earlier.failures),
            timeouts: self.timeouts.saturating_sub(earlier.timeouts),
            slow: self.slow.saturating_sub(earlier.slow),
        }
    }
}

/// What a failure was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call took too long.
    Timeout,
    /// Anything else.
    Other,
}

const SUCCESSES: usize = 0;
const FAILURES: usize = 1;
const TIMEOUTS: usize = 2;
const SLOW: usize = 3;

/// The gate's counters: a padded line for each thread, or one that all share.
pub(crate) struct Shards {
    own: OwnLines<4>,
    /// Written by those that have no line of their own. Not padded: of a gate with lines they are few, and of one without
    /// them memory matters more.
    shared: [AtomicU64; 4],
}

impl Shards {
    /// A line for each thread.
    pub(crate) fn by_thread() -> Self {
        Self {
            own: OwnLines::default(),
            shared: zeros(),
        }
    }

    /// One for all threads: each count is an atomic read-modify-write.
    pub(crate) fn compact() -> Self {
        Self {
            own: OwnLines::none(),
            shared: zeros(),
        }
    }

    #[inline]
    pub(crate) fn add_success(&self) {
        self.add(SUCCESSES);
    }

    #[inline]
    fn add(&self, index: usize) {
        self.own.add(index, &self.shared);
    }

    /// The fuse that is burnt afterwards releases it to the owner.
    pub(crate) fn add_failure(&self, fault: Fault) {
        self.add(FAILURES);
        if fault == Fault::Timeout {
            self.add(TIMEOUTS);
        }
    }

    /// The call that is counted as well was slow.
    pub(crate) fn add_slow(&self) {
        self.add(SLOW);
    }

    pub(crate) fn sums(&self) -> Sums {
        let sums = self.own.sums(&self.shared);
        Sums {
            successes: sums[SUCCESSES],
            failures: sums[FAILURES],
            timeouts: sums[TIMEOUTS],
            slow: sums[SLOW],
        }
    }
}
