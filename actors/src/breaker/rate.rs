//! How far a window is from crossing a rate.

/// Holds where the window has at least `min_calls` calls and at least `limit` of them are bad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RateRule {
    /// Above 0, at most 1.
    pub(super) limit: f64,
    pub(super) min_calls: u32,
    /// The calls that the window holds at most; `None` where it is one of time.
    pub(super) longest: Option<u64>,
}

/// Counts beyond this are not exact in an `f64`; no breaker sees them.
const EXACT: u64 = 1 << 53;

impl RateRule {
    /// The fewest further bad calls after which it could hold, with any good calls between them and no call leaving the
    /// window but by being pushed out. `None` where no number can.
    ///
    /// Zero where good calls alone can: enough are bad, and only `min_calls` is missing.
    pub(super) fn fuse(self, bad: u64, calls: u64) -> Option<u64> {
        let most = self.longest.unwrap_or(u64::MAX);
        // After `more` bad calls the share is highest with no more good ones than the minimum of calls asks for, and
        // where good ones are pushed out first. It grows with `more`: so the first that can be searched for by halves.
        let could_hold = |more: u64| {
            let calls = (calls + more).max(u64::from(self.min_calls)).clamp(1, most);
            (bad + more).min(calls) as f64 / calls as f64 >= self.limit
        };
        let (mut below, mut above) = (0, EXACT);
        if !could_hold(above) || self.longest.is_none() && self.limit >= 1.0 && calls > bad {
            return None;
        }
        while below < above {
            let middle = below + (above - below) / 2;
            if could_hold(middle) {
                above = middle;
            } else {
                below = middle + 1;
            }
        }
        Some(above)
    }
}
