//! Chance, drawn by each thread for itself: nothing is shared, nothing is locked.
//!
//! xoshiro256++ 1.0 (D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021;
//! <https://prng.di.unimi.it/xoshiro256plusplus.c>). It is no secret: who sees many draws can tell the next.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

thread_local! {
    /// All zeros until the first draw of the thread.
    static STATE: Cell<[u64; 4]> = const { Cell::new([0; 4]) };
}

/// The next number of this thread.
#[inline]
pub fn draw() -> u64 {
    let [drawn] = draws();
    drawn
}

/// The next numbers of this thread.
#[inline]
pub fn draws<const N: usize>() -> [u64; N] {
    STATE.with(|cell| {
        let mut state = cell.get();
        if state == [0; 4] {
            state = fresh();
        }
        let drawn = [(); N].map(|()| next(&mut state));
        cell.set(state);
        drawn
    })
}

/// Whether it happens this time, where it happens in this share of all cases.
pub fn hits(share: f64) -> bool {
    share >= 1.0 || (share > 0.0 && point(draw()) < share)
}

/// A number as a point from 0 to below 1, by its upper 53 bits: as many as a `f64` tells apart.
pub fn point(number: u64) -> f64 {
    (number >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A state that no other thread has: from the keys that the standard library draws for its hash maps.
#[cold]
fn fresh() -> [u64; 4] {
    let keys = RandomState::new();
    // All zeros would stay so.
    [0_u64, 1, 2, 3].map(|part| keys.hash_one(part).max(1))
}

fn next(state: &mut [u64; 4]) -> u64 {
    let [s0, s1, s2, s3] = state;
    let drawn = s0.wrapping_add(*s3).rotate_left(23).wrapping_add(*s0);
    let shifted = *s1 << 17;
    *s2 ^= *s0;
    *s3 ^= *s1;
    *s1 ^= *s2;
    *s0 ^= *s3;
    *s2 ^= shifted;
    *s3 = s3.rotate_left(45);
    drawn
}

/// From here on this thread draws what follows from the seed: for tests and simulations that are to be the same each time.
pub fn seed(seed: u64) {
    STATE.set([seed, 1, 2, 3]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_draws_what_the_reference_does() {
        let mut state = [1, 2, 3, 4];
        let drawn = [(); 5].map(|()| next(&mut state));
        let reference = [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386,
            9_228_616_714_210_784_205,
        ];
        assert_eq!(drawn, reference);
    }

    #[test]
    fn a_share_is_hit_as_often_as_it_says_and_none_and_all_exactly() {
        seed(7);
        let hit = |share| (0..100_000).filter(|_| hits(share)).count();
        assert_eq!((hit(0.0), hit(1.0)), (0, 100_000));
        // Five standard deviations of a binomial share.
        for share in [0.01_f64, 0.1, 0.5, 0.9] {
            let far = 5.0 * (100_000.0 * share * (1.0 - share)).sqrt();
            let off = hit(share) as f64 - 100_000.0 * share;
            assert!(off.abs() < far, "{share}: {off}");
        }
        assert!(point(u64::MAX) < 1.0);
    }

    #[test]
    fn numbers_that_are_drawn_at_once_are_those_that_come_one_after_the_other() {
        seed(7);
        let at_once: [u64; 3] = draws();
        seed(7);
        assert_eq!([(); 3].map(|()| draw()), at_once);
    }

    #[test]
    fn no_two_threads_draw_the_same() {
        let there = std::thread::spawn(|| [draw(), draw()]).join().ok();
        assert_ne!(Some([draw(), draw()]), there);
    }
}
