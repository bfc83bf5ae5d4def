//! What a breaker publishes of itself, whenever it has looked at its gate.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hedgerow_config::{BreakerPolicy, TripWhen, WindowLength};
use hedgerow_gate::{State, Sums};
use hedgerow_view::breaker::{BreakerState, PolicyView, TransitionView, WindowView};

use super::{Held, Machine};

/// A machine, as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The save that speaks for it.
    pub(crate) save: u64,
    pub(crate) state: BreakerState,
    pub(super) since: SystemTime,
    pub(super) half_open_at: Option<SystemTime>,
    pub(crate) window: WindowView,
    /// The gate's sums at the last look: its fuse is armed for what comes after them.
    pub(crate) seen: Sums,
    pub(super) policy: PolicyView,
    pub(crate) last_transition: Option<TransitionView>,
    /// The last transition's rule, limit and observed value.
    pub(super) last_cause: Option<[String; 3]>,
    /// Who ordered the state, where it is forced.
    pub(super) forced_by: Option<Box<str>>,
}

impl Shown {
    pub(super) fn of(machine: &Machine, save: u64, seen: Sums) -> Self {
        let Held {
            calls,
            failures,
            slow,
        } = Held::from(machine.window().totals());
        Self {
            save,
            seen,
            state: state(machine.state()),
            since: wall(machine.since_unix_ms()),
            half_open_at: machine.half_open_at_unix_ms().map(wall),
            window: WindowView {
                calls,
                failures,
                slow,
                failure_rate: if calls == 0 {
                    0.0
                } else {
                    failures as f64 / calls as f64
                },
            },
            policy: shown_policy(machine.policy()),
            last_transition: machine.last_transition().map(|last| TransitionView {
                from: state(last.from),
                to: state(last.to),
                cause: last.cause.clone(),
                author: last.author.as_deref().map(str::to_owned),
                at: wall(last.at).into(),
            }),
            last_cause: machine
                .last_transition()
                .map(|last| [last.rule.clone(), last.limit.clone(), last.observed.clone()]),
            forced_by: machine.forced_by().map(Into::into),
        }
    }
}

fn shown_policy(policy: &BreakerPolicy) -> PolicyView {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (window_ms, window_calls) = match policy.window {
        WindowLength::Time(time) => (Some(ms(time)), None),
        WindowLength::Calls(calls) => (None, Some(calls)),
    };
    PolicyView {
        window_ms,
        window_calls,
        trip_when: match policy.trip_when {
            TripWhen::Any => "any",
            TripWhen::All => "all",
        },
        failure_rate: policy.failure_rate,
        slow_call_over_ms: policy.slow_call.map(|slow| ms(slow.over)),
        slow_call_rate: policy.slow_call.map(|slow| slow.rate),
        consecutive_failures: policy.consecutive_failures,
        consecutive_timeouts: policy.consecutive_timeouts,
        min_calls: policy.min_calls,
        open_for_ms: ms(policy.open_for.initial),
        max_open_for_ms: ms(policy.open_for.max),
        half_open_permits: policy.half_open.permits,
        half_open_every_ms: ms(policy.half_open.every),
        half_open_timeout_ms: ms(policy.half_open.timeout),
        half_open_successes: policy.half_open.successes,
        half_open_max_stay_ms: ms(policy.half_open.max_stay),
    }
}

/// The state as the API names it.
pub(crate) fn state(state: State) -> BreakerState {
    match state {
        State::Closed => BreakerState::Closed,
        State::Open => BreakerState::Open,
        State::HalfOpen => BreakerState::HalfOpen,
        State::ForcedOpen => BreakerState::ForcedOpen,
        State::Disabled => BreakerState::Disabled,
        State::MetricsOnly => BreakerState::MetricsOnly,
    }
}

fn wall(unix_ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(unix_ms)
}
