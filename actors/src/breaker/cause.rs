//! Why a breaker moved.

use std::fmt;
use std::time::Duration;

/// The rule that moved a breaker, its limit, and what was observed instead.
///
/// ```
/// use hedgerow_actors::breaker::Cause;
///
/// let cause = Cause::FailureRate { limit: 0.5, failures: 16, calls: 26 };
/// assert_eq!(cause.to_string(), "failureRate: limit 50 %, observed 61.5 % of 26 calls");
/// assert_eq!((cause.rule(), cause.limit(), cause.observed()), ("failureRate", "50 %".into(), "61.5 % of 26 calls".into()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Tripped: this many failed in a row.
    ConsecutiveFailures {
        /// The rule's limit.
        limit: u32,
        /// The longest run that was seen.
        observed: u32,
    },
    /// Tripped: this share of the calls in the window failed.
    FailureRate {
        /// The rule's limit, above 0 and at most 1.
        limit: f64,
        /// Failed calls in the window.
        failures: u64,
        /// All calls in the window.
        calls: u64,
    },
    /// Half-open: the open time is over.
    OpenTimeOver {
        /// How long it was open by plan.
        open_for: Duration,
    },
    /// Opened again: a probe failed.
    ProbeFailed,
    /// Opened again: probes did not end in time.
    ProbesWithoutEnd {
        /// The longest stay in half-open.
        limit: Duration,
        /// Probes that were under way when it was over.
        under_way: u32,
    },
    /// Closed: enough probes succeeded.
    ProbesSucceeded {
        /// The rule's limit.
        limit: u32,
        /// Probes that succeeded.
        observed: u32,
    },
    /// Half-open after a restart: the open time ran out while the process was down.
    RanOutWhileDown,
}

impl Cause {
    /// The rule, as it is named in config.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::ConsecutiveFailures { .. } => "consecutiveFailures",
            Self::FailureRate { .. } => "failureRate",
            Self::OpenTimeOver { .. } | Self::RanOutWhileDown => "openFor",
            Self::ProbeFailed => "halfOpen",
            Self::ProbesWithoutEnd { .. } => "halfOpen.maxStay",
            Self::ProbesSucceeded { .. } => "halfOpen.successes",
        }
    }

    /// The rule's limit.
    pub fn limit(&self) -> String {
        match self {
            Self::ConsecutiveFailures { limit, .. } | Self::ProbesSucceeded { limit, .. } => {
                limit.to_string()
            }
            Self::FailureRate { limit, .. } => Percent(*limit).to_string(),
            Self::OpenTimeOver { open_for: limit } | Self::ProbesWithoutEnd { limit, .. } => {
                format!("{} ms", limit.as_millis())
            }
            Self::ProbeFailed => "no failed probe".to_owned(),
            Self::RanOutWhileDown => "the recorded time".to_owned(),
        }
    }

    /// What was observed.
    pub fn observed(&self) -> String {
        match self {
            Self::ConsecutiveFailures { observed, .. } | Self::ProbesSucceeded { observed, .. } => {
                observed.to_string()
            }
            Self::FailureRate { failures, calls, .. } => {
                format!(
                    "{} of {calls} calls",
                    Percent(*failures as f64 / (*calls).max(1) as f64)
                )
            }
            Self::ProbesWithoutEnd { under_way: 1, .. } => "1 probe without an end".to_owned(),
            Self::ProbesWithoutEnd { under_way, .. } => format!("{under_way} probes without an end"),
            Self::OpenTimeOver { .. } => "it is over".to_owned(),
            Self::ProbeFailed => "a failed probe".to_owned(),
            Self::RanOutWhileDown => "it ran out while down".to_owned(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures { .. }
            | Self::FailureRate { .. }
            | Self::ProbesWithoutEnd { .. }
            | Self::ProbesSucceeded { .. } => {
                write!(
                    f,
                    "{}: limit {}, observed {}",
                    self.rule(),
                    self.limit(),
                    self.observed()
                )
            }
            Self::OpenTimeOver { open_for } => write!(f, "openFor: {} ms are over", open_for.as_millis()),
            Self::ProbeFailed => f.write_str("probe failed"),
            Self::RanOutWhileDown => f.write_str("restored: openFor ran out while down"),
        }
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
