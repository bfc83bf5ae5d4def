//! Each in turn.
//!
//! Turns are counted by each thread for itself, and threads begin at different places. Where the one whose turn it is may
//! not be used, another is drawn, so that who comes next to it does not get its calls on top.

use std::num::NonZeroUsize;

use super::lots::{Lots, has_ramped};
use super::{By, Candidates};

/// Turns in one round of a weighted sequence, at most: weights are made smaller together where they need more.
const LONGEST: u64 = 1 << 16;

/// The order of turns.
#[derive(Debug)]
pub(super) enum Turns {
    /// One for each, in their order.
    Plain,
    /// As many for each as its weight says, as far from each other as can be.
    Weighted(Box<[u32]>),
}

impl Turns {
    /// Spreads the turns by earliest deadline first: the `k`-th turn of a member of weight `w` is due at `(k + 1/2) / w`
    /// of the round (as the EDF scheduler of Envoy and the smooth weighted round robin of nginx spread theirs; the half
    /// keeps those with one turn from meeting at the end of the round).
    pub(super) fn weighted(weights: &[u32]) -> Self {
        let common = weights.iter().copied().reduce(greatest_common_divisor);
        let divisor = common.unwrap_or(1).max(1);
        let sum: u64 = weights.iter().map(|weight| u64::from(weight / divisor)).sum();
        if sum == weights.len() as u64 {
            return Self::Plain;
        }
        let shrink = (LONGEST as f64 / sum as f64).min(1.0);
        let count = |weight: u32| ((f64::from(weight / divisor) * shrink).round() as u32).max(1);
        let mut due: Vec<(f64, u32)> = Vec::new();
        for (member, weight) in (0_u32..).zip(weights) {
            let count = count(*weight);
            due.extend((0..count).map(|turn| ((f64::from(turn) + 0.5) / f64::from(count), member)));
        }
        due.sort_unstable_by(|(one, first), (other, second)| one.total_cmp(other).then(first.cmp(second)));
        Self::Weighted(due.into_iter().map(|(_, member)| member).collect())
    }

    #[inline]
    pub(super) fn pick(
        &self,
        lots: &Lots,
        by: By,
        candidates: &impl Candidates,
        random: &mut impl FnMut() -> u64,
    ) -> Option<usize> {
        let index = match self {
            Self::Plain => by.turn % NonZeroUsize::new(lots.count())?,
            Self::Weighted(sequence) => sequence[by.turn % NonZeroUsize::new(sequence.len())?] as usize,
        };
        if candidates.may_be_used(index) && has_ramped(candidates, index, random) {
            return Some(index);
        }
        lots.draw(candidates, random)
    }
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 {
        one
    } else {
        greatest_common_divisor(other, one % other)
    }
}
