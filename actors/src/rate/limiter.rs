//! A quota at work.

use std::hash::{BuildHasher, Hasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use hedgerow_config::RateLimit;

use super::bucket::{Answer, Bucket};
use super::memory::LimiterMemory;
use super::pace::{Pace, TOKEN, time_for};
use super::table::{Hash, Table};

/// A quota and its buckets: who may go on, and who not before when. Any thread may ask, with its own reading of one
/// clock.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_actors::rate::Limiter;
/// use hedgerow_config::RateLimit;
///
/// let limiter = Limiter::new(&RateLimit::per_second(10).burst(1));
/// let now = Duration::from_secs(1);
/// assert!(limiter.check(now).is_ok());
/// let over = limiter.check(now).unwrap_err();
/// assert_eq!(over.retry_after().as_millis(), 100);
/// ```
pub struct Limiter {
    pub(super) pace: Arc<Pace>,
    burst: NonZeroU32,
    /// The most that a bucket can have outstanding, if not for the clock.
    astray: u64,
    pub(super) buckets: Arc<Buckets>,
}

/// What is kept of a quota while its numbers change.
pub(super) struct Buckets {
    /// Of all requests, or of those without a key.
    pub(super) shared: CachePadded<Bucket>,
    /// Of keys for which there is no room.
    pub(super) others: CachePadded<Bucket>,
    pub(super) table: Option<Table>,
    pub(super) seed: RandomState,
    /// Requests whose key found no room.
    pub(super) turned_away: AtomicU64,
}

/// A request is over the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// In parts of a token, and what a nanosecond brings: a division that not everybody needs.
    missing: u64,
    each_nanosecond: u64,
    whose: Whose,
}

impl Over {
    /// After how long one more request is admitted, where nobody else comes before it.
    pub fn retry_after(&self) -> Duration {
        time_for(self.missing, self.each_nanosecond)
    }

    /// Whose bucket it was.
    pub fn whose(&self) -> Whose {
        self.whose
    }
}

/// Whose bucket a request was refused by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// That of all requests, or of all without a key.
    All,
    /// The key's own.
    Key,
    /// That of all keys for which there is no room.
    Others,
}

/// How often a key is looked for again whose place was given to another meanwhile.
const LOOKS: u32 = 8;

/// How far a reading of the clock may be behind another thread's. Where a bucket has more outstanding than its burst and
/// what comes in this time, the clock itself has gone back.
const ASTRAY: Duration = Duration::from_secs(60);

impl Limiter {
    /// One of its own. What is not between 1 and the most that may be configured is taken for the nearest that is.
    pub fn new(quota: &RateLimit) -> Self {
        LimiterMemory::default().limiter(quota)
    }

    pub(super) fn of(quota: &RateLimit, pace: Arc<Pace>, buckets: Arc<Buckets>) -> Self {
        let burst = NonZeroU32::new(quota.most_at_once()).unwrap_or(NonZeroU32::MIN);
        let astray = (u64::from(burst.get()) * TOKEN).saturating_add(pace.parts_in(ASTRAY));
        Self {
            pace,
            burst,
            astray,
            buckets,
        }
    }

    /// Asks the bucket of all requests, or of those without a key.
    ///
    /// # Errors
    /// Where the request is over the quota.
    #[inline]
    pub fn check(&self, now: Duration) -> Result<(), Over> {
        let given = self.given(now);
        self.ask_shared(&self.buckets.shared, given, Whose::All)
    }

    /// Asks the bucket of a key; where the quota has no key, that of all requests. Where there is no room for the key, it asks
    /// the bucket that all such keys share.
    ///
    /// # Errors
    /// Where the request is over the quota.
    #[inline]
    pub fn check_key(&self, now: Duration, key: &[u8]) -> Result<(), Over> {
        let given = self.given(now);
        let Some(table) = &self.buckets.table else {
            return self.ask_shared(&self.buckets.shared, given, Whose::All);
        };
        let hash = self.hash(key);
        for _ in 0..LOOKS {
            let place = match table.find(hash) {
                Some(place) => place,
                None => match table.settle(hash, given, now) {
                    Some(place) => place,
                    None => break,
                },
            };
            match place.bucket().ask(given, self.burst, || place.is_theirs()) {
                Answer::Admitted => return Ok(()),
                Answer::Missing(parts) => return Err(self.over(place.bucket(), given, parts, Whose::Key)),
                Answer::Lost => {}
            }
        }
        self.buckets.turned_away.fetch_add(1, Ordering::Relaxed);
        self.ask_shared(&self.buckets.others, given, Whose::Others)
    }

    #[inline]
    fn given(&self, now: Duration) -> u64 {
        self.pace.given(now, &|given| self.begin(given))
    }

    /// The quota begins to count: no bucket has more outstanding than it allows.
    #[cold]
    fn begin(&self, given: u64) {
        let keyed = self.buckets.table.iter().flat_map(Table::buckets);
        let own = [&*self.buckets.shared, &*self.buckets.others];
        for bucket in keyed.chain(own) {
            bucket.cut(given, self.most());
        }
    }

    /// The most that a bucket can have outstanding.
    fn most(&self) -> u64 {
        u64::from(self.burst.get()) * TOKEN
    }

    #[inline]
    fn ask_shared(&self, bucket: &Bucket, given: u64, whose: Whose) -> Result<(), Over> {
        match bucket.ask(given, self.burst, || true) {
            Answer::Admitted => Ok(()),
            Answer::Missing(parts) => Err(self.over(bucket, given, parts, whose)),
            Answer::Lost => unreachable!("a bucket of no key is never given to another"),
        }
    }

    #[cold]
    fn over(&self, bucket: &Bucket, given: u64, missing: u64, whose: Whose) -> Over {
        let mut missing = missing.min(self.most());
        if bucket.outstanding(given) > self.astray {
            // It would be shut until the clock is where it was.
            bucket.cut(given, self.most());
            missing = TOKEN;
        }
        Over {
            missing,
            each_nanosecond: self.pace.each_nanosecond(),
            whose,
        }
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> Hash {
        let mut hasher = self.buckets.seed.build_hasher();
        hasher.write(key);
        Hash::new(hasher.finish()).unwrap_or(Hash::MIN)
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter")
            .field("burst", &self.burst)
            .finish_non_exhaustive()
    }
}
