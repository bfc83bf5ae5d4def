//! Time, counted in tokens: what a rate gives back.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hedgerow_config::Rate;

/// Parts of a token that are told apart. With them a million tokens a second are counted for 17 years, and one in an hour to
/// a quarter of a second.
pub(super) const TOKEN: u64 = 1 << 14;

/// Bits behind the point of a pace.
const FRACTION: u32 = 56;

/// The furthest that is counted; far from what sums could overflow.
const FURTHEST: u64 = u64::MAX / 2;

/// How many parts of tokens a rate has given at an instant, since the first pace of its line began. It goes on where the
/// pace before it was when the first request meets it.
pub(super) struct Pace {
    /// Parts of a token in a nanosecond, with [`FRACTION`] bits behind the point; rounded down, so that a rate gives never more
    /// than it says.
    each_nanosecond: u64,
    begun: OnceLock<Begun>,
    /// Taken when this one begins.
    before: Mutex<Option<Arc<Pace>>>,
}

/// When a pace began, and what had been given by then.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// In nanoseconds of the clock.
    at: u64,
    given: u64,
}

impl Pace {
    /// The first of a line. It has given one part already: a bucket that was never used is behind that.
    pub(super) fn new(rate: Rate) -> Self {
        let begun = Begun { at: 0, given: 1 };
        Self {
            begun: OnceLock::from(begun),
            ..Self::after(rate, None)
        }
    }

    /// One that goes on where this one is.
    pub(super) fn follow(self: &Arc<Self>, rate: Rate) -> Self {
        // One that no request has met is left out: a line does not grow by changes that nobody saw.
        let unmet = self.begun.get().is_none();
        let earlier = unmet.then(|| self.lock_before().clone()).flatten();
        Self::after(rate, Some(earlier.unwrap_or_else(|| Arc::clone(self))))
    }

    fn after(rate: Rate, before: Option<Arc<Self>>) -> Self {
        let parts = (u128::from(rate.requests) * u128::from(TOKEN)) << FRACTION;
        let each_nanosecond = parts / rate.per.length().as_nanos();
        Self {
            each_nanosecond: u64::try_from(each_nanosecond).unwrap_or(u64::MAX),
            begun: OnceLock::new(),
            before: Mutex::new(before),
        }
    }

    fn lock_before(&self) -> std::sync::MutexGuard<'_, Option<Arc<Self>>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been given at this instant. Where this is the first time that anybody asks, `begins` is told what had been
    /// given by then, before anybody else is answered. A clock behind the pace's beginning stands still there.
    #[inline]
    pub(super) fn given(&self, now: Duration, begins: &dyn Fn(u64)) -> u64 {
        let begun = match self.begun.get() {
            Some(begun) => begun,
            None => self.begin(now, begins),
        };
        let nanoseconds = nanoseconds(now).saturating_sub(begun.at);
        let parts = (u128::from(nanoseconds) * u128::from(self.each_nanosecond)) >> FRACTION;
        let parts = u64::try_from(parts).unwrap_or(FURTHEST);
        begun.given.saturating_add(parts).min(FURTHEST)
    }

    #[cold]
    fn begin(&self, now: Duration, begins: &dyn Fn(u64)) -> &Begun {
        self.begun.get_or_init(|| {
            let before = self.lock_before().take();
            let given = before.map_or(1, |before| before.given(now, &|_| {}));
            begins(given);
            let at = nanoseconds(now);
            Begun { at, given }
        })
    }

    pub(super) fn each_nanosecond(&self) -> u64 {
        self.each_nanosecond
    }

    /// What the rate gives in this time.
    pub(super) fn parts_in(&self, time: Duration) -> u64 {
        let parts = (u128::from(nanoseconds(time)) * u128::from(self.each_nanosecond)) >> FRACTION;
        u64::try_from(parts).unwrap_or(FURTHEST)
    }
}

/// How long a pace takes that gives so much in a nanosecond to give so many parts, rounded up.
pub(super) fn time_for(parts: u64, each_nanosecond: u64) -> Duration {
    let nanoseconds = (u128::from(parts) << FRACTION).div_ceil(u128::from(each_nanosecond.max(1)));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// Without the 128 bits that a `Duration` can have: 584 years.
#[inline]
fn nanoseconds(time: Duration) -> u64 {
    time.as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(time.subsec_nanos()))
}
