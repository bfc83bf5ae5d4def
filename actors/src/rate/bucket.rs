//! One bucket, and what `governor` decides by.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::pace::TOKEN;

/// A theoretical arrival time, in parts of a token. One that time has caught up with is as good as one that was never used;
/// 0 is the latter.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

/// What came of asking a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Admitted.
    Admitted,
    /// Refused: so many parts are missing.
    Missing(u64),
    /// The bucket is not whose it was.
    Lost,
}

/// The TAT of a bucket that is being given to another key. Time never comes there.
const IN_TRANSIT: u64 = u64::MAX;

impl Bucket {
    /// Asks for one token where `given` is what has been given so far, and `burst` may be outstanding. `is_whose` says after
    /// each reading whether the bucket is still whose it is taken for.
    #[inline]
    pub(super) fn ask(&self, given: u64, burst: NonZeroU32, is_whose: impl Fn() -> bool) -> Answer {
        let reading = Reading(given.into());
        let store = Store {
            tat: &self.0,
            given,
            is_whose,
        };
        // A token is what `governor` takes for as many nanoseconds: it never learns what time it is, and needs not to.
        let quota = Quota::with_period(Duration::from_nanos(TOKEN)).map(|quota| quota.allow_burst(burst));
        let Some(quota) = quota else {
            unreachable!("a token is not nothing")
        };
        let limiter = RateLimiter::<_, _, _, NoOpMiddleware<Nanos>>::new(quota, store, reading);
        match limiter.check() {
            Ok(()) => Answer::Admitted,
            Err(until) => {
                let missing = until.wait_time_from(reading.0);
                let missing = u64::try_from(missing.as_nanos()).unwrap_or(u64::MAX);
                let store = limiter.into_state_store();
                // What was read may have been another's by then.
                if store.tat.load(Ordering::Acquire) == IN_TRANSIT || !(store.is_whose)() {
                    Answer::Lost
                } else {
                    Answer::Missing(missing)
                }
            }
        }
    }

    /// What is outstanding where so much has been given.
    pub(super) fn outstanding(&self, given: u64) -> u64 {
        self.tat().saturating_sub(given)
    }

    pub(super) fn tat(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Has at most this much outstanding where so much has been given.
    pub(super) fn cut(&self, given: u64, most: u64) {
        let furthest = given.saturating_add(most);
        let cut = |tat| (tat != IN_TRANSIT && tat > furthest).then_some(furthest);
        // Where there is nothing to cut, that is as good.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, cut);
    }

    /// Takes it from its key, unless it is in use: nothing has been outstanding for a while where so much has been given. Who
    /// has taken it gives it on.
    pub(super) fn take(&self, given: u64) -> bool {
        let tat = self.tat();
        tat < given
            && self
                .0
                .compare_exchange(tat, IN_TRANSIT, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Gives one that was taken to another key, with nothing outstanding. So its TAT is later than any that it had under
    /// the key before, and whoever read one of those cannot swap it.
    pub(super) fn give(&self, given: u64) {
        self.give_with(given);
    }

    /// The same, with this TAT.
    pub(super) fn give_with(&self, tat: u64) {
        self.0.store(tat, Ordering::Release);
    }

    /// Has at least this TAT.
    pub(super) fn raise(&self, tat: u64) {
        self.0.fetch_max(tat, Ordering::AcqRel);
    }
}

/// The request's reading of the clock, in parts of a token.
#[derive(Debug, Clone, Copy)]
struct Reading(Nanos);

impl Clock for Reading {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0
    }
}

/// A bucket, as `governor` sees it: its times begin at the reading that it was made with, so it is told how far the TAT lies
/// ahead of it.
struct Store<'a, F> {
    tat: &'a AtomicU64,
    given: u64,
    is_whose: F,
}

impl<F: Fn() -> bool> StateStore for Store<'_, F> {
    type Key = NotKeyed;

    #[inline]
    fn measure_and_replace<T, D, E>(&self, _: &NotKeyed, decide: D) -> Result<T, E>
    where
        D: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut tat = self.tat.load(Ordering::Acquire);
        loop {
            // The TAT was read before: where it is still the same when it is swapped, the bucket was whose it is said to be.
            let of_key = (self.is_whose)();
            let ahead = if of_key {
                tat.saturating_sub(self.given)
            } else {
                FAR
            };
            let (decided, next) = decide(Some(ahead.into()))?;
            let next = self.given.saturating_add(next.as_u64());
            match self
                .tat
                .compare_exchange_weak(tat, next, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Ok(decided),
                Err(found) => tat = found,
            }
        }
    }
}

/// Further ahead than any burst: nothing is admitted. Sums with it do not overflow.
const FAR: u64 = u64::MAX / 4;
