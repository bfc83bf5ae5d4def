//! What is kept of a quota while its numbers change.

use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::CachePadded;
use hedgerow_config::{LimitKey, RateLimit};

use super::bucket::Bucket;
use super::limiter::{Buckets, Limiter};
use super::pace::Pace;
use super::table::Table;
use crate::chain::{Gauge, Memory};

/// Who has used how much of a quota, for as long as there is one: its numbers may change.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_actors::rate::LimiterMemory;
/// use hedgerow_config::RateLimit;
///
/// let memory = LimiterMemory::default();
/// let now = Duration::from_secs(1);
/// assert!(memory.limiter(&RateLimit::per_hour(1)).check(now).is_ok());
/// let over = memory.limiter(&RateLimit::per_minute(1)).check(now).unwrap_err();
/// assert_eq!(over.retry_after().as_secs(), 60);
/// ```
#[derive(Default)]
pub struct LimiterMemory {
    current: Mutex<Option<Current>>,
}

struct Current {
    quota: RateLimit,
    pace: Arc<Pace>,
    buckets: Arc<Buckets>,
}

impl LimiterMemory {
    /// The quota at work from now on, with what was used under the one before it. Another key is another limit: it
    /// begins with nothing used.
    pub fn limiter(&self, quota: &RateLimit) -> Limiter {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match current.take() {
            Some(current) if current.quota == *quota => current,
            Some(before) => before.change(quota),
            None => Current {
                pace: Arc::new(Pace::new(quota.rate)),
                buckets: Arc::new(Buckets::new(quota)),
                quota: quota.clone(),
            },
        };
        let next = current.insert(next);
        Limiter::of(quota, Arc::clone(&next.pace), Arc::clone(&next.buckets))
    }
}

impl Current {
    fn change(self, quota: &RateLimit) -> Self {
        let buckets = if self.quota.key != quota.key {
            Arc::new(Buckets::new(quota))
        } else if self.quota.max_keys != quota.max_keys {
            Arc::new(self.buckets.resized(quota.max_keys))
        } else {
            self.buckets
        };
        Self {
            pace: Arc::new(self.pace.follow(quota.rate)),
            buckets,
            quota: quota.clone(),
        }
    }
}

impl Buckets {
    fn new(quota: &RateLimit) -> Self {
        Self {
            shared: CachePadded::default(),
            others: CachePadded::default(),
            table: (quota.key != LimitKey::None)
                .then(|| Table::new(quota.max_keys.min(RateLimit::MOST_KEYS))),
            seed: RandomState::new(),
            turned_away: AtomicU64::new(0),
        }
    }

    /// The same for another number of keys. Those that find no room any more are others, who have outstanding what the one
    /// of them has who has the most.
    fn resized(&self, max_keys: u32) -> Self {
        let others = CachePadded::new(Bucket::default());
        others.raise(self.others.tat());
        let resized =
            |table: &Table| table.resized(max_keys.min(RateLimit::MOST_KEYS), |tat| others.raise(tat));
        let table = self.table.as_ref().map(resized);
        let shared = CachePadded::new(Bucket::default());
        shared.raise(self.shared.tat());
        Self {
            shared,
            others,
            table,
            seed: self.seed.clone(),
            turned_away: AtomicU64::new(self.turned_away.load(Ordering::Relaxed)),
        }
    }
}

impl Memory for LimiterMemory {
    /// `keys`: keys that have a bucket. `turnedAway`: requests whose key found no room and shared one.
    fn gauges(&self) -> Vec<Gauge> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Current { buckets, .. }) = &*current else {
            return Vec::new();
        };
        let Some(table) = &buckets.table else {
            return Vec::new();
        };
        vec![
            Gauge::new("keys", table.known().into()),
            Gauge::new("turnedAway", buckets.turned_away.load(Ordering::Relaxed)),
        ]
    }
}
