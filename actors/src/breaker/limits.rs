//! What callers measure their calls by.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_config::BreakerPolicy;

/// The times of a policy that callers go by. Written when the policy changes, read by each call.
pub(super) struct CallLimits {
    /// Nanoseconds; the highest number is off.
    slow_over: AtomicU64,
    probe_timeout: AtomicU64,
}

const OFF: u64 = u64::MAX;

impl CallLimits {
    pub(super) fn of(policy: &BreakerPolicy) -> Self {
        let limits = Self {
            slow_over: AtomicU64::new(OFF),
            probe_timeout: AtomicU64::new(OFF),
        };
        limits.set(policy);
        limits
    }

    pub(super) fn set(&self, policy: &BreakerPolicy) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(OFF);
        let slow_over = policy.slow_call.map_or(OFF, |slow| nanos(slow.over));
        self.slow_over.store(slow_over, Ordering::Relaxed);
        self.probe_timeout
            .store(nanos(policy.half_open.timeout), Ordering::Relaxed);
    }

    /// A call that takes longer is slow; `None` where the rule is off.
    #[inline]
    pub(super) fn slow_over(&self) -> Option<Duration> {
        match self.slow_over.load(Ordering::Relaxed) {
            OFF => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    /// A probe that takes longer has failed.
    pub(super) fn probe_timeout(&self) -> Duration {
        Duration::from_nanos(self.probe_timeout.load(Ordering::Relaxed))
    }
}
