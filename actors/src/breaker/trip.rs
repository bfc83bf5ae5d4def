//! The rules that trip a breaker.

use std::fmt;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, TripWhen, WindowLength};
use hedgerow_gate::{Join, Rates, Rules, Runs, Sums};

use super::rate::RateRule;

/// A rule that was crossed: its limit, and what was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Crossed {
    /// This many failed in a row.
    ConsecutiveFailures {
        /// The rule's limit.
        limit: u32,
        /// The longest run that was seen.
        observed: u32,
    },
    /// This many took too long in a row.
    ConsecutiveTimeouts {
        /// The rule's limit.
        limit: u32,
        /// The longest run that was seen.
        observed: u32,
    },
    /// This share of the calls in the window failed.
    FailureRate {
        /// The rule's limit, above 0 and at most 1.
        limit: f64,
        /// Failed calls in the window.
        failures: u64,
        /// All calls in the window.
        calls: u64,
    },
    /// This share of the calls in the window was slow.
    SlowCallRate {
        /// The rule's limit, above 0 and at most 1.
        limit: f64,
        /// What is slow: a call that takes longer.
        over: Duration,
        /// Slow calls in the window.
        slow: u64,
        /// All calls in the window.
        calls: u64,
    },
}

impl Crossed {
    /// The rule, as it is named in config.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::ConsecutiveFailures { .. } => "consecutiveFailures",
            Self::ConsecutiveTimeouts { .. } => "consecutiveTimeouts",
            Self::FailureRate { .. } => "failureRate",
            Self::SlowCallRate { .. } => "slowCall",
        }
    }

    /// The rule's limit.
    pub fn limit(&self) -> String {
        match self {
            Self::ConsecutiveFailures { limit, .. } | Self::ConsecutiveTimeouts { limit, .. } => {
                limit.to_string()
            }
            Self::FailureRate { limit, .. } => Percent(*limit).to_string(),
            Self::SlowCallRate { limit, over, .. } => {
                format!("{} over {} ms", Percent(*limit), over.as_millis())
            }
        }
    }

    /// What was observed.
    pub fn observed(&self) -> String {
        match self {
            Self::ConsecutiveFailures { observed, .. } | Self::ConsecutiveTimeouts { observed, .. } => {
                observed.to_string()
            }
            Self::FailureRate {
                failures: part,
                calls,
                ..
            }
            | Self::SlowCallRate {
                slow: part, calls, ..
            } => {
                let share = *part as f64 / (*calls).max(1) as f64;
                format!("{} of {calls} calls", Percent(share))
            }
        }
    }
}

impl fmt::Display for Crossed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, limit, observed) = (self.rule(), self.limit(), self.observed());
        write!(f, "{rule}: limit {limit}, observed {observed}")
    }
}

/// A share in percent with at most one decimal.
struct Percent(f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.1}", self.0 * 100.0);
        write!(f, "{} %", text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// A policy's rules, as the gate is told them.
pub(crate) fn rules(policy: &BreakerPolicy) -> Rules {
    Rules {
        join: match policy.trip_when {
            TripWhen::Any => Join::Any,
            TripWhen::All => Join::All,
        },
        consecutive_failures: policy.consecutive_failures,
        consecutive_timeouts: policy.consecutive_timeouts,
        rates: rates(policy),
        last_calls: match policy.window {
            WindowLength::Time(_) => None,
            WindowLength::Calls(length) => Some(length),
        },
    }
}

fn rates(policy: &BreakerPolicy) -> Rates {
    Rates {
        failure: policy.failure_rate,
        slow: policy.slow_call.map(|slow| slow.rate),
        min_calls: match policy.window {
            WindowLength::Time(_) => policy.min_calls,
            WindowLength::Calls(length) => policy.min_calls.min(length),
        },
    }
}

/// The rules that are crossed, where that is enough to trip.
pub(super) fn tripped(policy: &BreakerPolicy, runs: Runs, window: Sums) -> Option<Vec<Crossed>> {
    let rates = rates(policy);
    let calls = window.calls();
    let in_a_row =
        |limit: Option<u32>, observed: u32| limit.map(|limit| (observed >= limit, limit, observed));
    // For each rule that is on: whether it is crossed, and what to say then.
    let rules = [
        in_a_row(policy.consecutive_failures, runs.failures)
            .map(|(crossed, limit, observed)| (crossed, Crossed::ConsecutiveFailures { limit, observed })),
        in_a_row(policy.consecutive_timeouts, runs.timeouts)
            .map(|(crossed, limit, observed)| (crossed, Crossed::ConsecutiveTimeouts { limit, observed })),
        policy.failure_rate.map(|limit| {
            let failures = window.failures;
            let rule = Crossed::FailureRate {
                limit,
                failures,
                calls,
            };
            (rates.failure_is_crossed(window), rule)
        }),
        policy.slow_call.map(|by| {
            let (limit, over, slow) = (by.rate, by.over, window.slow);
            let rule = Crossed::SlowCallRate {
                limit,
                over,
                slow,
                calls,
            };
            (rates.slow_is_crossed(window), rule)
        }),
    ];
    let on = rules.iter().flatten().count();
    let crossed: Vec<_> = rules
        .into_iter()
        .flatten()
        .filter_map(|(crossed, rule)| crossed.then_some(rule))
        .collect();
    let enough = match policy.trip_when {
        TripWhen::Any => !crossed.is_empty(),
        TripWhen::All => on > 0 && crossed.len() == on,
    };
    enough.then_some(crossed)
}

/// The fewest further bad calls, failed or slow, after which the rates could hold as they are joined; `None` where no
/// number could. Zero where good calls alone could, by reaching the minimum of calls, or where all must hold and no
/// rate is on: the runs decide then.
pub(super) fn fuse(policy: &BreakerPolicy, window: Sums) -> Option<u64> {
    let rates = rates(policy);
    let longest = match policy.window {
        WindowLength::Time(_) => None,
        WindowLength::Calls(length) => Some(u64::from(length)),
    };
    let rule = |limit| RateRule {
        limit,
        min_calls: rates.min_calls,
        longest,
    };
    let of_failures = rates
        .failure
        .map(|limit| rule(limit).fuse(window.failures, window.calls()));
    let of_slow = rates
        .slow
        .map(|limit| rule(limit).fuse(window.slow, window.calls()));
    let each = [of_failures, of_slow].into_iter().flatten();
    match policy.trip_when {
        // A bad call may count for both rules, so that neither can need more than are left of the other.
        TripWhen::Any => each.flatten().min(),
        TripWhen::All if policy.failure_rate.is_none() && policy.slow_call.is_none() => Some(0),
        // All must hold, so the one that needs most decides; one that cannot hold decides for ever.
        TripWhen::All => each.collect::<Option<Vec<_>>>()?.into_iter().max(),
    }
}
