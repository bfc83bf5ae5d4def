//! An upstream, as `GET /api/upstreams` shows it.

use serde::Serialize;

use crate::{Identity, Path, Stamp, breaker::BreakerState};

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
    /// When its ejection as an outlier ends, where it is ejected.
    pub ejected_until: Option<Stamp>,
    /// How often it was ejected.
    pub ejections: u64,
    /// What its health checks say: `unknown`, `healthy` or `unhealthy`; nothing where there are none.
    pub health: Option<&'static str>,
    /// Health checks made.
    pub health_checks: u64,
    /// Health checks that failed.
    pub health_check_failures: u64,
}
