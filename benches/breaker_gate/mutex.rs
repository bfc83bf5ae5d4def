//! A breaker as one would write it in an afternoon: all its state behind one mutex of the standard library.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::contestants::{Breaker, CallError, Failed};

/// Calls that the window holds.
const WINDOW: u32 = 100;

/// Failures among them that trip.
const LIMIT: u32 = 50;

/// How long it is open: longer than the bench runs.
const OPEN_FOR: Duration = Duration::from_secs(3_600);

/// Trips when half of the last 100 calls failed. The lock is taken twice for each call, and not held during it.
#[derive(Default)]
pub(crate) struct MutexBreaker(Mutex<State>);

#[derive(Default)]
struct State {
    /// Set while it refuses.
    open_until: Option<Instant>,
    /// One probe is let through after the open time.
    probing: bool,
    /// The last calls, the newest in the lowest bit; failures are ones.
    last: u128,
    failures: u32,
    calls: u32,
}

impl MutexBreaker {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_admitted(&self) -> Result<(), Instant> {
        let mut state = self.lock();
        match state.open_until {
            None => Ok(()),
            Some(until) if state.probing || now() < until => Err(until),
            Some(_) => {
                state.probing = true;
                Ok(())
            }
        }
    }

    fn record(&self, failed: bool) {
        let mut state = self.lock();
        if state.probing {
            *state = State::default();
            if failed {
                state.open_until = Some(now() + OPEN_FOR);
            }
        } else if state.count(failed) {
            state.open_until = Some(now() + OPEN_FOR);
        }
    }
}

impl State {
    /// Takes a call into the window, and says whether to trip.
    fn count(&mut self, failed: bool) -> bool {
        let oldest = (self.last >> (WINDOW - 1)) & 1;
        self.failures -= u32::from(oldest == 1);
        self.failures += u32::from(failed);
        self.last = ((self.last << 1) | u128::from(failed)) & ((1 << WINDOW) - 1);
        self.calls = (self.calls + 1).min(WINDOW);
        failed && self.calls == WINDOW && self.failures >= LIMIT
    }
}

impl Breaker for MutexBreaker {
    /// When to try again.
    type Refusal = Instant;

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<Instant>> {
        self.is_admitted().map_err(CallError::Refused)?;
        let result = call();
        self.record(result.is_err());
        result.map_err(CallError::Failed)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a breaker that is compared with ours reads the clock itself"
)]
fn now() -> Instant {
    Instant::now()
}
