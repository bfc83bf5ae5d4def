//! What a pool promises, held against what was measured. Pure: readings and time in, breaches out.

use std::collections::VecDeque;
use std::time::Duration;

use hedgerow_config::Slo;

use crate::histogram::{Histogram, buckets};

/// Eight buckets for each doubling of a time, from 8 µs to 134 s: a percentile is exact to an eighth.
pub(super) const BUCKETS: usize = buckets(3, 27);

/// How long leases took.
pub(super) type Latencies = Histogram<1_000, 3, BUCKETS>;

/// Leases that must have ended in the window before it is judged: of fewer, one bad one would be a breach.
pub(crate) const LEAST: u64 = 20;

/// Readings of a window: it is exact to a twentieth of its length.
pub(crate) const SLICES: u32 = 20;

/// How many slices of time a rule must have been kept again before its breach is over, so that it does not flap.
const QUIET: u32 = 3;

/// What was counted since the beginning. Only grows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Leases that have come to an end: they have brought what they were for, or failed, or were not to be had.
    pub(crate) ended: u64,
    /// Those that failed or were not to be had.
    pub(crate) errors: u64,
    /// Those that took longer than was promised.
    pub(crate) slow: u64,
    /// How long those took that were to be had.
    pub(crate) latencies: Latencies,
}

impl Reading {
    /// What was counted since an earlier reading.
    fn since(&self, earlier: &Self) -> Self {
        Self {
            ended: self.ended.saturating_sub(earlier.ended),
            errors: self.errors.saturating_sub(earlier.errors),
            slow: self.slow.saturating_sub(earlier.slow),
            latencies: self.latencies.since(&earlier.latencies),
        }
    }

    fn had(&self) -> u64 {
        self.latencies.count()
    }
}

/// What the window holds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Measured {
    /// Leases that have ended.
    pub(crate) ended: u64,
    /// Of a hundred leases that were to be had 95 took no longer. `None` where there was none.
    pub(crate) p95_latency: Option<Duration>,
    /// The share of those that failed or were not to be had. `None` where none has ended.
    pub(crate) error_rate: Option<f64>,
}

/// One rule of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    P95Latency,
    ErrorRate,
}

impl Rule {
    /// As config names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P95Latency => "p95Latency",
            Self::ErrorRate => "errorRate",
        }
    }
}

/// A rule was broken, or is kept again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) rule: Rule,
    pub(crate) is_breach: bool,
    pub(crate) limit: String,
    pub(crate) observed: String,
}

impl Change {
    /// What an event says of it, as that of a breaker does.
    pub(crate) fn cause(&self) -> String {
        let Self {
            rule,
            limit,
            observed,
            ..
        } = self;
        format!("{}: limit {limit}, observed {observed}", rule.name())
    }
}

/// The contract of one pool, and how it has been kept.
pub(crate) struct Contract {
    slo: Slo,
    /// Oldest in front; that one is as old as the window is long, where there is one.
    readings: VecDeque<(Duration, Reading)>,
    breaches: [Breach; 2],
    measured: Measured,
}

/// How one rule stands.
#[derive(Default)]
struct Breach {
    is_on: bool,
    /// Since when it has been kept again, while it counts as broken.
    kept_since: Option<Duration>,
}

impl Contract {
    /// Begins to measure, where so much has been counted before.
    pub(crate) fn new(slo: Slo, now: Duration, before: Reading) -> Self {
        Self {
            slo,
            readings: VecDeque::from([(now, before)]),
            breaches: Default::default(),
            measured: Measured::default(),
        }
    }

    /// How often to [observe](Self::observe) while leases end.
    pub(crate) fn slice(&self) -> Duration {
        self.slo.window / SLICES
    }

    /// Takes a reading, and says what has changed by it.
    pub(crate) fn observe(&mut self, now: Duration, reading: &Reading) -> Vec<Change> {
        let begin = now.saturating_sub(self.slo.window);
        while self.readings.get(1).is_some_and(|(at, _)| *at <= begin) {
            self.readings.pop_front();
        }
        let grown = self
            .readings
            .front()
            .map_or_else(Reading::default, |(_, first)| reading.since(first));
        self.measured = Measured {
            ended: grown.ended,
            p95_latency: grown.latencies.quantile(0.95).map(|within| within.end),
            error_rate: (grown.ended > 0).then(|| grown.errors as f64 / grown.ended as f64),
        };
        // One for each slice is enough.
        let last = self.readings.back().map_or(Duration::ZERO, |(at, _)| *at);
        if now.saturating_sub(last) >= self.slice() {
            self.readings.push_back((now, reading.clone()));
        }
        let rules = [
            self.p95_latency(&grown).map(|found| (Rule::P95Latency, found)),
            self.error_rate(&grown).map(|found| (Rule::ErrorRate, found)),
        ];
        let found = rules.into_iter().flatten();
        found
            .filter_map(|(rule, found)| self.judge(rule, found, now))
            .collect()
    }

    fn p95_latency(&self, grown: &Reading) -> Option<Found> {
        let limit = self.slo.p95_latency?;
        let had = grown.had();
        // By exact count: the buckets are only as fine as they are.
        let is_broken = had >= LEAST && grown.slow * 20 > had;
        let shown = self.measured.p95_latency.map(|p95| match is_broken {
            true => p95.max(limit),
            false => p95.min(limit),
        });
        Some(Found {
            is_broken,
            limit: format!("{} ms", limit.as_millis()),
            observed: match shown {
                Some(p95) => format!("{} ms of {had} leases", p95.as_millis()),
                None => "no lease".to_owned(),
            },
        })
    }

    fn error_rate(&self, grown: &Reading) -> Option<Found> {
        let limit = self.slo.error_rate?;
        let rate = self.measured.error_rate;
        Some(Found {
            is_broken: grown.ended >= LEAST && rate.is_some_and(|rate| rate > limit),
            limit: percent(limit),
            observed: match rate {
                Some(rate) => format!("{} of {} leases", percent(rate), grown.ended),
                None => "no lease".to_owned(),
            },
        })
    }

    fn judge(&mut self, rule: Rule, found: Found, now: Duration) -> Option<Change> {
        let quiet = self.slice() * QUIET;
        let breach = &mut self.breaches[rule as usize];
        if found.is_broken {
            breach.kept_since = None;
            if breach.is_on {
                return None;
            }
        } else {
            if !breach.is_on {
                return None;
            }
            let since = *breach.kept_since.get_or_insert(now);
            if now.saturating_sub(since) < quiet {
                return None;
            }
            breach.kept_since = None;
        }
        breach.is_on = found.is_broken;
        Some(Change {
            rule,
            is_breach: found.is_broken,
            limit: found.limit,
            observed: found.observed,
        })
    }

    /// What the window held at the last reading.
    pub(crate) fn measured(&self) -> Measured {
        self.measured
    }

    /// The rules that are broken.
    pub(crate) fn broken(&self) -> impl Iterator<Item = Rule> {
        let rules = [Rule::P95Latency, Rule::ErrorRate];
        rules
            .into_iter()
            .filter(|rule| self.breaches[*rule as usize].is_on)
    }

    /// Whether nothing would change if nothing more ended: there is nothing in the window, and no breach to end.
    pub(crate) fn is_quiet(&self) -> bool {
        self.measured.ended == 0 && self.broken().next().is_none()
    }
}

/// What a rule comes to.
struct Found {
    is_broken: bool,
    limit: String,
    observed: String,
}

/// `0.5 %`, with as many digits as it needs, up to two.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    let plain = text.trim_end_matches('0').trim_end_matches('.');
    format!("{plain} %")
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
