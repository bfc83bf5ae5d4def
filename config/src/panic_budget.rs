//! How many panics are borne of a node.

use std::time::Duration;

/// How many of its requests may crash in a node before it is taken out of the chain (`panicBudget`, of a chain for all its
/// nodes, or of a node).
///
/// It is out until its actor has restarted and `per` is over.
///
/// ```
/// use hedgerow_config::{OverBudget, PanicBudget};
///
/// let budget = PanicBudget { then: OverBudget::FailOpen, ..PanicBudget::default() };
/// assert_eq!((budget.rate, budget.min_calls), (0.1, 100));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PanicBudget {
    /// Share of the requests, above 0 and at most 1, that may crash (`rate`). Default 0.1.
    pub rate: f64,
    /// Requests that there must have been before the share counts, at least 1 (`minCalls`). Default 100.
    pub min_calls: u32,
    /// The time over which they are counted, from the first panic on, and for which the node is out (`per`). Default 10 s.
    pub per: Duration,
    /// What becomes of requests that meet the node while it is out (`then`). Default: they are refused.
    pub then: OverBudget,
}

/// What becomes of requests that meet a node over its budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OverBudget {
    /// They are refused: 503 (`failClosed`).
    #[default]
    FailClosed,
    /// They pass it by (`failOpen`). Not for a node that others rely on, such as one that checks who somebody is, or the
    /// route.
    FailOpen,
}

impl PanicBudget {
    /// The same, and over it requests are refused.
    pub(crate) fn closed(self) -> Self {
        Self {
            then: OverBudget::FailClosed,
            ..self
        }
    }
}

impl Default for PanicBudget {
    fn default() -> Self {
        Self {
            rate: 0.1,
            min_calls: 100,
            per: Duration::from_secs(10),
            then: OverBudget::default(),
        }
    }
}
