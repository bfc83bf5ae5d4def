//! The member that comes first for a key, of all that may be used.
//!
//! Weighted rendezvous hashing: each member has a time that follows from it and the key alone, divided by its weight
//! (D. Thaler and C. Ravishankar, IEEE/ACM ToN 6(1), 1998; weights by the logarithmic method of C. Schindelhauer and
//! G. Schomaker, SPAA 2005). It looks at all, so it is for the rare case that a table leads nowhere.

use crate::chance;
use crate::fnv::mixed;

#[cold]
pub(super) fn first(
    hash: u64,
    seeds: &[u64],
    relative: impl Fn(usize) -> f64,
    may_be_used: impl Fn(usize) -> bool,
) -> Option<usize> {
    let when = |index: usize| {
        let point = chance::point(mixed(hash ^ seeds[index]));
        // Never 0: its logarithm has no end.
        -(point + f64::EPSILON / 4.0).ln() / relative(index)
    };
    let usable = (0..seeds.len()).filter(|index| may_be_used(*index));
    let first = usable.map(|index| (when(index), index));
    let first = first.min_by(|(one, _), (other, _)| one.total_cmp(other));
    first.map(|(_, index)| index)
}
