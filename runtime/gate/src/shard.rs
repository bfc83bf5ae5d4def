//! How calls ended.

use crate::Tally;

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

/// The gate's counters, a padded line for each thread.
#[derive(Default)]
pub(crate) struct Shards(Tally<4>);

impl Shards {
    #[inline]
    pub(crate) fn add_success(&self) {
        self.0.add(SUCCESSES);
    }

    /// The fuse that is burnt afterwards releases it to the owner.
    pub(crate) fn add_failure(&self, fault: Fault) {
        self.0.add(FAILURES);
        if fault == Fault::Timeout {
            self.0.add(TIMEOUTS);
        }
    }

    /// The call that is counted as well was slow.
    pub(crate) fn add_slow(&self) {
        self.0.add(SLOW);
    }

    pub(crate) fn sums(&self) -> Sums {
        let sums = self.0.sums();
        Sums {
            successes: sums[SUCCESSES],
            failures: sums[FAILURES],
            timeouts: sums[TIMEOUTS],
            slow: sums[SLOW],
        }
    }
}
