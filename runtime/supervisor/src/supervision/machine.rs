//! What a supervisor does, as a pure function of its state, an input and the time.
//!
//! The actor beside it carries out the effects and feeds back what came of them. Nothing here waits: starting,
//! stopping and back-off are inputs that come later, so that a stop during a restart, or a restart during a stop,
//! is one more row of the table.
//!
//! A **round** is one run of stopping a group of children in reverse order, waiting, and starting them in order,
//! each ready before the next. The first start is a round of all; a death under one-for-one is a round of one.
//! Rounds that would share a child become one.
//!
//! An input costs a logarithm of the number of children, except where a group is restarted, or the supervisor itself
//! begins or ends: that costs as much as the group.
//!
//! | file | what it is |
//! |---|---|
//! | `children` | the list, and what is known of each child |
//! | `exits` | what is done about a child that ended |
//! | `round` | rounds, and their steps |
//! | `orders` | what is done to one child by hand: restart, stop, start, add, delete |

mod children;
mod exits;
mod orders;
mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hedgerow_view::tree::ActorState;

use self::children::{Child, Children, Status};
use self::round::{Phase, Round, RoundId};
use super::step::{ChildId, ChildRules, Effect, Input, Policy};
use crate::exit::Exit;
use crate::intensity::Restarts;

/// The state of a supervisor.
#[derive(Debug)]
pub(crate) struct Machine {
    policy: Policy,
    seed: u64,
    children: Children,
    rounds: BTreeMap<RoundId, Round>,
    last_round: RoundId,
    /// The round that an added child joins, if it is not over: the latest that brings up more than one by itself.
    open: Option<RoundId>,
    /// The rounds that may be able to take a step.
    touched: Vec<RoundId>,
    restarts: Restarts,
    /// Set once the supervisor is on its way out.
    ending: Option<Exit>,
    finished: bool,
    effects: Vec<Effect>,
}

impl Machine {
    /// A supervisor that has not begun. Children with the same `seed` and number wait alike.
    pub(crate) fn new(
        policy: Policy,
        seed: u64,
        declared: impl IntoIterator<Item = (ChildId, ChildRules)>,
    ) -> Self {
        let mut children = Children::default();
        for (child, rules) in declared {
            children.insert(child, rules);
        }
        Self {
            policy,
            seed,
            children,
            rounds: BTreeMap::new(),
            last_round: 0,
            open: None,
            touched: Vec::new(),
            restarts: Restarts::default(),
            ending: None,
            finished: false,
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
            Input::Add { child, rules } => self.add(child, rules),
            Input::Delete { child } => self.delete(child),
        }
        self.advance();
        std::mem::take(&mut self.effects)
    }

    /// The incarnation of a child that was ordered last, 0 where none was; `None` where it is not on the list.
    pub(crate) fn incarnation(&self, child: ChildId) -> Option<u32> {
        self.children.get(child).map(|child| child.incarnation)
    }

    /// Whether a child is on the list.
    pub(crate) fn contains(&self, child: ChildId) -> bool {
        self.children.contains(child)
    }

    /// Whether who added this child still waits for its first start.
    pub(crate) fn is_first_starting(&self, child: ChildId) -> bool {
        self.children.get(child).is_some_and(|child| child.first_starting)
    }

    /// Whether this child goes off the list once it is down.
    pub(crate) fn is_leaving(&self, child: ChildId) -> bool {
        self.children.get(child).is_some_and(Child::is_leaving)
    }

    /// Whether it is on its way out, and takes no more orders.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether everything is down and the supervisor may end.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Brings all children up. What an earlier incarnation of the supervisor left alive is stopped first, and what that
    /// one was to take off the list goes.
    fn begin(&mut self, over: &[ChildId]) {
        self.ending = None;
        self.finished = false;
        self.restarts.clear();
        self.rounds.clear();
        // What a panic in the middle of an input left behind.
        self.touched.clear();
        self.effects.clear();
        for child in over {
            if self.children.contains(*child) {
                self.children.set_status(*child, Status::Down);
            }
        }
        let gone = |child: &Child| child.is_leaving() || child.first_starting || child.rules.lives_once();
        let kept = self.children.select(|child| !gone(child));
        self.dismiss_all(self.children.select(gone));
        for child in &kept {
            self.children.want(*child);
            self.children.at_mut(*child).reset_backoff();
        }
        let round = Round {
            falling: self.children.alive().clone(),
            members: kept,
            phase: Phase::Stopping,
            wait: Duration::ZERO,
            first: true,
        };
        self.open = Some(self.open_round(round));
    }

    /// Sends these off the list: those that are down at once, the others when they are.
    fn dismiss_all(&mut self, children: BTreeSet<ChildId>) {
        for child in children {
            self.children.dismiss(child);
            if self.children.at(child).status() == Status::Down {
                self.came_down(child);
            }
        }
    }

    fn ready(&mut self, child: ChildId, incarnation: u32, now: Duration) {
        let Some(state) = self.children.get(child) else {
            return;
        };
        if state.incarnation != incarnation || state.status() != Status::Starting {
            return;
        }
        let is_over = state.first_starting && !state.is_leaving();
        self.children.set_status(child, Status::Up { since: now });
        self.mark(child, ActorState::Running);
        if is_over {
            self.children.at_mut(child).first_starting = false;
            self.effects.push(Effect::FirstStartOver { child, exit: None });
        }
        self.touch_round_of(child);
    }

    /// Begins to stop everything; the supervisor ends with `exit` once all is down.
    fn end(&mut self, exit: Exit) {
        if self.ending.is_some() {
            return;
        }
        self.rounds.clear();
        self.ending = Some(exit);
        self.dismiss_all(self.children.select(|child| {
            child.first_starting || (child.status() == Status::Down && child.rules.lives_once())
        }));
    }

    /// Takes every step that need not wait.
    fn advance(&mut self) {
        while let Some(round) = self.touched.pop() {
            self.advance_round(round);
        }
        if self.ending.is_none() || self.finished {
            return;
        }
        if let Some(child) = self.children.last_alive() {
            return self.stop_child(child);
        }
        self.finished = true;
        self.effects.extend(self.ending.clone().map(Effect::Finished));
    }

    fn stop_child(&mut self, child: ChildId) {
        if self.children.set_status(child, Status::Stopping) != Status::Stopping {
            let incarnation = self.children.at(child).incarnation;
            self.mark(child, ActorState::Stopping);
            self.effects.push(Effect::Stop { child, incarnation });
        }
    }

    fn mark(&mut self, child: ChildId, state: ActorState) {
        self.effects.push(Effect::Mark { child, state });
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "story_tests.rs"]
mod story;

#[cfg(test)]
#[path = "otp_tests.rs"]
mod otp;

#[cfg(test)]
#[path = "orders_tests.rs"]
mod orders_by_hand;

#[cfg(test)]
#[path = "forest_tests.rs"]
mod forest;

#[cfg(test)]
#[path = "cost_tests.rs"]
mod cost;
