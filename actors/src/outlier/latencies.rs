//! How long calls took, counted where they end.

use std::time::Duration;

use hedgerow_gate::Tally;

/// Four buckets for each doubling from 64 µs to more than a minute: a quantile is exact to a fifth of it.
const BUCKETS: usize = 80;

/// The width of the first buckets, in microseconds.
const UNIT: u64 = 64;

/// Buckets for each doubling, as a power of two.
const FINE: u32 = 2;

/// Times of one endpoint, each thread on lines of its own: cumulative, never reset.
#[derive(Default)]
pub(crate) struct Latencies {
    counts: Tally<BUCKETS>,
}

impl Latencies {
    #[inline]
    pub(super) fn add(&self, took: Duration) {
        self.counts.add(bucket(took));
    }

    pub(super) fn histogram(&self) -> Histogram {
        Histogram(Box::new(self.counts.sums()))
    }
}

/// How many calls took how long.
///
/// The buckets are log-linear, as in Gil Tene's HdrHistogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram(Box<[u64; BUCKETS]>);

impl Default for Histogram {
    fn default() -> Self {
        Self(Box::new([0; BUCKETS]))
    }
}

impl Histogram {
    /// Counts one more.
    pub fn add(&mut self, took: Duration) {
        self.0[bucket(took)] += 1;
    }

    /// What came in after `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        for (count, earlier) in since.0.iter_mut().zip(earlier.0.iter()) {
            *count = count.saturating_sub(*earlier);
        }
        since
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time that the share `quantile` of them did not exceed, as the upper end of its bucket; `None` where there is none.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let count = self.count();
        // At least one, and no more than there are, whatever the rounding.
        let rank = ((count as f64 * quantile).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let found = self.0.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map(end)
    }
}

/// The bucket of a time; all that is longer than the last is in the last.
fn bucket(took: Duration) -> usize {
    let units = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) / UNIT;
    if units < 1 << FINE {
        // Fits: it is below 4.
        return units as usize;
    }
    let doubling = units.ilog2() - FINE;
    let place = (units >> doubling) - (1 << FINE);
    let bucket = (u64::from(doubling + 1) << FINE) + place;
    usize::try_from(bucket).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

/// Where a bucket ends.
fn end(bucket: usize) -> Duration {
    // Fits: there are 80 buckets.
    let (doubling, place) = ((bucket >> FINE) as u32, (bucket % (1 << FINE)) as u64);
    let units = match doubling {
        0 => place + 1,
        _ => (place + (1 << FINE) + 1) << (doubling - 1),
    };
    Duration::from_micros(units * UNIT)
}
