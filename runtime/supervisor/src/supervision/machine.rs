//! What a supervisor does, as a pure function of its state, an input and the time.
//!
//! The actor beside it carries out the effects and feeds back what came of them. Nothing here waits: starting,
//! stopping and back-off are inputs that come later, so that a stop during a restart, or a restart during a stop,
//! is one more row of the table.
//!
//! A **round** is one run of stopping a group of children in reverse order, waiting, and starting them in order,
//! each ready before the next. The first start is a round of all; a death under one-for-one is a round of one.
//! Rounds that would share a child become one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_view::tree::ActorState;

use super::decide::{AutoShutdown, Decision, Restart, decide};
use super::step::{ChildRules, Effect, Input, Order, Policy};
use crate::backoff::Backoff;
use crate::exit::{Exit, InitFailure, IntensityReached};
use crate::intensity::{Allowed, Restarts};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Down,
    Starting,
    Up { since: Duration },
    Stopping,
}

#[derive(Debug)]
struct Child {
    name: String,
    restart: Restart,
    status: Status,
    incarnation: u32,
    /// Whether it should be up: not stopped by hand, and not ended for good.
    wanted: bool,
    /// Whether its end, if it is left down, is the supervisor's.
    significant: bool,
    backoff: Backoff,
}

#[derive(Debug)]
struct Round {
    /// Who is still to be stopped or started: a child leaves when it is up.
    members: BTreeSet<usize>,
    phase: Phase,
    /// How long to wait between stopping and starting.
    wait: Duration,
    /// Whether it is the supervisor's own start: a child that fails now fails the supervisor.
    first: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    Stopping,
    Waiting { token: u64 },
    Starting,
}

/// The state of a supervisor.
#[derive(Debug)]
pub(crate) struct Machine {
    policy: Policy,
    children: Vec<Child>,
    rounds: Vec<Round>,
    restarts: Restarts,
    /// Set once the supervisor is on its way out.
    ending: Option<Exit>,
    finished: bool,
    tokens: u64,
    effects: Vec<Effect>,
}

impl Machine {
    pub(crate) fn new(policy: Policy, seed: u64, children: impl IntoIterator<Item = ChildRules>) -> Self {
        let children = children
            .into_iter()
            .enumerate()
            .map(
                |(
                    index,
                    ChildRules {
                        name,
                        restart,
                        significant,
                    },
                )| Child {
                    name,
                    restart,
                    significant,
                    status: Status::Down,
                    incarnation: 0,
                    wanted: true,
                    backoff: Backoff::new(policy.curve, seed.wrapping_add(index as u64)),
                },
            )
            .collect();
        Self {
            policy,
            children,
            rounds: Vec::new(),
            restarts: Restarts::default(),
            ending: None,
            finished: false,
            tokens: 0,
            effects: Vec::new(),
        }
    }

    /// Takes in what happened at `now`, and returns what is to be done, in order.
    pub(crate) fn on(&mut self, input: Input, now: Duration) -> Vec<Effect> {
        match input {
            Input::Begin { over } => self.begin(&over),
            Input::Ready { child, incarnation } => self.ready(child, incarnation, now),
            Input::Exited {
                child,
                incarnation,
                exit,
            } => self.exited(child, incarnation, exit, now),
            Input::WaitOver { token } => self.wait_over(token),
            Input::Stop => self.end(Exit::Shutdown),
            Input::Operate { child, order } => self.operate(child, order),
        }
        self.advance();
        std::mem::take(&mut self.effects)
    }

    /// The incarnation of a child that was ordered last; 0 where none was.
    pub(crate) fn incarnation(&self, child: usize) -> u32 {
        self.children[child].incarnation
    }

    /// Whether it is on its way out, and takes no more orders.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether everything is down and the supervisor may end.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Brings all children up. What an earlier incarnation of the supervisor left alive is stopped first.
    fn begin(&mut self, over: &[usize]) {
        for child in over {
            self.children[*child].status = Status::Down;
        }
        self.ending = None;
        self.finished = false;
        self.restarts.clear();
        self.rounds.clear();
        for child in &mut self.children {
            child.wanted = true;
            child.backoff.reset();
        }
        let members = (0..self.children.len()).collect();
        self.rounds.push(Round {
            members,
            phase: Phase::Stopping,
            wait: Duration::ZERO,
            first: true,
        });
    }

    fn ready(&mut self, child: usize, incarnation: u32, now: Duration) {
        let state = &mut self.children[child];
        if state.incarnation == incarnation && state.status == Status::Starting {
            state.status = Status::Up { since: now };
            self.mark(child, ActorState::Running);
        }
    }

