//! What is known of a breaker, and whether its moves may be.

use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::State;
use proptest::prelude::*;

use super::super::super::{Cause, Instruction, Transition};
use super::super::drive::Shell;
use super::Report;
use super::history::{Call, End, History};

/// What a call was admitted under: the number of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Under(u64);

#[derive(Debug)]
pub(super) struct Followed {
    policy: BreakerPolicy,
    state: State,
    /// States so far. What a call did counts where its own still holds.
    number: u64,
    history: History,
    /// The move that an operator has ordered.
    ordered: Option<State>,
    /// Whether the last op was a bad call that counted, so that a trip is due at once.
    is_bad: bool,
    /// Whether time enough has passed since the last call for the breaker to have looked.
    pub(super) is_looked_at: bool,
    /// Until when callees have asked not to be called.
    asked: Duration,
    /// When it may turn half-open: each time it has opened in a row doubles the time, and how often that was is not followed.
    until_ms: Vec<u64>,
    probes: Probes,
}

/// The stay in half-open.
#[derive(Debug, Default)]
struct Probes {
    under_way: u32,
    successes: u32,
    has_failed: bool,
    stay_until_ms: u64,
    /// Where they are paced: whether one may begin, and when the next may.
    may_begin: bool,
    next_ms: Option<u64>,
}

fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}

