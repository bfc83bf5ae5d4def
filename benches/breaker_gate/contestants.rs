//! What all contestants can do, and those that need few words.

use std::time::Duration;

use failsafe::failure_policy::{self, ConsecutiveFailures, FailurePolicy};
use failsafe::{CircuitBreaker, Config, StateMachine, backoff};

/// The call was made, and failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

/// How a call ended that brought nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CallError<R> {
    Failed(Failed),
    Refused(R),
}

/// Something that guards a call. Each uses what its own users would: a guard, a closure, a lock.
pub(crate) trait Breaker {
    /// What a caller is told who is refused.
    type Refusal;

    /// Makes the call, unless it is refused.
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<Self::Refusal>>;
}

/// A breaker that can be made to refuse.
pub(crate) trait Refusable {
    /// Fails calls until it refuses.
    fn trip(&self);

    /// Whether it refuses now.
    fn refuses(&self) -> bool;
}

impl<B: Breaker> Refusable for B {
    fn trip(&self) {
        // Bounded: the slowest rule here needs a hundred calls, and an owner may need a moment to open.
        let mut attempts = 0;
        while !self.refuses() {
            attempts += 1;
            assert!(attempts < 1_000_000, "it does not trip");
            let _ = self.call(|| Err(Failed));
            std::thread::yield_now();
        }
    }

    fn refuses(&self) -> bool {
        matches!(self.call(|| Err(Failed)), Err(CallError::Refused(_)))
    }
}

/// The work alone.
pub(crate) struct NoBreaker;

impl Breaker for NoBreaker {
    type Refusal = ();

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        call().map_err(CallError::Failed)
    }
}

/// The `failsafe` crate: a mutex, taken twice for each call.
pub(crate) struct Failsafe<P>(StateMachine<P, ()>);

/// Longer than the bench runs.
const LONG: Duration = Duration::from_secs(3_600);

impl Failsafe<ConsecutiveFailures<backoff::Constant>> {
    /// Its cheapest policy, with the limit that Hedgerow has by default.
    pub(crate) fn consecutive() -> Self {
        let policy = failure_policy::consecutive_failures(7, backoff::constant(LONG));
        Self(Config::new().failure_policy(policy).build())
    }
}

impl Failsafe<()> {
    /// What its users get who set nothing: 80 % successes over a window of 30 s, or five failures in a row. It opens
    /// for 5 s at least, so that the contest of open breakers must be over by then.
    pub(crate) fn by_default() -> Failsafe<impl FailurePolicy + Send + Sync> {
        Failsafe(Config::new().build())
    }
}

impl<P: FailurePolicy> Breaker for Failsafe<P> {
    type Refusal = ();

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        self.0.call(call).map_err(|error| match error {
            failsafe::Error::Inner(failed) => CallError::Failed(failed),
            failsafe::Error::Rejected => CallError::Refused(()),
        })
    }
}
