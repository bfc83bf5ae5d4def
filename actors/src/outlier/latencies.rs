//! How long calls took, counted where they end.

use std::time::Duration;

use hedgerow_gate::Tally;

use crate::histogram::{self, buckets};

/// Four buckets for each doubling from 256 µs to two minutes: a quantile is exact to a quarter.
const BUCKETS: usize = buckets(2, 21);

/// How many calls took how long, in units of 64 µs.
pub type Histogram = histogram::Histogram<64_000, 2, BUCKETS>;

/// Times of one endpoint, each thread on lines of its own: cumulative, never reset.
#[derive(Default)]
pub(crate) struct Latencies {
    counts: Tally<BUCKETS>,
}

impl Latencies {
    #[inline]
    pub(super) fn add(&self, took: Duration) {
        self.counts.add(Histogram::bucket(took));
    }

    pub(super) fn histogram(&self) -> Histogram {
        Histogram::of(self.counts.sums())
    }
}
