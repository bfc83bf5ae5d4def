//! The failure-rate rule.

use hedgerow_gate::Sums;

/// Trips where the window holds at least `min_calls` calls and at least `limit` of them failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RateRule {
    /// Above 0, at most 1.
    pub(super) limit: f64,
    pub(super) min_calls: u32,
}

/// Counts beyond this are not exact in an `f64`; no breaker sees them.
const EXACT: u64 = 1 << 53;

impl RateRule {
    pub(super) fn is_crossed(self, window: Sums) -> bool {
        let calls = window.calls();
        // Divided, not multiplied: a quotient that is a round decimal is the same float as the limit as written.
        calls > 0 && calls >= u64::from(self.min_calls) && window.failures as f64 / calls as f64 >= self.limit
    }

    /// The fewest further failures after which it could be crossed, with any successes between them and no call
    /// leaving the window. `None` where no number of failures can.
    ///
    /// Zero where successes alone can: enough have failed, and only `min_calls` is missing.
    pub(super) fn fuse(self, window: Sums) -> Option<u64> {
        // After `more` failures the rate is highest with no more successes than the minimum of calls asks for, and
        // it grows with `more`: so the first that crosses can be searched for by halves.
        let could_cross = |more: u64| {
            let failures = window.failures + more;
            let calls = (window.calls() + more).max(u64::from(self.min_calls)).max(1);
            failures as f64 / calls as f64 >= self.limit
        };
        let (mut below, mut above) = (0, EXACT);
        if !could_cross(above) || self.limit >= 1.0 && window.successes > 0 {
            return None;
        }
        while below < above {
            let middle = below + (above - below) / 2;
            if could_cross(middle) {
                above = middle;
            } else {
                below = middle + 1;
            }
        }
        Some(above)
    }
}