    fn exited(&mut self, child: usize, incarnation: u32, exit: Exit, now: Duration) {
        let state = &mut self.children[child];
        if state.incarnation != incarnation || state.status == Status::Down {
            return;
        }
        let before = std::mem::replace(&mut state.status, Status::Down);
        if matches!(exit, Exit::Lost) {
            // Its cell is gone with its thread: there is nothing that could be started again.
            self.mark(child, ActorState::Failed);
            return self.end(Exit::Lost);
        }
        if before == Status::Stopping || self.ending.is_some() {
            let state = self.resting_state(child);
            self.mark(child, state);
            return;
        }
        let decision = decide(
            self.policy.strategy,
            self.children[child].restart,
            &exit,
            child,
            self.children.len(),
        );
        let round = self.rounds.iter().find(|round| round.members.contains(&child));
        if decision != Decision::Leave && round.is_some_and(|round| round.phase == Phase::Stopping) {
            // It ended before its round came to stop it: one step less.
            self.mark(child, ActorState::Restarting);
            return;
        }
        if before == Status::Starting && round.is_some_and(|round| round.first) {
            self.mark(child, ActorState::Failed);
            let failure = match exit {
                Exit::InitFailed(failure) => failure,
                Exit::Panic(record) => InitFailure::Panic(record),
                Exit::Error(cause) => InitFailure::Error(cause),
                _ => InitFailure::Ended,
            };
            self.end(Exit::InitFailed(failure));
            return;
        }
        match decision {
            Decision::Leave => {
                self.children[child].wanted = false;
                self.mark(
                    child,
                    if exit.is_abnormal() {
                        ActorState::Failed
                    } else {
                        ActorState::Stopped
                    },
                );
                if self.ends_with(child) {
                    self.end(exit);
                }
            }
            Decision::Restart { from, to } => self.restart(child, from..to, exit, before, now),
        }
    }

    /// Whether the supervisor ends with this child, which is left down.
    fn ends_with(&self, child: usize) -> bool {
        self.children[child].significant
            && match self.policy.auto_shutdown {
                AutoShutdown::Never => false,
                AutoShutdown::AnySignificant => true,
                AutoShutdown::AllSignificant => !self
                    .children
                    .iter()
                    .any(|other| other.significant && other.wanted),
            }
    }

    fn restart(
        &mut self,
        child: usize,
        group: std::ops::Range<usize>,
        exit: Exit,
        before: Status,
        now: Duration,
    ) {
        let intensity = self.policy.intensity;
        if self.restarts.count(now, intensity) == Allowed::No {
            self.mark(child, ActorState::Failed);
            self.end(Exit::IntensityReached(Arc::new(IntensityReached {
                child: self.children[child].name.clone(),
                exit,
                max_restarts: intensity.max_restarts,
                period: intensity.period,
            })));
            return;
        }
        let quiet = self.policy.curve.max.max(intensity.period);
        let backoff = &mut self.children[child].backoff;
        if matches!(before, Status::Up { since } if now.saturating_sub(since) >= quiet) {
            backoff.reset();
        }
        let wait = backoff.next();
        let group: BTreeSet<usize> = group.filter(|index| self.children[*index].wanted).collect();
        // A temporary sibling is stopped with its group and, as its type says, never started again.
        for index in &group {
            if *index != child && self.children[*index].restart == Restart::Temporary {
                self.children[*index].wanted = false;
            }
        }
        self.mark(child, ActorState::Restarting);
        self.effects.push(Effect::Restarting { child, after: wait });
        self.join_round(group, wait);
    }

    /// Adds a round of `members`, merged with every round that shares one of them.
    fn join_round(&mut self, mut members: BTreeSet<usize>, mut wait: Duration) {
        let mut first = false;
        self.rounds.retain(|round| {
            let shares = !round.members.is_disjoint(&members);
            if shares {
                members.extend(&round.members);
                wait = wait.max(if matches!(round.phase, Phase::Starting) {
                    Duration::ZERO
                } else {
                    round.wait
                });
                first |= round.first;
            }
            !shares
        });
        self.rounds.push(Round {
            members,
            phase: Phase::Stopping,
            wait,
            first,
        });
    }

    fn wait_over(&mut self, token: u64) {
        for round in &mut self.rounds {
            if round.phase == (Phase::Waiting { token }) {
                round.phase = Phase::Starting;
            }
        }
    }

