//! The better of two that are drawn.
//!
//! One choice more than none keeps the fullest of `n` queues exponentially shorter, at the price of one more look
//! (M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001), and unlike the best
//! of all it sends no herd to whoever looked best a moment ago. The first is drawn by weight, the other among the rest;
//! load is compared by weight, so that with little load calls are shared by weight, and with much load the work is.

use super::lots::{Lots, has_ramped};
use super::{Candidates, Observed};

/// What makes one better than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// The time that the call is expected to take behind those that are under way (Finagle's and tower's peak EWMA).
    Time,
    /// How many calls are under way (Envoy's `LEAST_REQUEST`).
    InFlight,
}

/// Beyond any time that is measured: more than ten days, in nanoseconds.
const UNKNOWN: f64 = 1e15;

impl Cost {
    /// Of one call more at a member of this weight by the mean.
    fn of(self, observed: Observed, relative: f64) -> f64 {
        let ahead = observed.in_flight as f64 / relative;
        match self {
            Self::InFlight => ahead,
            // Nobody knows how long it takes there: one call goes to find out, and the others wait for its news.
            Self::Time if observed.nanos <= 0.0 && observed.in_flight > 0 => UNKNOWN + ahead,
            Self::Time => observed.nanos * (ahead + 1.0),
        }
    }
}

#[inline]
pub(super) fn pick(
    lots: &Lots,
    cost: Cost,
    candidates: &impl Candidates,
    random: &mut impl FnMut() -> u64,
) -> Option<usize> {
    let first = lots.draw(candidates, random)?;
    let other = lots
        .draw_other(first, candidates, random)
        .filter(|other| has_ramped(candidates, *other, random));
    let Some(other) = other else { return Some(first) };
    let cost = |index| cost.of(candidates.observed(index), lots.relative(index));
    Some(if cost(other) < cost(first) { other } else { first })
}