impl Followed {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed,
            number: 0,
            history: History::default(),
            ordered: None,
            is_bad: false,
            is_looked_at: false,
            asked: Duration::ZERO,
            until_ms: Vec::new(),
            probes: Probes::default(),
        }
    }

    fn is_paced(&self) -> bool {
        !self.policy.half_open.every.is_zero()
    }

    pub(super) fn admits(&self) -> bool {
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => true,
            State::Open | State::ForcedOpen => false,
            State::HalfOpen if self.is_paced() => self.probes.may_begin,
            State::HalfOpen => self.probes.under_way < self.policy.half_open.permits,
        }
    }

    pub(super) fn admit(&mut self, now: Duration) -> Under {
        if self.state == State::HalfOpen {
            self.probes.under_way += 1;
            self.probes.may_begin = false;
            let next = self.probes.next_ms.take().filter(|next| *next > ms(now));
            self.probes.next_ms = next.or(Some(ms(now + self.policy.half_open.every)));
        }
        Under(self.number)
    }

    pub(super) fn end(&mut self, Under(number): Under, report: Report, now: Duration) {
        if number != self.number {
            return;
        }
        let is_bad = report.end != End::Success || report.slow;
        if let (Some(asks_ms), true) = (report.asks_ms, report.end != End::Success)
            && matches!(self.state, State::Closed | State::HalfOpen)
        {
            self.asked = self.asked.max(now + Duration::from_millis(asks_ms));
        }
        match self.state {
            State::Closed | State::MetricsOnly => {
                self.history.calls.push(Call {
                    at_ms: ms(now),
                    end: report.end,
                    slow: report.slow,
                });
                self.is_bad = is_bad;
            }
            State::HalfOpen if report.end == End::Success => {
                self.probes.under_way -= 1;
                self.probes.successes += 1;
            }
            State::HalfOpen => self.probes.has_failed = true,
            State::Open | State::ForcedOpen | State::Disabled => {}
        }
    }

    pub(super) fn cancel(&mut self, Under(number): Under) {
        if number == self.number && self.state == State::HalfOpen {
            self.probes.under_way -= 1;
            self.probes.may_begin = true;
        }
    }

    /// The actor forgets its window of time and its stay; the gate keeps runs, order and permits.
    pub(super) fn restart(&mut self, now: Duration) {
        self.history.begins = self.history.calls.len();
        self.begin_stay(ms(now));
        // The last probe is as one that has just begun.
        self.probes.next_ms = (!self.probes.may_begin).then(|| ms(now + self.policy.half_open.every));
    }

    fn begin_stay(&mut self, now_ms: u64) {
        self.probes.stay_until_ms = now_ms + ms(self.policy.half_open.max_stay);
    }

    pub(super) fn crash(&mut self, before: State, shell: &Shell) -> Result<(), TestCaseError> {
        let may = match before {
            State::Open => matches!(shell.state(), State::Open | State::HalfOpen),
            _ => shell.state() == before,
        };
        prop_assert!(may, "{} became {} by a crash", before, shell.state());
        self.enter(shell.state(), 0);
        self.until_ms = shell.wake_at.map(ms).into_iter().collect();
        Ok(())
    }

    pub(super) fn instruct(&mut self, instruction: Instruction) {
        let to = match (instruction, self.state) {
            (Instruction::ForceOpen, _) => State::ForcedOpen,
            (Instruction::Disable, _) => State::Disabled,
            (Instruction::MetricsOnly, _) => State::MetricsOnly,
            (Instruction::Close, _) | (Instruction::Release, State::Disabled | State::MetricsOnly) => {
                State::Closed
            }
            (Instruction::Release, State::ForcedOpen) => State::HalfOpen,
            (Instruction::Release, _) => return,
        };
        if to != self.state || instruction == Instruction::Close {
            self.ordered = Some(to);
        }
    }

    pub(super) fn retune(&mut self, policy: &BreakerPolicy, now: Duration) {
        let now_ms = ms(now);
        self.history.retune(&self.policy, policy, now_ms);
        let (old, new) = (self.policy.half_open, policy.half_open);
        self.policy = policy.clone();
        let latest_ms = now_ms + ms(policy.open_for.max);
        for until_ms in &mut self.until_ms {
            *until_ms = latest_ms.min(*until_ms);
        }
        self.probes.stay_until_ms = self.probes.stay_until_ms.min(now_ms + ms(new.max_stay));
        if self.state == State::HalfOpen && (old.permits, old.every) != (new.permits, new.every) {
            // Its probing begins anew, and the stay goes on.
            self.number += 1;
            self.probes = Probes {
                may_begin: true,
                stay_until_ms: self.probes.stay_until_ms,
                ..Probes::default()
            };
        }
        // A shorter run, or another window, may trip at once.
        self.is_bad = true;
    }

    fn enter(&mut self, state: State, now_ms: u64) {
        self.state = state;
        self.number += 1;
        self.history = History::default();
        self.asked = Duration::ZERO;
        self.probes = Probes {
            may_begin: true,
            ..Probes::default()
        };
        self.begin_stay(now_ms);
    }

    /// Goes where the breaker went, and asks whether it may have; then whether it should have moved on.
    pub(super) fn follow(&mut self, shell: &mut Shell) -> Result<(), TestCaseError> {
        for moved in std::mem::take(&mut shell.moves) {
            let behind_ms = shell.now.unix_ms - moved.at_unix_ms;
            let now_ms = ms(shell.now.elapsed) - behind_ms;
            self.pass_to(now_ms);
            self.check(&moved, now_ms)?;
            let open_for = self.policy.open_for;
            let asked = self
                .asked
                .saturating_sub(Duration::from_millis(now_ms))
                .min(open_for.max);
            let doubled = |times| (open_for.initial * times).min(open_for.max).max(asked);
            self.until_ms = [1, 2, 4].map(|times| now_ms + ms(doubled(times))).into();
            self.enter(moved.to, now_ms);
        }
        let now_ms = ms(shell.now.elapsed);
        self.pass_to(now_ms);
        prop_assert_eq!(shell.state(), self.state);
        prop_assert!(self.ordered.is_none(), "{:?} was ordered", self.ordered);
        match self.state {
            State::Closed => {
                let due = self.is_bad || self.is_looked_at;
                let must = due && self.history.tripped(&self.policy, now_ms).must;
                prop_assert!(!must, "it should have tripped: {:?}", self);
            }
            State::Open => {
                let until_ms = ms(shell.wake_at.unwrap_or_default());
                prop_assert!(
                    self.until_ms.contains(&until_ms) && until_ms > now_ms,
                    "{}: {:?}",
                    until_ms,
                    self
                );
                self.until_ms = vec![until_ms];
            }
            State::HalfOpen => {
                prop_assert!(!self.probes.has_failed, "a probe has failed");
                let enough = self.policy.half_open.successes;
                prop_assert!(self.probes.successes < enough, "its probes have succeeded");
            }
            State::ForcedOpen | State::Disabled | State::MetricsOnly => {}
        }
        self.is_bad = false;
        self.is_looked_at = false;
        Ok(())
    }

    /// What time alone brings without a move: room for a paced probe, and a stay that begins anew where nothing is under way.
    fn pass_to(&mut self, now_ms: u64) {
        if self.state != State::HalfOpen {
            return;
        }
        let room = self.probes.under_way < self.policy.half_open.permits;
        if room && self.probes.next_ms.is_some_and(|next| next <= now_ms) {
            self.probes.may_begin = true;
            self.probes.next_ms = None;
        }
        while self.probes.under_way == 0 && self.probes.stay_until_ms <= now_ms {
            self.probes.stay_until_ms += ms(self.policy.half_open.max_stay);
        }
    }

    fn check(&mut self, moved: &Transition, now_ms: u64) -> Result<(), TestCaseError> {
        prop_assert_eq!(moved.from, self.state);
        if let Some(to) = self.ordered.take() {
            prop_assert_eq!((moved.to, moved.author.as_deref()), (to, Some("ada")));
            return Ok(());
        }
        let may = match (moved.from, moved.to) {
            (State::Closed, State::Open) => self.history.tripped(&self.policy, now_ms).may,
            (State::Open, State::HalfOpen) => self.until_ms.contains(&now_ms),
            (State::HalfOpen, State::Closed) => {
                self.probes.successes >= self.policy.half_open.successes && !self.probes.has_failed
            }
            (State::HalfOpen, State::Open) => match moved.cause {
                Cause::ProbeFailed => self.probes.has_failed,
                _ => self.probes.under_way > 0 && now_ms >= self.probes.stay_until_ms,
            },
            _ => false,
        };
        prop_assert!(may, "{:?} at {} ms, though {:?}", moved, now_ms, self);
        Ok(())
    }
}