    fn operate(&mut self, child: usize, order: Order) {
        if self.ending.is_some() {
            return;
        }
        match order {
            Order::Restart => {
                self.children[child].wanted = true;
                self.children[child].backoff.reset();
                match self
                    .rounds
                    .iter_mut()
                    .find(|round| round.members.contains(&child))
                {
                    None => self.join_round(BTreeSet::from([child]), Duration::ZERO),
                    // Its round will start it anyway: only the wait is cut short, and a start under way begins anew.
                    Some(round) => {
                        round.wait = Duration::ZERO;
                        if matches!(round.phase, Phase::Waiting { .. }) {
                            round.phase = Phase::Starting;
                        } else if self.children[child].status == Status::Starting {
                            self.stop_child(child);
                        }
                    }
                }
            }
            Order::Start => {
                let down = !self.children[child].wanted;
                self.children[child].wanted = true;
                if down {
                    self.children[child].backoff.reset();
                    self.join_round(BTreeSet::from([child]), Duration::ZERO);
                }
            }
            Order::Stop => {
                self.children[child].wanted = false;
                for round in &mut self.rounds {
                    round.members.remove(&child);
                }
                match self.children[child].status {
                    Status::Starting | Status::Up { .. } => self.stop_child(child),
                    Status::Down => self.mark(child, ActorState::Stopped),
                    Status::Stopping => {}
                }
            }
        }
    }

    /// Begins to stop everything; the supervisor ends with `exit` once all is down.
    fn end(&mut self, exit: Exit) {
        if self.ending.is_none() {
            self.rounds.clear();
            self.ending = Some(exit);
        }
    }

    /// Takes every step that need not wait.
    fn advance(&mut self) {
        if self.ending.is_some() {
            return self.advance_end();
        }
        let mut index = 0;
        while index < self.rounds.len() {
            let mut round = std::mem::replace(
                &mut self.rounds[index],
                Round {
                    members: BTreeSet::new(),
                    phase: Phase::Starting,
                    wait: Duration::ZERO,
                    first: false,
                },
            );
            let done = self.advance_round(&mut round);
            if done {
                if round.first {
                    self.effects.push(Effect::AllUp);
                }
                self.rounds.remove(index);
            } else {
                self.rounds[index] = round;
                index += 1;
            }
        }
    }

    fn advance_round(&mut self, round: &mut Round) -> bool {
        if round.phase == Phase::Stopping {
            let last = round
                .members
                .iter()
                .rev()
                .copied()
                .find(|child| self.children[*child].status != Status::Down);
            if let Some(child) = last {
                self.stop_child(child);
                return false;
            }
            if round.wait.is_zero() {
                round.phase = Phase::Starting;
            } else {
                self.tokens += 1;
                round.phase = Phase::Waiting { token: self.tokens };
                self.effects.push(Effect::Wait {
                    token: self.tokens,
                    time: round.wait,
                });
            }
        }
        if round.phase != Phase::Starting {
            return false;
        }
        while let Some(child) = round.members.first().copied() {
            let state = &mut self.children[child];
            match state.status {
                Status::Down if state.wanted => {
                    state.status = Status::Starting;
                    state.incarnation += 1;
                    let incarnation = state.incarnation;
                    self.mark(child, ActorState::Starting);
                    self.effects.push(Effect::Start { child, incarnation });
                    return false;
                }
                Status::Starting | Status::Stopping => return false,
                Status::Up { .. } | Status::Down => round.members.pop_first(),
            };
        }
        true
    }

    fn advance_end(&mut self) {
        if self.finished {
            return;
        }
        match (0..self.children.len())
            .rev()
            .find(|child| self.children[*child].status != Status::Down)
        {
            Some(child) => self.stop_child(child),
            None => {
                self.finished = true;
                if let Some(exit) = self.ending.clone() {
                    self.effects.push(Effect::Finished(exit));
                }
            }
        }
    }

    fn stop_child(&mut self, child: usize) {
        let state = &mut self.children[child];
        if state.status != Status::Stopping {
            state.status = Status::Stopping;
            let incarnation = state.incarnation;
            self.mark(child, ActorState::Stopping);
            self.effects.push(Effect::Stop { child, incarnation });
        }
    }

    /// What a child that was asked to stop, and did, is shown as.
    ///
    /// While the supervisor itself is stopping, its own supervisor may yet start it again: whether its children are down
    /// for good is said when that is known.
    fn resting_state(&self, child: usize) -> ActorState {
        let state = &self.children[child];
        match &self.ending {
            _ if !state.wanted => ActorState::Stopped,
            Some(_) => ActorState::Stopping,
            None if self.rounds.iter().any(|round| round.members.contains(&child)) => ActorState::Restarting,
            None => ActorState::Stopped,
        }
    }

    fn mark(&mut self, child: usize, state: ActorState) {
        self.effects.push(Effect::Mark { child, state });
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
