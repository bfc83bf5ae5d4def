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
    /// Who chooses among its endpoints: the name, as in a config.
    pub balance: &'static str,
    /// Whether so few endpoints are left that calls go to those that are ejected or unhealthy as well.
    pub panicking: bool,
    /// Calls that were admitted.
    pub calls: u64,
    /// Calls that were refused because no endpoint would take them.
    pub refused: u64,
    /// Why the mesh waits for it: no endpoint of it was reached yet. `null` once one was, and where nobody waits for it.
    pub unreached: Option<String>,
    /// What was sent once more, and why not.
    pub retries: RetriesView,
    /// Its endpoints, in config order.
    pub endpoints: Vec<EndpointView>,
}

impl UpstreamView {
    /// Why it cannot be called yet: no endpoint of it was reached so far. The mesh is not ready until one was.
    pub fn awaited(&self) -> Option<String> {
        self.unreached.clone()
    }
}

/// One endpoint.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    /// Its address, as configured.
    pub addr: String,
    /// The state of its breaker.
    pub state: BreakerState,
    /// How much of the calls it gets beside the others.
    pub weight: u32,
    /// Why it is left out of the choice, beside its breaker: `ejected`, `unhealthy`, `draining`.
    pub excluded: Vec<&'static str>,
    /// The moving average of its times of answer that calls are balanced by, in milliseconds; it jumps up to each slow one,
    /// and fades. Without an answer yet: null.
    pub ewma_ms: Option<f64>,
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
