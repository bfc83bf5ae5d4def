//! How long a breaker stays open.

use std::time::Duration;

use hedgerow_config::OpenFor;

/// A small seeded generator: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). Good enough to spread the ends of open times, and the same again for the same seed.
#[derive(Debug, Clone)]
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0, below 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The time for the `trip`-th opening in a row, counted from 1: `initial * 2^(trip - 1)`, at most `max`, shortened
/// by a random share of up to `jitter`.
pub(super) fn open_time(policy: OpenFor, trip: u32, luck: &mut SplitMix64) -> Duration {
    let doublings = trip.saturating_sub(1).min(31);
    let full = policy.initial.saturating_mul(1 << doublings).min(policy.max);
    full.mul_f64(1.0 - policy.jitter.clamp(0.0, 1.0) * luck.fraction())
}
