//! What is done about a child that ended.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_view::tree::ActorState;

use super::Machine;
use super::children::Status;
use super::round::Phase;
use crate::exit::{ChildFailure, Exit, InitFailure, IntensityReached};
use crate::intensity::Allowed;
use crate::supervision::decide::{AutoShutdown, Decision, Restart, Scope, decide};
use crate::supervision::step::{ChildId, Effect};

impl Machine {
    /// A child ended: what its supervisor does about it.
    pub(super) fn exited(&mut self, child: ChildId, incarnation: u32, exit: Exit, now: Duration) {
        let Some(state) = self.children.get(child) else {
            return;
        };
        if state.incarnation != incarnation || state.status() == Status::Down {
            return;
        }
        let first_starting = state.first_starting;
        let restart = state.rules.restart;
        let before = self.children.set_status(child, Status::Down);
        self.touch_round_of(child);
        let round = self.round_of(child).map(|id| &self.rounds[&id]);
        let first = round.is_some_and(|round| round.first);
        // Who ends before its round came to stop it was quicker: one step less.
        let falls = round.is_some_and(|round| round.phase == Phase::Stopping);
        if before == Status::Stopping || self.ending.is_some() || falls {
            return self.came_down(child);
        }
        if first_starting {
            self.mark(child, ActorState::Failed);
            return self.remove(child, exit);
        }
        if before == Status::Starting && first {
            self.mark(child, ActorState::Failed);
            let child = (*self.children.at(child).rules.name).into();
            let failure = ChildFailure { child, exit };
            return self.end(Exit::InitFailed(InitFailure::Child(Arc::new(failure))));
        }
        match decide(self.policy.strategy, restart, &exit) {
            Decision::Leave => self.leave(child, exit),
            Decision::Restart(scope) => self.restart(child, scope, exit, before, now),
        }
    }

    /// Leaves a child down that ended by itself.
    fn leave(&mut self, child: ChildId, exit: Exit) {
        self.children.give_up(child);
        let state = if exit.is_abnormal() {
            ActorState::Failed
        } else {
            ActorState::Stopped
        };
        self.mark(child, state);
        let ends = self.children.at(child).rules.significant
            && match self.policy.auto_shutdown {
                AutoShutdown::Never => false,
                AutoShutdown::AnySignificant => true,
                AutoShutdown::AllSignificant => !self.children.any_significant(),
            };
        if self.children.at(child).rules.lives_once() {
            self.remove(child, exit.clone());
        }
        if ends {
            self.end(exit);
        }
    }

    fn restart(&mut self, child: ChildId, scope: Scope, exit: Exit, before: Status, now: Duration) {
        let intensity = self.policy.intensity;
        if self.restarts.count(now, intensity) == Allowed::No {
            self.mark(child, ActorState::Failed);
            self.end(Exit::IntensityReached(Arc::new(IntensityReached {
                child: (*self.children.at(child).rules.name).into(),
                exit,
                max_restarts: intensity.max_restarts,
                period: intensity.period,
            })));
            return;
        }
        let quiet = self.policy.curve.max.max(intensity.period);
        let (curve, seed) = (self.policy.curve, self.seed.wrapping_add(child.0));
        let state = self.children.at_mut(child);
        if matches!(before, Status::Up { since } if now.saturating_sub(since) >= quiet) {
            state.reset_backoff();
        }
        let wait = state.next_wait(curve, seed);
        let group = self.children.group(scope, child);
        // A temporary sibling that runs is stopped with its group and, as its type says, never started again.
        for other in &group {
            let state = self.children.at(*other);
            if state.is_running() && state.rules.restart == Restart::Temporary {
                self.children.give_up(*other);
            }
        }
        self.mark(child, ActorState::Restarting);
        self.effects.push(Effect::Restarting { child, after: wait });
        let round = self.join_round(group, wait);
        if scope != Scope::One {
            self.open = Some(round);
        }
    }

    /// What becomes of a child that is down because it was asked to be, or because its time on the list is over.
    pub(super) fn came_down(&mut self, child: ChildId) {
        self.mark(child, self.resting_state(child));
        let state = self.children.at(child);
        let again = state.is_wanted() && self.round_of(child).is_some();
        if state.is_leaving() || (state.rules.lives_once() && !again) {
            self.remove(child, Exit::Shutdown);
        }
    }

    /// What a child that was asked to stop, and did, is shown as.
    ///
    /// While the supervisor itself is stopping, its own supervisor may yet start it again: whether its children are down
    /// for good is said when that is known.
    fn resting_state(&self, child: ChildId) -> ActorState {
        match &self.ending {
            _ if !self.children.at(child).is_wanted() => ActorState::Stopped,
            Some(_) => ActorState::Stopping,
            None if self.round_of(child).is_some() => ActorState::Restarting,
            None => ActorState::Stopped,
        }
    }

    /// Takes a child that is down off the list. Where who added it still waits, `exit` is what they are told.
    fn remove(&mut self, child: ChildId, exit: Exit) {
        self.touch_round_of(child);
        let Some(state) = self.children.remove(child) else {
            return;
        };
        if let Some(round) = state.round.and_then(|id| self.rounds.get_mut(&id)) {
            round.members.remove(&child);
            round.falling.remove(&child);
        }
        if state.first_starting {
            self.effects.push(Effect::FirstStartOver {
                child,
                exit: Some(exit),
            });
        }
        self.effects.push(Effect::Removed { child });
    }
}
