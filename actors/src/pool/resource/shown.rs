//! What the actor of a pool publishes, and what is shown of a pool.

use std::time::Duration;

use hedgerow_supervisor::Inspect;
use hedgerow_view::pool::{ContractView, LeakView, MeasuredView, PoolView};
use hedgerow_view::{Path, View};

use super::contract::Measured;
use super::figures::Count;
use super::holding::Held;
use super::slot::PoolSlot;

/// Leaks that are shown one by one, the oldest first.
pub(super) const SHOWN_LEAKS: usize = 20;

/// What the actor found out when it looked last.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) measured: Measured,
    pub(super) broken: Vec<&'static str>,
    /// Leases that are out for too long, the oldest first: as many as are shown.
    pub(super) leaks: Vec<Held>,
    /// All of them.
    pub(super) overdue: usize,
}

impl Inspect for PoolSlot {
    fn view(&self, path: &Path) -> View {
        let census = self.desk.bound.census();
        let sums = self.desk.figures.sums();
        let (idle, existing) = self.idle().map_or((0, 0), |idle| idle.census());
        let shown = self.shown.load();
        let now = self.now();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let policy = &self.policy;
        View::Pool(PoolView {
            id: self.id.clone(),
            path: path.clone(),
            leases: census.out.into(),
            max_leases: policy.max_leases.into(),
            waiting: census.waiting.into(),
            max_waiting: policy.max_waiting.into(),
            drained: census.is_closed,
            idle: idle as u64,
            existing: existing as u64,
            borrowed: sums.of(Count::Given),
            returned: sums.of(Count::Returned),
            failed: sums.of(Count::Failed),
            waited: sums.of(Count::Waited),
            refused: sums.of(Count::Refused),
            timed_out: sums.of(Count::TimedOut),
            gone_away: sums.of(Count::GoneAway),
            hits: sums.of(Count::FromShelf) + sums.of(Count::FromElsewhere),
            hits_elsewhere: sums.of(Count::FromElsewhere),
            made: sums.of(Count::Made),
            make_failures: sums.of(Count::NotMade),
            hit_rate: sums.hit_rate(),
            closed_idle: sums.of(Count::Idle),
            closed_aged: sums.of(Count::Aged),
            closed_broken: sums.of(Count::Broken),
            closed_surplus: sums.of(Count::Surplus),
            contract: ContractView {
                min_keep_alive_ms: ms(policy.min_keep_alive),
                max_life_ms: policy.max_life.map(ms),
                p95_latency_ms: policy.slo.p95_latency.map(ms),
                error_rate: policy.slo.error_rate,
                window_ms: ms(policy.slo.window),
            },
            measured: MeasuredView {
                leases: shown.measured.ended,
                p95_latency_ms: shown.measured.p95_latency.map(|time| time.as_secs_f64() * 1e3),
                error_rate: shown.measured.error_rate,
            },
            broken: shown.broken.clone(),
            overdue: shown.overdue as u64,
            leaks: shown
                .leaks
                .iter()
                .map(|held| LeakView {
                    taken_at: held.site.to_string(),
                    trace_id: (held.trace != 0).then(|| format!("{:032x}", held.trace)),
                    age_ms: ms(now.saturating_sub(held.since)),
                })
                .collect(),
        })
    }
}
