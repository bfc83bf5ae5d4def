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
    tries: u32,
    jitter: Jitter,
}

impl Backoff {
    /// A run that has not begun. The same seed gives the same waits.
    pub fn new(curve: Curve, seed: u64) -> Self {
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
            tries: 0,
            jitter: Jitter::new(seed),
        }
    }

    /// How long to wait before the next try.
    #[allow(
        clippy::should_implement_trait,
        reason = "a back-off never ends, so it is no iterator"
    )]
    pub fn next(&mut self) -> Duration {
        self.tries = self.tries.saturating_add(1);
        if self.tries == 1 {
            return Duration::ZERO;
        }
        let interval = self.curve.next_backoff().unwrap_or(self.curve.max_interval);
        interval.mul_f64(1.0 - 0.5 * self.jitter.unit())
    }

    /// Begins again at the immediate try.
    pub fn reset(&mut self) {
        self.tries = 0;
        self.curve.reset();
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
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let mut backoff = Backoff::new(Curve::default(), seed);
            (0..9).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3), waits(4));
    }
}
