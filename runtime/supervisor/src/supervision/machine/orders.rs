//! Orders for one child, by hand.

use std::time::Duration;

use super::Machine;
use super::children::Status;
use super::round::Phase;
use crate::exit::Exit;
use crate::supervision::step::{ChildId, ChildRules, Effect, Order};

impl Machine {
    pub(super) fn operate(&mut self, child: ChildId, order: Order) {
        let Some(state) = self.children.get(child) else {
            return;
        };
        if self.ending.is_some() || state.is_leaving() {
            return;
        }
        let (wanted, first_starting) = (state.is_wanted(), state.first_starting);
        match order {
            Order::Start if wanted => {}
            Order::Start => self.bring_up(child),
            Order::Restart => {
                // In a round whose turn it is to start, a start under way begins anew; in any other, it will be stopped.
                if self.phase_of(child) == Some(Phase::Starting)
                    && self.children.at(child).status() == Status::Starting
                {
                    self.stop_child(child);
                }
                self.bring_up(child);
            }
            // Who added it is told that it will not come.
            Order::Stop if first_starting => self.delete(child),
            Order::Stop => {
                self.children.give_up(child);
                self.touch_round_of(child);
                if self.children.at(child).is_running() {
                    self.stop_child(child);
                } else if self.children.at(child).status() == Status::Down {
                    self.came_down(child);
                }
            }
        }
    }

    /// Has a child started without delay: by its round, whose wait is cut short, or by one of its own.
    fn bring_up(&mut self, child: ChildId) {
        self.children.want(child);
        self.children.at_mut(child).reset_backoff();
        if self.round_of(child).is_none() {
            if self.children.at(child).is_running() {
                return self.join_alone(child);
            }
            self.join_open(child);
        }
        if let Some(id) = self.round_of(child)
            && let Some(round) = self.rounds.get_mut(&id)
        {
            round.wait = Duration::ZERO;
            self.wait_over(id);
        }
        self.touch_round_of(child);
    }

    pub(super) fn add(&mut self, child: ChildId, rules: ChildRules) {
        if self.children.contains(child) {
            return;
        }
        if self.ending.is_some() {
            self.effects.push(Effect::FirstStartOver {
                child,
                exit: Some(Exit::Shutdown),
            });
            self.effects.push(Effect::Removed { child });
            return;
        }
        self.children.insert(child, rules);
        self.children.at_mut(child).first_starting = true;
        self.join_open(child);
    }

    /// Has a child that does not run started: at once, or in its turn where all, or the rest, are being brought up.
    fn join_open(&mut self, child: ChildId) {
        let open = self.open.and_then(|id| Some((id, self.rounds.get_mut(&id)?)));
        if let Some((id, round)) = open
            && round.members.first().is_none_or(|first| *first < child)
        {
            round.members.insert(child);
            self.children.at_mut(child).round = Some(id);
            self.touched.push(id);
        } else {
            self.join_alone(child);
        }
    }

    pub(super) fn delete(&mut self, child: ChildId) {
        if !self.children.contains(child) {
            return;
        }
        self.children.dismiss(child);
        self.touch_round_of(child);
        if self.children.at(child).status() == Status::Down {
            self.came_down(child);
        } else if self.ending.is_none() {
            self.stop_child(child);
        }
    }
}
