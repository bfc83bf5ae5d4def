//! What is counted of a pool.

use std::time::Duration;

use hedgerow_config::PoolPolicy;
use hedgerow_gate::Tally;

use super::contract::{BUCKETS, Latencies, Reading};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// A lease was given.
    Given,
    /// It came back.
    Returned,
    /// What it was for failed.
    Failed,
    /// It took longer than was promised.
    Slow,
    /// It was waited for.
    Waited,
    /// It was refused, because too many wait or the pool is drained.
    Refused,
    /// It was waited for in vain.
    TimedOut,
    /// Who waited for it has gone away.
    GoneAway,
    /// It found what waited on the shelf of its thread.
    FromShelf,
    /// It found what waited elsewhere.
    FromElsewhere,
    /// Something was made.
    Made,
    /// Something could not be made.
    NotMade,
    /// Something was closed because it had been idle for long enough.
    Idle,
    /// Something was closed because it had lived for long enough.
    Aged,
    /// Something was closed because it was broken, or its holder gave it up.
    Broken,
    /// Something was closed because there was no room for it, or the pool is drained.
    Surplus,
}

const COUNTS: usize = Count::Surplus as usize + 1;

/// Counted on lines that no other thread writes.
pub(super) struct Figures {
    counts: Tally<COUNTS>,
    latencies: Tally<BUCKETS>,
    /// What takes longer is slow.
    slow_over: Option<Duration>,
}

impl Figures {
    pub(super) fn new(policy: &PoolPolicy) -> Self {
        Self {
            counts: Tally::default(),
            latencies: Tally::default(),
            slow_over: policy.slo.p95_latency,
        }
    }

    #[inline]
    pub(super) fn add(&self, count: Count) {
        self.counts.add(count as usize);
    }

    /// What a lease was for has come to an end, so long after it was asked for.
    #[inline]
    pub(super) fn ended(&self, took: Duration) {
        self.latencies.add(Latencies::bucket(took));
        if self.slow_over.is_some_and(|limit| took > limit) {
            self.add(Count::Slow);
        }
    }

    pub(super) fn sums(&self) -> Sums {
        Sums(self.counts.sums())
    }

    /// What a contract goes by.
    pub(super) fn reading(&self) -> Reading {
        let sums = self.sums();
        let latencies = Latencies::of(self.latencies.sums());
        let never_had = sums.of(Count::Refused) + sums.of(Count::TimedOut) + sums.of(Count::NotMade);
        Reading {
            ended: latencies.count() + never_had,
            errors: sums.of(Count::Failed) + never_had,
            slow: sums.of(Count::Slow),
            latencies,
        }
    }
}

/// What was counted so far.
pub(super) struct Sums([u64; COUNTS]);

impl Sums {
    pub(super) fn of(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    /// The share of leases that nothing was made for, from 0 to 1; `None` before the first. Of a pool that makes nothing it says
    /// nothing.
    pub(super) fn hit_rate(&self) -> Option<f64> {
        let hits = self.of(Count::FromShelf) + self.of(Count::FromElsewhere);
        let all = hits + self.of(Count::Made) + self.of(Count::NotMade);
        (all > 0).then(|| hits as f64 / all as f64)
    }
}
