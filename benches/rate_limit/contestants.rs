//! Ours, and governor as it comes.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::MonotonicClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, RateLimiter};
use hedgerow_actors::rate::{Limiter, Over};
use hedgerow_config::{LimitKey, RateLimit};

/// The same for all contestants.
pub(crate) struct Quota {
    ours: RateLimit,
    theirs: governor::Quota,
}

impl Quota {
    /// One that is never used up.
    pub(crate) fn ample() -> Self {
        Self {
            ours: RateLimit::per_second(1_000_000).burst(u32::MAX),
            theirs: governor::Quota::per_second(count(1_000_000)).allow_burst(count(u32::MAX)),
        }
    }

    /// One that admits the first request of the bench and no other.
    pub(crate) fn used_up() -> Self {
        Self {
            ours: RateLimit::per_hour(1).burst(1),
            theirs: governor::Quota::per_hour(count(1)).allow_burst(count(1)),
        }
    }
}

fn count(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

pub(crate) struct Ours(Limiter);

impl Ours {
    pub(crate) fn for_all(quota: &Quota) -> Self {
        Self(Limiter::new(&quota.ours))
    }

    pub(crate) fn for_each_key(quota: &Quota, keys: usize) -> Self {
        let most = u32::try_from(keys).unwrap_or(u32::MAX);
        let keyed = quota.ours.clone().key(LimitKey::Tenant).max_keys(most);
        Self(Limiter::new(&keyed))
    }

    #[inline]
    pub(crate) fn check(&self, now: Duration) -> Result<(), Over> {
        self.0.check(now)
    }

    #[inline]
    pub(crate) fn check_key(&self, now: Duration, key: &[u8]) -> Result<(), Over> {
        self.0.check_key(now, key)
    }
}

/// governor for all.
pub(crate) struct Bare(DefaultDirectRateLimiter);

impl Bare {
    pub(crate) fn new(quota: &Quota) -> Self {
        Self(RateLimiter::direct(quota.theirs))
    }

    #[inline]
    pub(crate) fn check(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// governor for each key.
pub(crate) struct BareKeyed(DefaultKeyedRateLimiter<String>);

impl BareKeyed {
    pub(crate) fn new(quota: &Quota) -> Self {
        Self(RateLimiter::keyed(quota.theirs))
    }

    #[inline]
    pub(crate) fn check(&self, key: &String) -> bool {
        self.0.check_key(key).is_ok()
    }
}

type OnMonotonic = RateLimiter<
    String,
    DefaultKeyedStateStore<String>,
    MonotonicClock,
    NoOpMiddleware<<MonotonicClock as governor::clock::Clock>::Instant>,
>;

/// The same with the standard library's clock, which goes back on no machine.
pub(crate) struct MonotonicKeyed(OnMonotonic);

impl MonotonicKeyed {
    pub(crate) fn new(quota: &Quota) -> Self {
        let store = DefaultKeyedStateStore::default();
        Self(RateLimiter::new(quota.theirs, store, MonotonicClock))
    }

    #[inline]
    pub(crate) fn check(&self, key: &String) -> bool {
        self.0.check_key(key).is_ok()
    }
}
