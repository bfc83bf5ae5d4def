use std::sync::atomic::{AtomicU64, Ordering};

/// Marsaglia's xorshift of 64 bits: three shifts for a number.
///
/// ```
/// use hedgerow_benches::Random;
///
/// let mut random = Random::new();
/// assert!((0..1_000).all(|_| random.below(7) < 7));
/// ```
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Another sequence each time, so that two threads do not meet at every key.
    #[allow(
        clippy::new_without_default,
        reason = "no two are alike, so none is the default"
    )]
    pub fn new() -> Self {
        static SEEDS: AtomicU64 = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
        Self(SEEDS.fetch_add(0x6a09_e667_f3bc_c909, Ordering::Relaxed) | 1)
    }

    /// A number below `bound`; 0 where that is 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half: the share of all numbers, without a division.
        ((u128::from(self.0) * bound as u128) >> 64) as usize
    }
}
