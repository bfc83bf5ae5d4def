//! An upstream, as `GET /api/upstreams` shows it.

use serde::Serialize;

use crate::{Identity, Path, breaker::BreakerState};

/// One upstream and its endpoints.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives.
    pub path: Path,
    /// Calls that were admitted.
    pub calls: u64,
    /// Calls that were refused because no endpoint would take them.
    pub refused: u64,
    /// What was sent once more, and why not.
    pub retries: RetriesView,
    /// Its endpoints, in config order.
    pub endpoints: Vec<EndpointView>,
}

/// One endpoint.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    /// Its address, as configured.
    pub addr: String,
    /// The state of its breaker.
    pub state: BreakerState,
    /// Calls that have not ended.
    pub in_flight: u64,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Connections dialled.
    pub dials: u64,
    /// Dials that failed.
    pub dial_failures: u64,
    /// Requests that were sent once more, on a fresh connection, because a used one had ended in silence.
    pub resent: u64,
    /// Answers that broke off after their head; each is a failure, too.
    pub broken_answers: u64,
    /// Idle connections.
    pub idle: u64,
}

/// What was sent to an upstream once more, and what was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetriesView {
    /// Attempts that were made after one had failed.
    pub retries: u64,
    /// Attempts that were made beside one that was waited for.
    pub hedges: u64,
    /// Those of them whose answer counted.
    pub hedges_won: u64,
    /// Requests that were sent over a fresh connection, because an idle one had died.
    pub resent: u64,
    /// Retries and hedges that could be paid for at this moment.
    pub budget: u64,
    /// Calls that failed with every attempt that they had.
    pub stopped_by_attempts: u64,
    /// Retries and hedges that were not made because the budget had nothing left.
    pub stopped_by_budget: u64,
    /// Retries that were not made because there was no time left for another attempt.
    pub stopped_by_deadline: u64,
    /// Retries that were not made because the endpoint did not want them, or not soon.
    pub stopped_by_pushback: u64,
    /// Retries that were left to a caller before this one.
    pub stopped_nested: u64,
}
