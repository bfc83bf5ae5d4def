//! How often something took how long, in buckets that grow with the time.

use std::ops::Range;
use std::time::Duration;

/// How many buckets there are for times below 2 to the power of `powers` units, where each power of two is cut into 2 to the
/// power of `fine`.
pub const fn buckets(fine: u32, powers: u32) -> usize {
    ((powers - fine + 1) as usize) << fine
}

/// How often something took how long.
///
/// The buckets are log-linear, as in Gil Tene's HdrHistogram: each power of two is cut into 2 to the power of `FINE` of the
/// same width. Below as many units of `UNIT` nanoseconds each bucket is a unit wide; from there on it is at most that part of
/// its times. So the end of a bucket is further than any of its times by a quarter of it at most where `FINE` is 2, by an
/// eighth where it is 3, and its middle is off by half as much. Of the `N` buckets, of which there are [`buckets`], the last
/// one has all that took longer, too.
///
/// It is plain numbers. Who counts in many threads counts by [`bucket`](Self::bucket), and reads through [`of`](Self::of).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram<const UNIT: u64, const FINE: u32, const N: usize> {
    counts: [u64; N],
}

impl<const UNIT: u64, const FINE: u32, const N: usize> Histogram<UNIT, FINE, N> {
    /// So many in each bucket.
    pub fn of(counts: [u64; N]) -> Self {
        Self { counts }
    }

    /// Where a time is counted.
    #[inline]
    pub fn bucket(took: Duration) -> usize {
        let units = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX) / UNIT;
        let power = units.max(1).ilog2();
        if power < FINE {
            return units as usize;
        }
        let doubling = power - FINE;
        // With the bucket before it, as all are of the first power of two that is cut.
        let step = (units >> doubling) as usize;
        (((doubling as usize) << FINE) + step).min(N - 1)
    }

    /// The times of a bucket, from the shortest to the first that is too long.
    pub fn times(bucket: usize) -> Range<Duration> {
        let units = |bucket: usize| {
            let (doubling, step) = (bucket >> FINE, (bucket % (1 << FINE)) as u64);
            match doubling.checked_sub(1) {
                None => step,
                Some(shift) => ((1 << FINE) + step) << shift,
            }
        };
        let begin = |bucket| Duration::from_nanos(units(bucket) * UNIT);
        begin(bucket)..begin(bucket + 1)
    }

    /// Counts one more.
    pub fn add(&mut self, took: Duration) {
        self.counts[Self::bucket(took)] += 1;
    }

    /// What came in after `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self::of(std::array::from_fn(|at| {
            self.counts[at].saturating_sub(earlier.counts[at])
        }))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The times of the bucket in which the share `quantile` of them ends, which lies between 0 and 1; `None` where there are
    /// none.
    pub fn quantile(&self, quantile: f64) -> Option<Range<Duration>> {
        let count = self.count();
        // At least one, and no more than there are, whatever the rounding.
        let rank = ((count as f64 * quantile).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map(Self::times)
    }
}

impl<const UNIT: u64, const FINE: u32, const N: usize> Default for Histogram<UNIT, FINE, N> {
    fn default() -> Self {
        Self::of([0; N])
    }
}

#[cfg(test)]
#[path = "histogram_tests.rs"]
mod tests;
