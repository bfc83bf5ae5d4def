//! Members that are as a test says, and what is to be expected of random shares.
#![allow(clippy::unwrap_used)]

use hedgerow_config::Balance;

use super::{By, Candidates, Member, Observed, Table};
use crate::fnv::mixed;

/// Members by their index.
pub(super) struct Field {
    pub(super) usable: Vec<bool>,
    pub(super) observed: Vec<Observed>,
    pub(super) ramps: Vec<f64>,
}

impl Field {
    /// So many that have nothing to do.
    pub(super) fn idle(count: usize) -> Self {
        Self {
            usable: vec![true; count],
            observed: vec![Observed::default(); count],
            ramps: vec![1.0; count],
        }
    }

    pub(super) fn without(mut self, index: usize) -> Self {
        self.usable[index] = false;
        self
    }

    pub(super) fn with_in_flight(mut self, in_flight: &[u64]) -> Self {
        for (observed, in_flight) in self.observed.iter_mut().zip(in_flight) {
            observed.in_flight = *in_flight;
        }
        self
    }

    pub(super) fn with_ramp(mut self, index: usize, ramp: f64) -> Self {
        self.ramps[index] = ramp;
        self
    }
}

impl Candidates for Field {
    fn may_be_used(&self, index: usize) -> bool {
        self.usable[index]
    }

    fn observed(&self, index: usize) -> Observed {
        self.observed[index]
    }

    fn all_in_flight(&self) -> u64 {
        self.observed.iter().map(|observed| observed.in_flight).sum()
    }

    fn ramp(&self, index: usize) -> f64 {
        self.ramps[index]
    }
}

/// SplitMix64 (G. Steele, D. Lea and C. Flood, OOPSLA 2014): the same numbers for the same seed.
pub(super) fn seeded(seed: u64) -> impl FnMut() -> u64 {
    let mut state = mixed(seed);
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let number = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }
}

/// A table of members with these weights, named by their number.
pub(super) fn table(balance: &Balance, weights: &[u32]) -> Table {
    let names: Vec<String> = (0..weights.len())
        .map(|index| format!("10.0.0.{index}:80"))
        .collect();
    let members: Vec<Member<'_>> = names
        .iter()
        .zip(weights)
        .map(|(name, weight)| Member {
            name,
            weight: *weight,
        })
        .collect();
    Table::build(balance, &members)
}

/// How often each is picked in so many calls, each by a turn and a key of its own.
pub(super) fn picked(table: &Table, field: &Field, calls: usize, seed: u64) -> Vec<u64> {
    let mut random = seeded(seed);
    let mut counts = vec![0; field.usable.len()];
    for call in 0..calls {
        let by = By {
            turn: call,
            hash: Some(mixed(seed ^ (call as u64) << 8)),
        };
        counts[table.pick(by, field, &mut random).unwrap()] += 1;
    }
    counts
}

/// Pearson's chi-square test: whether these counts could have been drawn with these shares. It asserts that the sum lies
/// within five standard deviations of its mean.
#[track_caller]
pub(super) fn are_drawn(counts: &[u64], shares: &[f64]) {
    let (all, whole) = (counts.iter().sum::<u64>() as f64, shares.iter().sum::<f64>());
    let mut squares = 0.0;
    for (count, share) in counts.iter().zip(shares) {
        let expected = all * share / whole;
        if expected > 0.0 {
            squares += (*count as f64 - expected).powi(2) / expected;
        } else {
            assert_eq!(*count, 0, "{counts:?}");
        }
    }
    let freedom = shares.iter().filter(|share| **share > 0.0).count() as f64 - 1.0;
    let most = freedom + 5.0 * (2.0 * freedom).sqrt();
    assert!(squares <= most, "{squares} > {most}: {counts:?}, not {shares:?}");
}

/// Whether each count lies so near to its share, as a part of it.
#[track_caller]
pub(super) fn are_near(counts: &[u64], shares: &[f64], off: f64) {
    let (all, whole) = (counts.iter().sum::<u64>() as f64, shares.iter().sum::<f64>());
    for (count, share) in counts.iter().zip(shares) {
        let expected = all * share / whole;
        let far = (*count as f64 - expected).abs();
        assert!(far <= expected * off, "{count}, not {expected}: {counts:?}");
    }
}
