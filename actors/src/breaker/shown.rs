//! What a breaker publishes of itself, whenever it has looked at its gate.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hedgerow_gate::State;
use hedgerow_view::breaker::{BreakerState, PolicyView, TransitionView, WindowView};

use super::{Held, Machine};

/// A machine, as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The save that speaks for it.
    pub(super) save: u64,
    pub(super) state: BreakerState,
    pub(super) since: SystemTime,
    pub(super) half_open_at: Option<SystemTime>,
    pub(super) window: WindowView,
    pub(super) policy: PolicyView,
    pub(super) last_transition: Option<TransitionView>,
    /// The last transition's rule, limit and observed value.
    pub(super) last_cause: Option<[String; 3]>,
}

impl Shown {
    pub(super) fn of(machine: &Machine, save: u64) -> Self {
        let Held { calls, failures } = Held::from(machine.window().totals());
        let policy = machine.policy();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            save,
            state: state(machine.state()),
            since: wall(machine.since_unix_ms()),
            half_open_at: machine.half_open_at_unix_ms().map(wall),
            window: WindowView {
                calls,
                failures,
                slow: 0,
                failure_rate: if calls == 0 {
                    0.0
                } else {
                    failures as f64 / calls as f64
                },
            },
            policy: PolicyView {
                window_ms: ms(policy.window),
                failure_rate: policy.failure_rate,
                consecutive_failures: policy.consecutive_failures,
                min_calls: policy.min_calls,
                open_for_ms: ms(policy.open_for.initial),
                max_open_for_ms: ms(policy.open_for.max),
                half_open_permits: policy.half_open.permits,
                half_open_successes: policy.half_open.successes,
            },
            last_transition: machine.last_transition().map(|last| TransitionView {
                from: state(last.from),
                to: state(last.to),
                cause: last.cause.clone(),
                at: wall(last.at).into(),
            }),
            last_cause: machine
                .last_transition()
                .map(|last| [last.rule.clone(), last.limit.clone(), last.observed.clone()]),
        }
    }
}

/// The state as the API names it.
pub(crate) fn state(state: State) -> BreakerState {
    match state {
        State::Closed => BreakerState::Closed,
        State::Open => BreakerState::Open,
        State::HalfOpen => BreakerState::HalfOpen,
    }
}

fn wall(unix_ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(unix_ms)
}
