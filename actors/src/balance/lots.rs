//! Members drawn by weight.

use super::Candidates;
use crate::chance;

/// Draws before all are looked at. Where every other member may be used, one call in 256 looks at all.
const TRIES: usize = 8;

/// Members that can be drawn in one step, each as often as its weight says.
#[derive(Debug)]
pub(super) struct Lots {
    count: usize,
    /// `None` where all weigh the same.
    weighted: Option<Weighted>,
}

/// The alias method: as many columns as members, each shared by two of them (A. Walker, ACM TOMS 3(3), 1977; built in linear
/// time after M. Vose, IEEE TSE 17(9), 1991).
#[derive(Debug)]
struct Weighted {
    /// Each member's weight by the mean of all.
    relative: Box<[f64]>,
    columns: Box<[Column]>,
}

#[derive(Debug, Clone, Copy)]
struct Column {
    /// The part of the column that is its own member's, of 2^32.
    own: u64,
    /// Whose the rest is.
    other: usize,
}

impl Lots {
    /// Members with these weights.
    pub(super) fn new(weights: impl ExactSizeIterator<Item = u32> + Clone) -> Self {
        let count = weights.len();
        let first = weights.clone().next();
        let all_same = weights.clone().all(|weight| Some(weight) == first);
        Self {
            count,
            weighted: (!all_same).then(|| Weighted::new(weights)),
        }
    }

    /// Members that all weigh the same.
    pub(super) fn equal(count: usize) -> Self {
        Self {
            count,
            weighted: None,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The weight of a member by the mean of all.
    #[inline]
    pub(super) fn relative(&self, index: usize) -> f64 {
        let weighted = self.weighted.as_ref();
        weighted.map_or(1.0, |weighted| weighted.relative[index])
    }

    /// The member that this number draws, of all.
    #[inline]
    fn drawn(&self, random: u64) -> usize {
        // The halves of the number are two that know nothing of each other.
        let index = below(random >> 32, self.count);
        match &self.weighted {
            None => index,
            Some(weighted) => {
                let column = weighted.columns[index];
                if random & u64::from(u32::MAX) < column.own {
                    index
                } else {
                    column.other
                }
            }
        }
    }

    /// One of those that may be used, each as often as its weight and its ramp say, whoever else may not be used.
    #[inline]
    pub(super) fn draw(
        &self,
        candidates: &impl Candidates,
        random: &mut impl FnMut() -> u64,
    ) -> Option<usize> {
        if self.count == 0 {
            return None;
        }
        for _ in 0..TRIES {
            let index = self.drawn(random());
            if candidates.may_be_used(index) && has_ramped(candidates, index, random) {
                return Some(index);
            }
        }
        let share = |index| self.relative(index) * candidates.ramp(index);
        self.of_all(|index| candidates.may_be_used(index), share, random)
    }

    /// One of those that may be used beside this one, all as often.
    #[inline]
    pub(super) fn draw_other(
        &self,
        first: usize,
        candidates: &impl Candidates,
        random: &mut impl FnMut() -> u64,
    ) -> Option<usize> {
        let others = self.count.checked_sub(1).filter(|others| *others > 0)?;
        // Of two there is nothing to draw.
        let tries = if others == 1 { 1 } else { TRIES };
        for _ in 0..tries {
            let below_first = below(random() >> 32, others);
            let index = below_first + usize::from(below_first >= first);
            if candidates.may_be_used(index) {
                return Some(index);
            }
        }
        if others == 1 {
            return None;
        }
        let may_be = |index| index != first && candidates.may_be_used(index);
        self.of_all(may_be, |_| 1.0, random)
    }

    /// Looks at all, and keeps one of those that may be used: the last one with the probability of its share, else whom it
    /// has kept so far (M. Chao, Biometrika 69(3), 1982).
    #[cold]
    fn of_all(
        &self,
        may_be_used: impl Fn(usize) -> bool,
        share: impl Fn(usize) -> f64,
        random: &mut impl FnMut() -> u64,
    ) -> Option<usize> {
        let (mut kept, mut sum) = (None, 0.0);
        for index in (0..self.count).filter(|index| may_be_used(*index)) {
            let own = share(index);
            sum += own;
            if chance::point(random()) * sum < own {
                kept = Some(index);
            }
        }
        kept
    }
}

/// Whether one that starts slowly is taken this time.
#[inline]
pub(super) fn has_ramped(
    candidates: &impl Candidates,
    index: usize,
    random: &mut impl FnMut() -> u64,
) -> bool {
    let ramp = candidates.ramp(index);
    ramp >= 1.0 || chance::point(random()) < ramp
}

/// A number below the bound, out of one of 32 bits: the upper half of the product (D. Lemire, "Fast random integer
/// generation in an interval", ACM TOMACS 29(1), 2019). What it prefers for 10,000 members is less than one call in 400,000.
#[inline]
fn below(random: u64, bound: usize) -> usize {
    ((random * bound as u64) >> 32) as usize
}

impl Weighted {
    fn new(weights: impl ExactSizeIterator<Item = u32> + Clone) -> Self {
        let count = weights.len();
        let sum: u64 = weights.clone().map(u64::from).sum();
        let mean = sum as f64 / count as f64;
        let relative: Box<[f64]> = weights.map(|weight| f64::from(weight) / mean).collect();
        let mut left = relative.clone();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|index| relative[*index] < 1.0);
        let full = 1_u64 << 32;
        // What is left over when all columns are filled is full but for rounding.
        let mut columns: Box<[Column]> = (0..count)
            .map(|index| Column {
                own: full,
                other: index,
            })
            .collect();
        while let (Some(filled), Some(giver)) = (poor.pop(), rich.pop()) {
            columns[filled] = Column {
                own: (left[filled] * full as f64) as u64,
                other: giver,
            };
            left[giver] -= 1.0 - left[filled];
            if left[giver] < 1.0 {
                poor.push(giver);
            } else {
                rich.push(giver);
            }
        }
        Self { relative, columns }
    }
}
