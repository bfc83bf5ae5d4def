//! Another policy for a breaker that goes on.

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::Sums;

use super::machine::{Opening, Phase, Probing};
use super::{Machine, Now};

impl Machine {
    /// Goes by another policy from now on, and keeps state and statistics. It cannot fail, and is no transition.
    ///
    /// | part | becomes |
    /// |---|---|
    /// | window | keeps its calls, those that are too old for a shorter length leave; from time to calls or back it begins anew |
    /// | open | for the rest of its time, at most the new `openFor.max` |
    /// | halfOpen | its stay ends when it would have, at most the new `maxStay` from now |
    /// | openings in a row | stay, so that the next open time goes on growing |
    ///
    /// `base` is what was counted so far.
    pub fn retune(&mut self, policy: BreakerPolicy, now: Now, base: Sums) {
        self.window.resize(policy.window, now.elapsed, base);
        match &mut self.phase {
            Phase::Open(opening) => {
                let remaining = opening.until.saturating_sub(now.elapsed);
                if remaining > policy.open_for.max {
                    *opening = Opening::new(now, policy.open_for.max);
                }
            }
            Phase::HalfOpen(Probing { until, next, .. }) => {
                let longest = now.elapsed.saturating_add(policy.half_open.max_stay);
                *until = longest.min(*until);
                let (old, new) = (self.policy.half_open, policy.half_open);
                if (old.permits, old.every) != (new.permits, new.every) {
                    // Its probing begins anew: one may begin at once, and the pace goes from there.
                    *next = None;
                }
            }
            Phase::Closed | Phase::Forced { .. } => {}
        }
        let longest = now.elapsed.saturating_add(policy.open_for.max);
        self.calm_at = self.calm_at.min(longest);
        self.policy = policy;
    }
}
