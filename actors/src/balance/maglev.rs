//! A table of even shares: Maglev hashing.
//!
//! Members take turns in filling a table, each by a preference of its own, a permutation of all places; a key leads to
//! whoever has the place (D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
//! section 3.4). Shares are as even as the table is large; where a member leaves, few keys of others move. Those of greater
//! weight get more turns (as in Envoy's Maglev).

use crate::fnv::mixed;

/// Places: the two primes of the paper. A hundred times as many as members keep shares within a percent.
const SIZES: [usize; 2] = [65_537, 655_373];

/// What separates the two numbers that a permutation is made of.
const SKIP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Whose each place is.
#[derive(Debug)]
pub(super) struct Maglev {
    places: Box<[u32]>,
}

/// The permutation of a member: all places, from one of them on, in equal steps round the table.
struct Preference {
    next: usize,
    step: usize,
}

const FREE: u32 = u32::MAX;

impl Maglev {
    pub(super) fn new(seeds: &[u64], weights: &[u32]) -> Self {
        let [usual, large] = SIZES;
        let size = if seeds.len() * 100 <= usual { usual } else { large };
        let heaviest = weights.iter().copied().max().unwrap_or(1).max(1);
        // Its place in the list means nothing to a key.
        let mut order: Vec<usize> = (0..seeds.len()).collect();
        order.sort_unstable_by_key(|index| seeds[*index]);
        let mut preferences: Vec<Preference> = order
            .iter()
            .map(|index| Preference {
                next: (seeds[*index] % size as u64) as usize,
                step: (mixed(seeds[*index] ^ SKIP) % (size as u64 - 1)) as usize + 1,
            })
            .collect();
        let mut credit = vec![0_u64; order.len()];
        let mut free = if order.is_empty() { 0 } else { size };
        let mut places = vec![FREE; free];
        while free > 0 {
            for ((index, preference), credit) in order.iter().zip(&mut preferences).zip(&mut credit) {
                *credit += u64::from(weights[*index]);
                if *credit < u64::from(heaviest) || free == 0 {
                    continue;
                }
                *credit -= u64::from(heaviest);
                while places[preference.next] != FREE {
                    preference.advance(size);
                }
                places[preference.next] = *index as u32;
                preference.advance(size);
                free -= 1;
            }
        }
        Self {
            places: places.into(),
        }
    }

    /// The owner of a key's place, and of places that follow from it: each as if of another key, because the places beside one
    /// of a member are in the same order as the steps that it was filled in.
    #[inline]
    pub(super) fn from(&self, hash: u64) -> impl Iterator<Item = usize> {
        let again = |hash: &u64| Some(mixed(hash.wrapping_add(SKIP)));
        let hashes = std::iter::successors(Some(hash), again);
        hashes.map_while(|hash| {
            let place = (u128::from(hash) * self.places.len() as u128) >> 64;
            self.places.get(place as usize).map(|owner| *owner as usize)
        })
    }
}

impl Preference {
    fn advance(&mut self, size: usize) {
        self.next += self.step;
        if self.next >= size {
            self.next -= size;
        }
    }
}
