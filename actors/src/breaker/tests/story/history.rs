//! All calls that have ended, and what the rules say of them, looked up anew each time.

use std::ops::RangeInclusive;

use hedgerow_config::{BreakerPolicy, TripWhen, WindowLength};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Success,
    Failure,
    Timeout,
}

/// A call that was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) at_ms: u64,
    pub(super) end: End,
    pub(super) slow: bool,
}

/// The calls that were counted since the state began, in their order.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) calls: Vec<Call>,
    /// The window begins no earlier than with this call.
    pub(super) begins: usize,
    /// Calls up to here, by time, may have left the window: it was shorter once.
    pub(super) gone_ms: u64,
    /// A window of calls holds none before this one: no order was kept then.
    pub(super) ordered: usize,
    /// Failures, and time-outs, are counted in a row from here on: nobody asked for it before.
    pub(super) failures_from: usize,
    pub(super) timeouts_from: usize,
}

/// The longest twentieth of a window, and so how inexact one of time is at each of its ends; one more for the next look.
const INEXACT_MS: u64 = 3 * 200;

/// Whether something is so: it may be open, within what the breaker promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) may: bool,
    pub(super) must: bool,
}

impl History {
    /// Whether the rules trip by what has ended.
    pub(super) fn tripped(&self, policy: &BreakerPolicy, now_ms: u64) -> Verdict {
        let verdicts: Vec<Verdict> = self
            .cuts(policy, now_ms)
            .map(|cut| self.tripped_from(policy, cut))
            .collect();
        Verdict {
            may: verdicts.iter().any(|verdict| verdict.may),
            must: verdicts.iter().all(|verdict| verdict.must),
        }
    }

    /// The calls that the window may begin with.
    fn cuts(&self, policy: &BreakerPolicy, now_ms: u64) -> RangeInclusive<usize> {
        let count = self.calls.len();
        match policy.window {
            WindowLength::Calls(length) => {
                let cut = count.saturating_sub(length as usize).max(self.ordered);
                cut..=cut
            }
            WindowLength::Time(length) => {
                let length_ms = length.as_millis() as u64;
                let younger = |ms: u64| self.calls.partition_point(|call| call.at_ms <= ms);
                let earliest = match now_ms.checked_sub(length_ms + INEXACT_MS) {
                    Some(ms) => younger(ms),
                    None => 0,
                };
                let latest = match now_ms
                    .checked_sub(length_ms)
                    .max(Some(self.gone_ms).filter(|ms| *ms > 0))
                {
                    Some(ms) => younger(ms),
                    None => 0,
                };
                earliest.max(self.begins)..=latest.max(self.begins).max(earliest)
            }
        }
    }

    fn tripped_from(&self, policy: &BreakerPolicy, cut: usize) -> Verdict {
        let window = &self.calls[cut..];
        let share = |bad: fn(&Call) -> bool, limit: f64| {
            let bad = window.iter().filter(|call| bad(call)).count();
            let most = match policy.window {
                WindowLength::Calls(length) => length.min(policy.min_calls),
                WindowLength::Time(_) => policy.min_calls,
            };
            let is_so = !window.is_empty()
                && window.len() >= most as usize
                && bad as f64 / window.len() as f64 >= limit;
            Verdict {
                may: is_so,
                must: is_so,
            }
        };
        let in_a_row = |bad: fn(&Call) -> bool, from: usize, limit: u32| {
            let run =
                |calls: &[Call]| calls.iter().rev().take_while(|call| bad(call)).count() >= limit as usize;
            Verdict {
                may: run(&self.calls),
                must: run(&self.calls[from..]),
            }
        };
        let rules: Vec<Verdict> = [
            policy
                .consecutive_failures
                .map(|limit| in_a_row(|call| call.end != End::Success, self.failures_from, limit)),
            policy
                .consecutive_timeouts
                .map(|limit| in_a_row(|call| call.end == End::Timeout, self.timeouts_from, limit)),
            policy
                .failure_rate
                .map(|limit| share(|call| call.end != End::Success, limit)),
            policy.slow_call.map(|slow| share(|call| call.slow, slow.rate)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let joined = |rule: fn(&Verdict) -> bool| match policy.trip_when {
            TripWhen::Any => rules.iter().any(rule),
            TripWhen::All => !rules.is_empty() && rules.iter().all(rule),
        };
        Verdict {
            may: joined(|rule| rule.may),
            must: joined(|rule| rule.must),
        }
    }

    /// The rules are others from now on.
    pub(super) fn retune(&mut self, from: &BreakerPolicy, to: &BreakerPolicy, now_ms: u64) {
        let count = self.calls.len();
        match (from.window, to.window) {
            (WindowLength::Time(length), WindowLength::Time(_)) => {
                let gone_ms = now_ms.saturating_sub(length.as_millis() as u64);
                self.gone_ms = self.gone_ms.max(gone_ms);
            }
            (WindowLength::Calls(_), WindowLength::Time(_)) => self.begins = count,
            (WindowLength::Time(_), WindowLength::Calls(_)) => self.ordered = count,
            (WindowLength::Calls(_), WindowLength::Calls(_)) => {}
        }
        let counts = |policy: &BreakerPolicy| {
            policy.consecutive_failures.is_some() || policy.consecutive_timeouts.is_some()
        };
        if !counts(from) {
            self.failures_from = count;
        }
        if from.consecutive_timeouts.is_none() {
            self.timeouts_from = count;
        }
    }
}
