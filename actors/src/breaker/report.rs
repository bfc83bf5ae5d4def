//! What a verdict does to the gate.

use std::ops::Deref;
use std::time::Duration;

use hedgerow_gate::Gate;

use super::{CallMeter, Timed};
use crate::verdict::{Outcome, Verdict};

/// What a breaker has counted a call as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A success.
    Success,
    /// A failure.
    Failure,
    /// A failure by time-out.
    Timeout,
    /// Nothing: the call was as good as never made.
    Nothing,
}

impl Counted {
    /// What an outcome is where no breaker measures the call.
    pub(crate) fn plainly(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ignored => Self::Nothing,
            Outcome::Timeout => Self::Timeout,
            Outcome::Failure => Self::Failure,
            Outcome::Success | Outcome::Throttled => Self::Success,
        }
    }

    #[inline]
    fn of<G: Deref<Target = Gate>>(timed: &Timed<G>, outcome: Outcome) -> Self {
        match (outcome, timed) {
            (Outcome::Ignored, _) => Self::Nothing,
            (_, Timed::Late(_)) => Self::Timeout,
            (Outcome::Throttled, Timed::Within(permit)) if permit.is_probe() => Self::Failure,
            (outcome, Timed::Within(_)) => Self::plainly(outcome),
        }
    }
}

impl CallMeter {
    /// Tells the gate how a call ended that has been [measured](Self::timed), and answers what it counted.
    ///
    /// A probe that took too long is a time-out whatever the verdict, unless that is
    /// [`Ignored`](Outcome::Ignored): then it counts nothing and its permit comes back.
    #[inline]
    pub(crate) fn report<G: Deref<Target = Gate>>(&self, timed: Timed<G>, verdict: Verdict) -> Counted {
        let counted = Counted::of(&timed, verdict.outcome);
        let (Timed::Within(permit) | Timed::Late(permit)) = timed;
        match (counted, self.not_before(verdict)) {
            (Counted::Success, _) => permit.success(),
            (Counted::Failure, None) => permit.failure(),
            (Counted::Failure, Some(at)) => permit.failure_until(at),
            (Counted::Timeout, None) => permit.timeout(),
            (Counted::Timeout, Some(at)) => permit.timeout_until(at),
            (Counted::Nothing, _) => permit.cancel(),
        }
        counted
    }

    /// When the callee may be called again by its own word, as time since the mesh's epoch.
    #[inline]
    fn not_before(&self, verdict: Verdict) -> Option<Duration> {
        let asked = verdict.retry_after?;
        let left = asked.left_at(self.clock().wall());
        Some(self.clock().now().saturating_add(left))
    }
}
