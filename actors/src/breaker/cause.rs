//! Why a breaker moved.

use std::fmt;
use std::time::Duration;

use super::{Crossed, Instruction};

/// The rules that moved a breaker, each with its limit and what was observed instead.
///
/// ```
/// use hedgerow_actors::breaker::{Cause, Crossed};
///
/// let cause = Cause::Tripped(vec![Crossed::FailureRate { limit: 0.5, failures: 16, calls: 26 }]);
/// assert_eq!(cause.to_string(), "failureRate: limit 50 %, observed 61.5 % of 26 calls");
/// assert_eq!((&*cause.rule(), &*cause.limit(), &*cause.observed()), ("failureRate", "50 %", "61.5 % of 26 calls"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Tripped: each of these rules was crossed. Never empty.
    Tripped(Vec<Crossed>),
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
    /// An operator said so. Who it was is the transition's author.
    Instructed(Instruction),
}

impl Cause {
    /// The rules, as they are named in config, with `+` between them.
    pub fn rule(&self) -> String {
        match self {
            Self::Tripped(rules) => rules.iter().map(Crossed::rule).collect::<Vec<_>>().join("+"),
            Self::OpenTimeOver { .. } | Self::RanOutWhileDown => "openFor".to_owned(),
            Self::ProbeFailed => "halfOpen".to_owned(),
            Self::ProbesWithoutEnd { .. } => "halfOpen.maxStay".to_owned(),
            Self::ProbesSucceeded { .. } => "halfOpen.successes".to_owned(),
            Self::Instructed(_) => "operator".to_owned(),
        }
    }

    /// The rules' limits, with ` + ` between them.
    pub fn limit(&self) -> String {
        match self {
            Self::Tripped(rules) => joined(rules, Crossed::limit),
            Self::ProbesSucceeded { limit, .. } => limit.to_string(),
            Self::OpenTimeOver { open_for: limit } | Self::ProbesWithoutEnd { limit, .. } => {
                format!("{} ms", limit.as_millis())
            }
            Self::ProbeFailed => "no failed probe".to_owned(),
            Self::RanOutWhileDown => "the recorded time".to_owned(),
            Self::Instructed(_) => "none".to_owned(),
        }
    }

    /// What was observed, in the order of the rules.
    pub fn observed(&self) -> String {
        match self {
            Self::Tripped(rules) => joined(rules, Crossed::observed),
            Self::ProbesSucceeded { observed, .. } => observed.to_string(),
            Self::ProbesWithoutEnd { under_way: 1, .. } => "1 probe without an end".to_owned(),
            Self::ProbesWithoutEnd { under_way, .. } => format!("{under_way} probes without an end"),
            Self::OpenTimeOver { .. } => "it is over".to_owned(),
            Self::ProbeFailed => "a failed probe".to_owned(),
            Self::RanOutWhileDown => "it ran out while down".to_owned(),
            Self::Instructed(instruction) => instruction.name().to_owned(),
        }
    }
}

fn joined(rules: &[Crossed], part: impl Fn(&Crossed) -> String) -> String {
    rules.iter().map(part).collect::<Vec<_>>().join(" + ")
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tripped(rules) => {
                for (at, rule) in rules.iter().enumerate() {
                    let between = if at == 0 { "" } else { "; " };
                    write!(f, "{between}{rule}")?;
                }
                Ok(())
            }
            Self::ProbesWithoutEnd { .. } | Self::ProbesSucceeded { .. } => {
                let (rule, limit, observed) = (self.rule(), self.limit(), self.observed());
                write!(f, "{rule}: limit {limit}, observed {observed}")
            }
            Self::OpenTimeOver { open_for } => write!(f, "openFor: {} ms are over", open_for.as_millis()),
            Self::ProbeFailed => f.write_str("probe failed"),
            Self::RanOutWhileDown => f.write_str("restored: openFor ran out while down"),
            Self::Instructed(instruction) => write!(f, "operator: {}", instruction.name()),
        }
    }
}
