//! How long to wait before a new try: a growing interval with seeded jitter.
//!
//! This is the only file that imports the `backoff` crate, and it uses it for the curve alone. The crate's own
//! jitter is off (it may exceed the longest interval and cannot be seeded), and so is its limit on elapsed time.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;

/// The shape of a back-off: the first try is immediate, the second waits `initial`, each further one twice as long
/// up to `max`; every wait is shortened by a random part of up to a half, so that what fell together does not
/// rise together.
///
/// Equal jitter (half fixed, half random) keeps a floor under the wait, so that a child that always fails is never
/// restarted in a hot loop. Source: Marc Brooker, "Exponential Backoff And Jitter", 2015.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Curve {
    /// The first wait that is not zero. Default 10 ms.
    pub initial: Duration,
    /// The longest wait. Default 5 s.
    pub max: Duration,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(10),
            max: Duration::from_secs(5),
        }
    }
}

/// One run along a [`Curve`].
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::{Backoff, Curve};
///
/// let mut backoff = Backoff::new(Curve::default(), 7);
/// assert_eq!(backoff.next(), Duration::ZERO);
/// let second = backoff.next();
/// assert!(second >= Duration::from_millis(5) && second <= Duration::from_millis(10));
/// ```
#[derive(Debug)]
pub struct Backoff {
    curve: ExponentialBackoff,
    /// How many are still made at once.
    immediate: u32,
    spread: Spread,
    jitter: Jitter,
}

/// How much of a wait is random.
#[derive(Debug, Clone, Copy)]
enum Spread {
    Half,
    Full,
}

impl Backoff {
    /// A run that has not begun. The same seed gives the same waits.
    pub fn new(curve: Curve, seed: u64) -> Self {
        Self::spread(curve, seed, Spread::Half)
    }

    /// A run that begins after a first try was made elsewhere, with full jitter: every wait is a random time between zero and
    /// the curve's. It has no floor, as it is for those who are many and end by themselves, such as the retries of requests.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hedgerow_supervisor::{Backoff, Curve};
    ///
    /// let mut backoff = Backoff::fully_spread(Curve::default(), 7);
    /// assert!(backoff.next() <= Duration::from_millis(10));
    /// assert!(backoff.next() <= Duration::from_millis(20));
    /// ```
    pub fn fully_spread(curve: Curve, seed: u64) -> Self {
        Self::spread(curve, seed, Spread::Full)
    }

    fn spread(curve: Curve, seed: u64, spread: Spread) -> Self {
        let curve = ExponentialBackoff {
            current_interval: curve.initial,
            initial_interval: curve.initial,
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: curve.max,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        Self {
            curve,
            immediate: spread.immediate(),
            spread,
            jitter: Jitter::new(seed),
        }
    }

    /// How long to wait before the next try.
    #[allow(
        clippy::should_implement_trait,
        reason = "a back-off never ends, so it is no iterator"
    )]
    pub fn next(&mut self) -> Duration {
        if let Some(left) = self.immediate.checked_sub(1) {
            self.immediate = left;
            return Duration::ZERO;
        }
        let interval = self.curve.next_backoff().unwrap_or(self.curve.max_interval);
        let random = self.jitter.unit();
        interval.mul_f64(match self.spread {
            Spread::Half => 1.0 - 0.5 * random,
            Spread::Full => random,
        })
    }

    /// Begins again.
    pub fn reset(&mut self) {
        self.immediate = self.spread.immediate();
        self.curve.reset();
    }
}

impl Spread {
    /// How many tries are made at once before there is a wait.
    fn immediate(self) -> u32 {
        match self {
            Self::Half => 1,
            Self::Full => 0,
        }
    }
}

/// A seeded source of jitter (SplitMix64; Steele, Lea and Flood, 2014): good enough to spread waits, and replayable.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// The same seed gives the same sequence.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, evenly spread from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_keep_half_of_it() {
        let mut backoff = Backoff::new(
            Curve {
                initial: Duration::from_millis(8),
                max: Duration::from_millis(64),
            },
            1,
        );
        assert_eq!(backoff.next(), Duration::ZERO);
        for full in [8, 16, 32, 64, 64, 64] {
            let wait = backoff.next();
            assert!(wait <= Duration::from_millis(full), "{wait:?} of {full} ms");
            assert!(wait >= Duration::from_millis(full / 2), "{wait:?} of {full} ms");
        }
        backoff.reset();
        assert_eq!(backoff.next(), Duration::ZERO);
        assert!(backoff.next() <= Duration::from_millis(8));
    }

    #[test]
    fn waits_with_full_jitter_lie_anywhere_between_zero_and_the_curve() {
        let curve = Curve {
            initial: Duration::from_millis(8),
            max: Duration::from_millis(32),
        };
        let mut sums = [Duration::ZERO; 4];
        for seed in 0..1_000 {
            let mut backoff = Backoff::fully_spread(curve, seed);
            for (sum, full) in sums.iter_mut().zip([8, 16, 32, 32]) {
                let wait = backoff.next();
                assert!(wait < Duration::from_millis(full), "{wait:?} of {full} ms");
                *sum += wait;
            }
        }
        // A thousand times half of the curve's, give or take a tenth.
        for (sum, half) in sums.iter().zip([4_000_u128, 8_000, 16_000, 16_000]) {
            assert!(sum.as_millis().abs_diff(half) < half / 10, "{sum:?} of {half} ms");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let mut backoff = Backoff::new(Curve::default(), seed);
            (0..9).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3), waits(4));
    }
}
