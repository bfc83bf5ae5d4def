//! What all contestants can do, and the one that is no breaker.

use std::hint::black_box;

/// Every so many calls one fails; [`NEVER`] is none.
pub(crate) type FailEvery = u64;

/// No call fails.
pub(crate) const NEVER: FailEvery = u64::MAX;

/// The call was made, and failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

/// How a call ended that brought nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CallError<R> {
    Failed(Failed),
    Refused(R),
}

/// Something that guards a call made by a closure. Each uses what its own users would: a guard, a closure, a lock.
pub(crate) trait Breaker: Sync {
    /// What a caller is told who is refused.
    type Refusal;

    /// Makes the call, unless it is refused.
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<Self::Refusal>>;
}

/// Something that guards calls, whatever the shape of a call is.
pub(crate) trait Contestant: Sync {
    /// Does `count` calls, each `fail_every`th of which fails.
    fn calls(&self, count: u64, fail_every: FailEvery);

    /// Whether it refuses now. Where it does not, a call is made, and fails.
    fn refuses(&self) -> bool;

    /// Fails calls until it refuses.
    fn trip(&self) {
        // Bounded: the slowest rule here needs a hundred calls, and an owner may need a moment to open.
        let mut attempts = 0;
        while !self.refuses() {
            attempts += 1;
            assert!(attempts < 1_000_000, "it does not trip");
            std::thread::yield_now();
        }
    }
}

impl<B: Breaker> Contestant for B {
    fn calls(&self, count: u64, fail_every: FailEvery) {
        let mut works = Works::of(count, fail_every);
        for _ in 0..count {
            let fails = works.next_fails();
            let state = &mut works.state;
            let _ = black_box(self.call(|| {
                *state = work(*state);
                if black_box(fails) { Err(Failed) } else { Ok(*state) }
            }));
        }
    }

    fn refuses(&self) -> bool {
        matches!(self.call(|| Err(Failed)), Err(CallError::Refused(_)))
    }
}

/// What the calls of a batch work on, and which of them fail.
pub(crate) struct Works {
    /// Goes from each call to the next.
    pub(crate) state: u64,
    left: u64,
    fail_every: FailEvery,
}

impl Works {
    pub(crate) fn of(seed: u64, fail_every: FailEvery) -> Self {
        Self {
            state: seed,
            left: fail_every,
            fail_every,
        }
    }

    /// Whether the next call fails.
    #[inline]
    pub(crate) fn next_fails(&mut self) -> bool {
        self.left -= 1;
        let fails = self.left == 0;
        if fails {
            self.left = self.fail_every;
        }
        fails
    }
}

/// One or two nanoseconds that the compiler can neither leave out nor overlap with the next call's.
#[inline]
pub(crate) fn work(state: u64) -> u64 {
    black_box(state)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(17)
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
