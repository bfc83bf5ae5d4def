//! An upstream, as `GET /api/upstreams` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path, Stamp, breaker::BreakerState};

/// One upstream and its endpoints.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    #[schema(required)]
    pub unreached: Option<String>,
    /// Where its endpoints come from, where they are discovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discovery: Option<DiscoveryView>,
    /// What was sent once more, and why not.
    pub retries: RetriesView,
    /// What is copied of its requests, where that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mirror: Option<MirrorView>,
    /// Its endpoints, in config order.
    pub endpoints: Vec<EndpointView>,
}

impl UpstreamView {
    /// Why it cannot be called yet: no endpoint of it was reached so far, or its endpoints are discovered and there was none.
    /// The mesh is not ready until one was reached.
    pub fn awaited(&self) -> Option<String> {
        let unreached = self.unreached.clone()?;
        let waiting = self
            .discovery
            .as_ref()
            .filter(|discovery| discovery.state == DiscoveryState::Waiting);
        Some(waiting.map_or(unreached, |discovery| {
            let problem = discovery.problem.as_deref().unwrap_or("nothing is known yet");
            let (source, name) = (discovery.source, &discovery.name);
            format!("no endpoint yet from {source} {name}: {problem}")
        }))
    }
}

/// One endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    /// Its address, as configured.
    pub addr: String,
    /// The state of its breaker.
    pub state: BreakerState,
    /// How much of the calls it gets beside the others.
    pub weight: u32,
    /// The lowest number is the best; the others get calls where nobody of a better one is available.
    pub priority: u16,
    /// Why it is left out of the choice, beside its breaker: `ejected`, `unhealthy`, `draining`.
    pub excluded: Vec<&'static str>,
    /// The moving average of its times of answer that calls are balanced by, in milliseconds; it jumps up to each slow one,
    /// and fades. Without an answer yet: null.
    #[schema(required)]
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
    /// When its ejection as an outlier ends, where it is ejected.
    #[schema(required)]
    pub ejected_until: Option<Stamp>,
    /// How often it was ejected.
    pub ejections: u64,
    /// What its health checks say: `unknown`, `healthy` or `unhealthy`; nothing where there are none.
    #[schema(required)]
    pub health: Option<&'static str>,
    /// Health checks made.
    pub health_checks: u64,
    /// Health checks that failed.
    pub health_check_failures: u64,
}

/// Where the endpoints of an upstream come from, and how fresh that is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryView {
    /// `dns` or `registry`.
    pub source: &'static str,
    /// What the source is asked for: a name with its port or `SRV`, or a service.
    pub name: String,
    /// Whether what is known is good.
    pub state: DiscoveryState,
    /// How many are to be endpoints, as the source said last.
    pub members: usize,
    /// How long ago the source said so; nothing where it never did.
    #[schema(required)]
    pub age_ms: Option<u64>,
    /// Look-ups begun.
    pub look_ups: u64,
    /// Look-ups that were not answered.
    pub failures: u64,
    /// What is wrong with what the source says, or why it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<String>,
}

/// Whether what is known of the endpoints is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DiscoveryState {
    /// There was no endpoint yet: the mesh is not ready.
    Waiting,
    /// The source said so last.
    Fresh,
    /// The source did not say so last, and what it said before is kept.
    Stale,
}

impl DiscoveryState {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
        }
    }
}

/// What is copied of the requests to an upstream.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MirrorView {
    /// The name of the upstream that is sent the copies.
    pub upstream: String,
    /// The share of the requests that are copied.
    pub fraction: f64,
    /// Copies that have not ended.
    pub in_flight: u32,
    /// Copies that were sent and have ended.
    pub sent: u64,
    /// Those of them that came to nothing, or whose answer is a failure of its endpoint.
    pub failed: u64,
    /// Copies that a breaker or the pool of the mirror did not admit.
    pub refused: u64,
    /// Requests that were not copied because too many copies were under way.
    pub skipped_by_bound: u64,
    /// Requests that were not copied because their body was not there as a whole.
    pub skipped_by_body: u64,
}

/// What was sent to an upstream once more, and what was not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
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
