//! What pools, factories and the exporter show.

use hedgerow_view::factory::{FactorySloView, FactoryView};
use hedgerow_view::pool::{ContractView, MeasuredView, PoolView};
use hedgerow_view::telemetry::{SignalView, TelemetryView};
use hedgerow_view::{Identity, Path, View};

pub(crate) fn factory(path: &Path) -> View {
    View::Factory(FactoryView {
        id: Identity::new("factory", "ledger"),
        path: path.clone(),
        scope: "global",
        unmade: None,
        problem: None,
        there: 1,
        making: 0,
        resting: 0,
        max_keys: None,
        leased: 9_120,
        refused: 3,
        waited: 12,
        attempts: 2,
        failures: 1,
        made: 1,
        invalidated: 0,
        reset: 0,
        expired: 0,
        unused: 0,
        open: 1,
        slo: FactorySloView {
            cold_start_ms: 800,
            first_time_success: 0.9995,
            window_ms: 3_600_000,
            attempts: 1,
            observed: Some(0.0),
            slowest_ms: None,
            breached: true,
        },
    })
}

pub(crate) fn exporter(path: &Path) -> View {
    View::Telemetry(TelemetryView {
        path: path.clone(),
        collector: "http://127.0.0.1:4318".to_owned(),
        signals: vec![SignalView {
            signal: "logs",
            waiting: 17,
            exported: 900,
            dropped: 5,
            failures: 2,
            problem: None,
            rejected: 3,
            rejected_because: None,
        }],
    })
}

pub(crate) fn pool(path: &Path) -> View {
    View::Pool(PoolView {
        id: Identity::new("pool", "payments"),
        path: path.clone(),
        leases: 200,
        max_leases: 200,
        waiting: 31,
        max_waiting: 1_024,
        drained: false,
        idle: 0,
        existing: 200,
        borrowed: 900,
        returned: 700,
        failed: 12,
        waited: 40,
        refused: 3,
        timed_out: 4,
        gone_away: 2,
        hits: 690,
        hits_elsewhere: 5,
        made: 210,
        make_failures: 1,
        hit_rate: Some(0.77),
        closed_idle: 6,
        closed_aged: 2,
        closed_broken: 1,
        closed_surplus: 1,
        contract: ContractView {
            min_keep_alive_ms: 30_000,
            max_life_ms: None,
            p95_latency_ms: Some(120),
            error_rate: None,
            window_ms: 60_000,
        },
        measured: MeasuredView {
            leases: 300,
            p95_latency_ms: Some(140.5),
            error_rate: Some(0.01),
        },
        broken: vec!["p95Latency"],
        overdue: 1,
        leaks: Vec::new(),
    })
}
