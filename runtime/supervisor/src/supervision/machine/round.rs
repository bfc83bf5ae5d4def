//! Rounds: stop a group of children in reverse, wait, start it in order.
//!
//! A round remembers who is still to come down and who is still to come up, so that each of its steps looks at one
//! child, however large the group is.

use std::collections::BTreeSet;
use std::time::Duration;

use hedgerow_view::tree::ActorState;

use super::Machine;
use super::children::Status;
use crate::supervision::decide::Strategy;
use crate::supervision::step::{ChildId, Effect};

/// The number of a round, and the token of its wait; never used again.
pub(super) type RoundId = u64;

#[derive(Debug)]
pub(super) struct Round {
    /// Who may still have to come down before anyone is started.
    pub(super) falling: BTreeSet<ChildId>,
    /// Who is still to be started: a child leaves when it is up, or when it is its turn and nobody wants it.
    pub(super) members: BTreeSet<ChildId>,
    pub(super) phase: Phase,
    /// How long to wait between stopping and starting.
    pub(super) wait: Duration,
    /// Whether it is the supervisor's own start: a child that fails now fails the supervisor.
    pub(super) first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Stopping,
    Waiting,
    Starting,
}

impl Machine {
    /// The round that a child is in.
    pub(super) fn round_of(&self, child: ChildId) -> Option<RoundId> {
        let round = self.children.at(child).round?;
        self.rounds.contains_key(&round).then_some(round)
    }

    pub(super) fn phase_of(&self, child: ChildId) -> Option<Phase> {
        Some(self.rounds[&self.round_of(child)?].phase)
    }

    /// Has the round of this child, if it is in one, look for its next step.
    pub(super) fn touch_round_of(&mut self, child: ChildId) {
        self.touched.extend(self.round_of(child));
    }

    /// Begins a round.
    pub(super) fn open_round(&mut self, round: Round) -> RoundId {
        self.last_round += 1;
        let id = self.last_round;
        for child in round.members.iter().chain(&round.falling) {
            self.children.at_mut(*child).round = Some(id);
        }
        self.rounds.insert(id, round);
        self.touched.push(id);
        id
    }

    /// Begins a round of `members`, merged with every round that shares one of them.
    pub(super) fn join_round(&mut self, members: BTreeSet<ChildId>, wait: Duration) -> RoundId {
        let shared: BTreeSet<RoundId> = members.iter().filter_map(|child| self.round_of(*child)).collect();
        let mut round = Round {
            falling: members.intersection(self.children.alive()).copied().collect(),
            members,
            phase: Phase::Stopping,
            wait,
            first: false,
        };
        for other in shared.iter().filter_map(|id| self.rounds.remove(id)) {
            if other.phase != Phase::Starting {
                round.wait = round.wait.max(other.wait);
            }
            round.first |= other.first;
            round
                .falling
                .extend(other.members.intersection(self.children.alive()));
            round.falling.extend(other.falling);
            round.members.extend(other.members);
        }
        self.open_round(round)
    }

    /// Begins a round of one child that is in none.
    pub(super) fn join_alone(&mut self, child: ChildId) {
        self.join_round(BTreeSet::from([child]), Duration::ZERO);
    }

    pub(super) fn wait_over(&mut self, round: RoundId) {
        if let Some(state) = self.rounds.get_mut(&round)
            && state.phase == Phase::Waiting
        {
            state.phase = Phase::Starting;
            self.touched.push(round);
        }
    }

    /// Takes every step of a round that need not wait.
    pub(super) fn advance_round(&mut self, id: RoundId) {
        let Some(mut round) = self.rounds.remove(&id) else {
            return;
        };
        if self.advance_down(id, &mut round) && self.advance_up(&mut round) {
            return;
        }
        self.rounds.insert(id, round);
    }

    /// Whether the round has nobody left to stop, and nothing to wait for.
    fn advance_down(&mut self, id: RoundId, round: &mut Round) -> bool {
        if round.phase == Phase::Stopping {
            while let Some(child) = round.falling.last().copied() {
                if self.children.at(child).status() != Status::Down {
                    self.stop_child(child);
                    return false;
                }
                round.falling.pop_last();
            }
            if round.wait.is_zero() {
                round.phase = Phase::Starting;
            } else {
                round.phase = Phase::Waiting;
                self.effects.push(Effect::Wait {
                    token: id,
                    time: round.wait,
                });
            }
        }
        round.phase == Phase::Starting
    }

    /// Whether the round has nobody left to start.
    fn advance_up(&mut self, round: &mut Round) -> bool {
        loop {
            let next = round.members.first().copied();
            // Who was added since the supervisor began is last in order, and no part of its being up.
            if round.first && next.is_none_or(|child| self.children.at(child).first_starting) {
                round.first = false;
                self.effects.push(Effect::AllUp);
                if self.policy.strategy == Strategy::OneForOne {
                    self.open = None;
                }
            }
            let Some(child) = next else {
                return true;
            };
            let state = self.children.at_mut(child);
            match state.status() {
                Status::Down if state.is_wanted() => {
                    state.incarnation += 1;
                    let incarnation = state.incarnation;
                    self.children.set_status(child, Status::Starting);
                    self.mark(child, ActorState::Starting);
                    self.effects.push(Effect::Start { child, incarnation });
                    return false;
                }
                Status::Starting | Status::Stopping => return false,
                Status::Up { .. } | Status::Down => {
                    state.round = None;
                    round.members.pop_first();
                }
            }
        }
    }
}
