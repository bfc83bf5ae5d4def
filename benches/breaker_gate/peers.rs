//! Crates that take a closure, as they come.

use std::time::Duration;

use failsafe::failure_policy::{self, ConsecutiveFailures, FailurePolicy};
use failsafe::{CircuitBreaker, Config, StateMachine, backoff};

use crate::contestants::{Breaker, CallError, Failed};

/// Longer than the bench runs.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

/// The `failsafe` crate: a mutex, taken twice for each call.
pub(crate) struct Failsafe<P>(StateMachine<P, ()>);

impl Failsafe<ConsecutiveFailures<backoff::Constant>> {
    /// Its cheapest policy, with the limit that Hedgerow has by default.
    pub(crate) fn consecutive() -> Self {
        let policy = failure_policy::consecutive_failures(7, backoff::constant(LONG));
        Self(Config::new().failure_policy(policy).build())
    }
}

impl Failsafe<()> {
    /// What its users get who set nothing, 80 % successes over a window of 30 s, or five failures in a row; but that it
    /// stays open for an hour in place of 5 s or more, which a busy machine may take for a contest.
    pub(crate) fn by_default() -> Failsafe<impl FailurePolicy + Send + Sync> {
        let (window, open) = (Duration::from_secs(30), backoff::constant(LONG));
        let policy = failure_policy::success_rate_over_time_window(0.8, 5, window, open.clone())
            .or_else(failure_policy::consecutive_failures(5, open));
        Failsafe(Config::new().failure_policy(policy).build())
    }
}

impl<P: FailurePolicy + Send + Sync> Breaker for Failsafe<P> {
    type Refusal = ();

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        self.0.call(call).map_err(|error| match error {
            failsafe::Error::Inner(failed) => CallError::Failed(failed),
            failsafe::Error::Rejected => CallError::Refused(()),
        })
    }
}

/// The `recloser` crate: an epoch pinned for each call, and a ring behind a spin lock.
pub(crate) struct Recloser(recloser::Recloser);

impl Recloser {
    /// Half of the last 100 calls, which is its default.
    pub(crate) fn last_calls() -> Self {
        Self(
            recloser::Recloser::custom()
                .error_rate(0.5)
                .closed_len(100)
                .open_wait(LONG)
                .build(),
        )
    }
}

impl Breaker for Recloser {
    type Refusal = ();

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        self.0.call(call).map_err(|error| match error {
            recloser::Error::Inner(failed) => CallError::Failed(failed),
            recloser::Error::Rejected => CallError::Refused(()),
        })
    }
}
