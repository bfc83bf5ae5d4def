//! Points on a ring: consistent hashing.
//!
//! Each member has points that follow from it alone, as many as its weight says, and a key leads to the member of the next
//! point (D. Karger et al., "Consistent hashing and random trees", STOC 1997; many points for each server as in libketama,
//! R. Jones 2007, which has 160). Where a member leaves, its keys alone move, to whoever's points come next: to all others,
//! as their weights say.

use crate::fnv::mixed;

/// For a member of weight 1. The shares of two of the same weight differ by about a twelfth (one standard deviation).
const POINTS: u64 = 160;

/// Of all members together, about; where there would be more, each gets half as many, as often as it takes.
const MOST_POINTS: u64 = 1 << 18;

/// The golden ratio of 2^64, odd: its multiples are far from each other (D. Knuth, TAOCP 3, 6.4).
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Points in the order of the ring.
#[derive(Debug)]
pub(super) struct Ring {
    /// Where they lie, from the least number to the greatest.
    places: Box<[u64]>,
    /// Whose they are.
    owners: Box<[u32]>,
    /// The first point of each equal part of the ring, so that a look-up need not search.
    parts: Box<[u32]>,
    /// From a place to the number of its part.
    shift: u32,
}

impl Ring {
    pub(super) fn new(seeds: &[u64], weights: &[u32]) -> Self {
        let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let mut halvings = 0;
        while (sum * POINTS) >> halvings > MOST_POINTS {
            halvings += 1;
        }
        let mut points = Vec::new();
        for ((member, seed), weight) in (0_u32..).zip(seeds).zip(weights) {
            let count = ((u64::from(*weight) * POINTS) >> halvings).max(1);
            // Fewer points of a member are the first of its many, so that a halving moves no more keys than it must.
            points.extend(
                (0..count).map(|point| (mixed(seed.wrapping_add(point.wrapping_mul(STRIDE))), member)),
            );
        }
        points.sort_unstable();
        let bits = points.len().max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut parts = Vec::with_capacity(1 << bits);
        let mut next = 0;
        for part in 0..1_u64 << bits {
            while points
                .get(next as usize)
                .is_some_and(|(place, _)| place >> shift < part)
            {
                next += 1;
            }
            parts.push(next);
        }
        let (places, owners): (Vec<u64>, Vec<u32>) = points.into_iter().unzip();
        Self {
            places: places.into(),
            owners: owners.into(),
            parts: parts.into(),
            shift,
        }
    }

    /// The owners of the points from there on, once round.
    #[inline]
    pub(super) fn from(&self, hash: u64) -> impl Iterator<Item = usize> {
        let mut first = self.parts[(hash >> self.shift) as usize] as usize;
        while self.places.get(first).is_some_and(|place| *place < hash) {
            first += 1;
        }
        // Behind the last point comes the first.
        let (before, after) = self.owners.split_at(first);
        after.iter().chain(before).map(|owner| *owner as usize)
    }
}
