//! Where a key leads.

use super::lots::Lots;
use super::maglev::Maglev;
use super::ring::Ring;
use super::{Candidates, rendezvous};
use crate::fnv::{fnv1a, mixed};

/// Places of a ring or table that are looked at before all members are.
const STEPS: usize = 32;

/// What calls that go to the same member have in common, as a number: FNV-1a with MurmurHash3's finalizer, the same in
/// every process and for ever. It is no secret: who wants to can find keys that lead to one member.
pub fn hash(key: impl IntoIterator<Item = u8>) -> u64 {
    mixed(fnv1a(key))
}

/// Members that keys lead to.
#[derive(Debug)]
pub(super) struct Hashed {
    way: Way,
    /// What follows from the name of each.
    seeds: Box<[u64]>,
    bounded_load: Option<f64>,
}

#[derive(Debug)]
pub(super) enum Way {
    Ring(Ring),
    Maglev(Maglev),
}

impl Hashed {
    pub(super) fn new(
        way: impl FnOnce(&[u64]) -> Way,
        names: impl Iterator<Item = impl AsRef<str>>,
        bounded_load: Option<f64>,
    ) -> Self {
        let seeds: Box<[u64]> = names.map(|name| hash(name.as_ref().bytes())).collect();
        Self {
            way: way(&seeds),
            seeds,
            bounded_load,
        }
    }

    /// Whether the load of members is bounded.
    pub(super) fn is_bounded(&self) -> bool {
        self.bounded_load.is_some()
    }

    /// The member that a key leads to, or the first after it that may be used and has not too much to do. Who that is
    /// follows from the key alone, and differs between keys that led to the same member.
    ///
    /// Too much is more than `bounded_load` times a member's share of all calls under way, this one among them, rounded up
    /// (V. Mirrokni, M. Thorup and M. Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018).
    #[inline]
    pub(super) fn pick(&self, hash: u64, lots: &Lots, candidates: &impl Candidates) -> Option<usize> {
        let Some(bounded_load) = self.bounded_load else {
            return self.first(hash, lots, |index| candidates.may_be_used(index));
        };
        let share = (candidates.all_in_flight() + 1) as f64 / lots.count() as f64;
        let has_room = |index| {
            let most = (bounded_load * share * lots.relative(index)).ceil();
            candidates.may_be_used(index) && ((candidates.observed(index).in_flight + 1) as f64) <= most
        };
        // Where those that may be used are too few for the bound, it does not hold.
        self.first(hash, lots, has_room)
            .or_else(|| self.first(hash, lots, |index| candidates.may_be_used(index)))
    }

    #[inline]
    fn first(&self, hash: u64, lots: &Lots, may_be_used: impl Fn(usize) -> bool) -> Option<usize> {
        let near = match &self.way {
            Way::Ring(ring) => ring.from(hash).take(STEPS).find(|index| may_be_used(*index)),
            Way::Maglev(maglev) => maglev.from(hash).take(STEPS).find(|index| may_be_used(*index)),
        };
        near.or_else(|| rendezvous::first(hash, &self.seeds, |index| lots.relative(index), may_be_used))
    }
}
