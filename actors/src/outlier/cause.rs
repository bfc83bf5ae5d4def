//! Why an endpoint is ejected.

use std::fmt;
use std::time::Duration;

/// The rule that ejects, its limit and what was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// Failures in a row.
    Consecutive {
        /// So many eject.
        limit: u32,
        /// So many there were.
        observed: u32,
    },
    /// The share of successes lies too far below that of all endpoints.
    SuccessRate {
        /// The least share: the mean of all less the factor times their standard deviation.
        limit: f64,
        /// Its own.
        observed: f64,
    },
    /// The share of failures.
    FailurePercentage {
        /// The share that ejects.
        limit: f64,
        /// Its own.
        observed: f64,
    },
    /// The quantile of latency is too many times the median of the others'.
    Latency {
        /// The longest: the factor times the median of the others, or `over` where that is longer.
        limit: Duration,
        /// Its own.
        observed: Duration,
    },
}

impl Cause {
    /// The name of the rule, as in config.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Consecutive { .. } => "consecutive",
            Self::SuccessRate { .. } => "successRate",
            Self::FailurePercentage { .. } => "failurePercentage",
            Self::Latency { .. } => "latency",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule();
        match self {
            Self::Consecutive { limit, observed } => write!(f, "{rule}: limit {limit}, observed {observed}"),
            Self::SuccessRate { limit, observed } | Self::FailurePercentage { limit, observed } => {
                write!(f, "{rule}: limit {limit:.3}, observed {observed:.3}")
            }
            Self::Latency { limit, observed } => {
                let (limit, observed) = (limit.as_millis(), observed.as_millis());
                write!(f, "{rule}: limit {limit} ms, observed {observed} ms")
            }
        }
    }
}
