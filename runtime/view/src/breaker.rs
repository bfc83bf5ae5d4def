//! A breaker, as `GET /api/breakers` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path, Stamp};

/// One breaker.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives.
    pub path: Path,
    /// Its state.
    pub state: BreakerState,
    /// Whether a caller has shut the gate until the breaker confirms.
    pub fenced: bool,
    /// Whether the state shown is on the disk.
    pub persisted: bool,
    /// Since when it is in this state.
    pub since: Stamp,
    /// When an open breaker will let probes through; `null` in any other state.
    #[schema(required)]
    pub half_open_at: Option<Stamp>,
    /// What it has counted.
    pub window: WindowView,
    /// The rules it goes by.
    pub policy: Box<PolicyView>,
    /// The last move, and why; `null` where there was none.
    #[schema(required)]
    pub last_transition: Option<TransitionView>,
}

/// The state of a breaker. Closed: calls flow. Open: calls are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls flow.
    Closed,
    /// Calls are refused.
    Open,
    /// A few probes are let through.
    HalfOpen,
    /// Calls are refused, by order of an operator.
    ForcedOpen,
    /// Calls flow, uncounted, by order of an operator.
    Disabled,
    /// Calls flow and are counted, and nothing follows from it, by order of an operator.
    MetricsOnly,
}

impl BreakerState {
    /// Every state, in the order of severity.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::MetricsOnly,
        Self::Disabled,
        Self::HalfOpen,
        Self::Open,
        Self::ForcedOpen,
    ];

    /// The name, as in JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
            Self::ForcedOpen => "forcedOpen",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metricsOnly",
        }
    }
}

/// What a breaker's window holds.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowView {
    /// Calls that ended in the window.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Those of them that were slow.
    pub slow: u64,
    /// Failures by calls; 0 where there were no calls.
    pub failure_rate: f64,
}

/// The rules a breaker goes by; `null` is a rule that is off.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// Length of the window; `null` where it is one of calls.
    #[schema(required)]
    pub window_ms: Option<u64>,
    /// Calls of the window; `null` where it is one of time.
    #[schema(required)]
    pub window_calls: Option<u32>,
    /// How the rules are joined: `any` or `all`.
    pub trip_when: &'static str,
    /// Share of failed calls that trips.
    #[schema(required)]
    pub failure_rate: Option<f64>,
    /// A call that takes longer is slow.
    #[schema(required)]
    pub slow_call_over_ms: Option<u64>,
    /// Share of slow calls that trips.
    #[schema(required)]
    pub slow_call_rate: Option<f64>,
    /// Failures in a row that trip.
    #[schema(required)]
    pub consecutive_failures: Option<u32>,
    /// Time-outs in a row that trip.
    #[schema(required)]
    pub consecutive_timeouts: Option<u32>,
    /// Calls the window must hold before the rates count.
    pub min_calls: u32,
    /// First time it stays open.
    pub open_for_ms: u64,
    /// Longest time it stays open.
    pub max_open_for_ms: u64,
    /// Probes at a time.
    pub half_open_permits: u32,
    /// Time from one probe to the next; 0 is no pace.
    pub half_open_every_ms: u64,
    /// A probe that takes longer has failed.
    pub half_open_timeout_ms: u64,
    /// Successful probes that close it.
    pub half_open_successes: u32,
    /// How long it waits for probes that are under way.
    pub half_open_max_stay_ms: u64,
}

/// One move of a breaker.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransitionView {
    /// The state it left.
    pub from: BreakerState,
    /// The state it went to.
    pub to: BreakerState,
    /// Which rule, its limit, and what was observed.
    pub cause: String,
    /// The operator who ordered it; `null` where it followed from rules or times.
    #[schema(required)]
    pub author: Option<String>,
    /// When.
    pub at: Stamp,
}

/// The breakers of one name and scope, of which there is one for each key.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeysView {
    /// What they share: the name.
    pub name: String,
    /// What a key stands for: `tenant`, `route`.
    pub scope: String,
    /// Where they live.
    pub path: Path,
    /// Keys that have a gate of their own.
    pub keys: u32,
    /// How many may.
    pub max_keys: u32,
    /// Those that have a breaker at work, because something was wrong with them lately.
    pub breakers: u32,
    /// Those that are in another state than closed.
    pub not_closed: u32,
    /// Calls that found no room for their key, and shared one breaker.
    pub turned_away: u64,
}
