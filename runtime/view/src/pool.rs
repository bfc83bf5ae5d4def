//! A pool, as `GET /api/pools` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path};

/// One pool: what is out, what waits, and what it promises beside what was measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives.
    pub path: Path,
    /// Leases that are out.
    pub leases: u64,
    /// Leases that may be out.
    pub max_leases: u64,
    /// Those that wait for one.
    pub waiting: u64,
    /// Those that may wait.
    pub max_waiting: u64,
    /// Whether nothing is given out any more.
    pub drained: bool,
    /// What is idle in the pool itself. The idle connections of an upstream are shown with its endpoints.
    pub idle: u64,
    /// What the pool has made and not closed, leased or idle; 0 where it makes nothing itself.
    pub existing: u64,
    /// Leases that were given.
    pub borrowed: u64,
    /// Leases that came back.
    pub returned: u64,
    /// Leases that came back, and what they were for had failed.
    pub failed: u64,
    /// Leases that were waited for.
    pub waited: u64,
    /// Leases that were refused because too many waited, or nothing was given out any more.
    pub refused: u64,
    /// Leases that were waited for in vain.
    pub timed_out: u64,
    /// Leases that nobody wanted any more while they were waited for.
    pub gone_away: u64,
    /// Leases that found what was idle.
    pub hits: u64,
    /// Those of them that found it with another thread.
    pub hits_elsewhere: u64,
    /// What was made.
    pub made: u64,
    /// What could not be made.
    pub make_failures: u64,
    /// The share of leases that nothing was made for; `null` before the first, and where the pool makes nothing itself.
    #[schema(required)]
    pub hit_rate: Option<f64>,
    /// What was closed because it had been idle for long enough.
    pub closed_idle: u64,
    /// What was closed because it had lived for long enough.
    pub closed_aged: u64,
    /// What was closed because it was broken, or its holder gave it up.
    pub closed_broken: u64,
    /// What was closed because there was no room for it.
    pub closed_surplus: u64,
    /// What the pool promises.
    pub contract: ContractView,
    /// What was measured of that, in the window.
    pub measured: MeasuredView,
    /// The rules of the contract that are broken: `p95Latency`, `errorRate`.
    pub broken: Vec<&'static str>,
    /// Leases that are out for longer than they should.
    pub overdue: u64,
    /// The oldest of them.
    pub leaks: Vec<LeakView>,
}

/// What a pool promises.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractView {
    /// How long what is idle is kept, at least.
    pub min_keep_alive_ms: u64,
    /// How long it may live; `null` is for ever.
    #[schema(required)]
    pub max_life_ms: Option<u64>,
    /// Of a hundred leases 95 take no longer; `null` is no promise.
    #[schema(required)]
    pub p95_latency_ms: Option<u64>,
    /// The share of leases that may fail; `null` is no promise.
    #[schema(required)]
    pub error_rate: Option<f64>,
    /// The time that both are measured over.
    pub window_ms: u64,
}

/// What was measured of a contract.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredView {
    /// Leases that ended in the window, those included that were not to be had.
    pub leases: u64,
    /// Of a hundred leases 95 took no longer; `null` where none ended.
    #[schema(required)]
    pub p95_latency_ms: Option<f64>,
    /// The share of leases that failed or were not to be had; `null` where none ended.
    #[schema(required)]
    pub error_rate: Option<f64>,
}

/// A lease that is out for longer than it should.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeakView {
    /// The line of code that took it.
    pub taken_at: String,
    /// The trace that it was taken under, in hexadecimal; `null` where there was none.
    #[schema(required)]
    pub trace_id: Option<String>,
    /// How long it has been out.
    pub age_ms: u64,
}
