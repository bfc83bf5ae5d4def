//! How calls ended.

use crate::Tally;

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

const SUCCESSES: usize = 0;
const FAILURES: usize = 1;

/// The gate's counters, a padded line for each thread.
#[derive(Default)]
pub(crate) struct Shards(Tally<2>);

impl Shards {
    #[inline]
    pub(crate) fn add_success(&self) {
        self.0.add(SUCCESSES);
    }

    /// The fuse that is burnt afterwards releases it to the owner.
    #[inline]
    pub(crate) fn add_failure(&self) {
        self.0.add(FAILURES);
    }

    pub(crate) fn sums(&self) -> Sums {
        let sums = self.0.sums();
        Sums {
            successes: sums[SUCCESSES],
            failures: sums[FAILURES],
        }
    }
}
