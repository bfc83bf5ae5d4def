//! What the actors of the tests show.

use std::time::{Duration, SystemTime};

use hedgerow_view::breaker::{BreakerState, BreakerView, PolicyView, TransitionView, WindowView};
use hedgerow_view::chain::{ChainView, NodeView, QuarantinedRequestView};
use hedgerow_view::upstream::{EndpointView, RetriesView, UpstreamView};
use hedgerow_view::{Identity, Path, StoreView, View};

pub const CLOSED: &str = "127.0.0.1:9001";
pub const OPEN: &str = "127.0.0.1:9002";
/// A key that needs escaping.
pub const HALF_OPEN: &str = "<b>a/b</b>";

#[allow(
    clippy::disallowed_methods,
    reason = "a stamp for people: no test measures with it"
)]
fn in_seconds(seconds: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds)
}

/// The breaker of one of the three endpoints.
pub fn breaker(path: &Path, addr: &str) -> View {
    let (state, calls, failures, cause) = match addr {
        CLOSED => (BreakerState::Closed, 1_284, 31, None),
        OPEN => (
            BreakerState::Open,
            40,
            25,
            Some("failureRate: limit 0.5, observed 0.625"),
        ),
        _ => (
            BreakerState::HalfOpen,
            2,
            1,
            Some("openFor: limit 1s, observed 1s"),
        ),
    };
    View::Breaker(BreakerView {
        id: Identity::keyed("breaker", "payments", "endpoint", addr),
        path: path.clone(),
        state,
        fenced: false,
        persisted: state != BreakerState::HalfOpen,
        since: SystemTime::UNIX_EPOCH.into(),
        half_open_at: (state == BreakerState::Open).then(|| in_seconds(12).into()),
        window: WindowView {
            calls,
            failures,
            slow: 0,
            failure_rate: failures as f64 / calls as f64,
        },
        policy: Box::new(PolicyView {
            window_ms: Some(10_000),
            window_calls: None,
            trip_when: "any",
            failure_rate: Some(0.5),
            slow_call_over_ms: None,
            slow_call_rate: None,
            consecutive_failures: Some(7),
            consecutive_timeouts: Some(5),
            min_calls: 20,
            open_for_ms: 1_000,
            max_open_for_ms: 60_000,
            half_open_permits: 3,
            half_open_every_ms: 0,
            half_open_timeout_ms: 1_500,
            half_open_successes: 2,
            half_open_max_stay_ms: 30_000,
        }),
        last_transition: cause.map(|cause| TransitionView {
            from: if state == BreakerState::Open {
                BreakerState::Closed
            } else {
                BreakerState::Open
            },
            to: state,
            cause: cause.into(),
            author: None,
            at: SystemTime::UNIX_EPOCH.into(),
        }),
    })
}

pub fn upstream(path: &Path) -> View {
    let endpoint = |addr: &str, state, failures| EndpointView {
        addr: addr.into(),
        state,
        weight: 1,
        priority: 0,
        excluded: Vec::new(),
        ewma_ms: Some(4.2),
        in_flight: 3,
        successes: 12_840,
        failures,
        dials: 14,
        dial_failures: 2,
        resent: 6,
        broken_answers: 1,
        idle: 4,
        ejected_until: (addr == OPEN).then(|| in_seconds(12).into()),
        ejections: 2,
        health: (addr != HALF_OPEN).then_some(if addr == OPEN { "unhealthy" } else { "healthy" }),
        health_checks: 40,
        health_check_failures: 3,
    };
    View::Upstream(UpstreamView {
        id: Identity::new("upstream", "payments"),
        path: path.clone(),
        balance: "p2cEwma",
        panicking: false,
        calls: 25_930,
        refused: 17,
        unreached: None,
        discovery: None,
        retries: RetriesView {
            retries: 40,
            budget: 2_560,
            ..RetriesView::default()
        },
        mirror: None,
        endpoints: vec![
            endpoint(CLOSED, BreakerState::Closed, 31),
            endpoint(OPEN, BreakerState::Open, 250),
            endpoint(HALF_OPEN, BreakerState::HalfOpen, 12),
        ],
    })
}

pub fn chain(path: &Path) -> View {
    View::Chain(ChainView {
        id: Identity::new("chain", "edge"),
        path: path.clone(),
        revision: 3,
        nodes: vec![NodeView {
            name: "route".into(),
            kind: "route",
            state: "enabled",
            standing: "served",
            calls: 7,
            refused: 2,
            errors: 5,
            panics: 1,
            p50_ns: Some(240),
            p99_ns: Some(9_472),
            skipped: 4,
            spawned: 9,
            working: 3,
            overdue: 1,
            gauges: Default::default(),
        }],
        refused: 11,
        quarantined: vec![QuarantinedRequestView {
            node: "route".into(),
            fingerprint: "00000000000000ff".into(),
            crashes: 3,
            refused: 7,
            left_ms: 540_000,
        }],
        edits: Vec::new(),
    })
}

pub fn durable_store() -> StoreView {
    StoreView {
        backend: "sled".into(),
        durable: true,
        problem: None,
        saved: 12,
        failed: 0,
    }
}

pub fn lost_store() -> StoreView {
    StoreView {
        backend: "memory".into(),
        durable: false,
        problem: Some("no space left\non the disk".into()),
        saved: 12,
        failed: 1,
    }
}
