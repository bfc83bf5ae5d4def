//! What all calls to an upstream share of retries and hedges.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hedgerow_config::{HedgeAfter, HedgePolicy, RetryCause, RetryPolicy};
use hedgerow_supervisor::{Clock, Curve};
use hedgerow_view::upstream::RetriesView;
use http::HeaderName;

use super::budget::{Budget, Spent};
use super::figures::{Count, Figures, Stop};
use super::latency::Latency;
use super::request::Standing;
use super::tries::Tries;

/// What all calls to one upstream share of retries and hedges: the policy, the budget, the figures. It belongs to the
/// upstream's place in the tree.
///
/// A call that is answered at the first attempt counts that on its thread's own line, and reads nothing that others write. Who
/// has failed, and would be sent again, takes the lock of the budget for some hundred nanoseconds; control takes it where it
/// is shown.
pub struct Retries {
    policy: RetryPolicy,
    hedge: Option<HedgePolicy>,
    idempotent_by: Option<HeaderName>,
    clock: Clock,
    figures: Figures,
    latency: Option<Latency>,
    /// The one thing that threads share: a bound on all of them.
    budget: Mutex<Budget>,
    seed: u64,
}

impl Retries {
    /// By these policies. The waits of a mesh are spread by a seed of its own.
    pub fn new(policy: RetryPolicy, hedge: Option<HedgePolicy>, clock: Clock) -> Self {
        let seed = RandomState::new().hash_one(policy.max_retries);
        Self::seeded(policy, hedge, clock, seed)
    }

    pub(super) fn seeded(policy: RetryPolicy, hedge: Option<HedgePolicy>, clock: Clock, seed: u64) -> Self {
        let percentile = match hedge.map(|hedge| hedge.after) {
            Some(HedgeAfter::Percentile(percent)) => Some(Latency::percentile(percent)),
            Some(HedgeAfter::Time(_)) | None => None,
        };
        Self {
            budget: Mutex::new(Budget::new(policy.budget, clock.now(), 0)),
            // What is no name of a header was refused with the policy.
            idempotent_by: policy.idempotent_by.as_deref().and_then(|name| name.parse().ok()),
            policy,
            hedge,
            clock,
            figures: Figures::default(),
            latency: percentile,
            seed,
        }
    }

    /// A call that begins.
    pub fn tries(&self, standing: Standing) -> Tries<'_> {
        Tries::new(self, standing)
    }

    /// Whether any call is made once more, for any reason.
    pub fn is_off(&self) -> bool {
        self.policy.max_retries == 0 && self.hedge.is_none()
    }

    /// How often a call is made once more after a failure, at most.
    pub fn max_retries(&self) -> u32 {
        self.policy.max_retries
    }

    /// How long one attempt may take, where that is less than what the call may.
    pub fn per_try_timeout(&self) -> Option<Duration> {
        self.policy.per_try_timeout
    }

    /// Bytes of a request's body that are kept to be sent again.
    pub fn replay_bytes(&self) -> u32 {
        self.policy.replay_bytes
    }

    /// The header by which a request says that it may be sent again whatever its method.
    pub fn idempotent_by(&self) -> Option<&HeaderName> {
        self.idempotent_by.as_ref()
    }

    /// What people call the time, for who asks to be called again at a date.
    pub fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    /// Counts a request that is sent once more in any case, as its connection had died while it was idle. The budget pays as far
    /// as it can. It needs no bound of its own: only what had answered leaves idle connections, so that there is at most one
    /// for each answer, and none where everything is dead.
    pub fn resent(&self) {
        self.figures.add(Count::Resent);
        self.budget().charge(self.clock.now(), self.figures.answered());
    }

    /// What is shown of it.
    pub fn view(&self) -> RetriesView {
        let left = self.budget().left(self.clock.now(), self.figures.answered());
        self.figures.view(left)
    }

    pub(super) fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// Whether this outcome is one after which a call is made again (`on`).
    pub fn is_listed(&self, cause: RetryCause) -> bool {
        self.policy.on.contains(&cause)
    }

    pub(super) fn curve(&self) -> Curve {
        Curve {
            initial: self.policy.backoff.initial,
            max: self.policy.backoff.max,
        }
    }

    /// Another for each call.
    pub(super) fn seed(&self) -> u64 {
        self.seed
            ^ self
                .figures
                .answered()
                .wrapping_add(self.clock.now().as_nanos() as u64)
    }

    pub(super) fn answered(&self, took: impl FnOnce() -> Duration) {
        if self.is_off() {
            return;
        }
        self.figures.add(Count::Answered);
        if let Some(latency) = &self.latency {
            latency.record(took());
        }
    }

    pub(super) fn count(&self, count: Count) {
        self.figures.add(count);
    }

    pub(super) fn stopped(&self, why: Stop) {
        self.figures.add(Count::Stopped(why));
    }

    pub(super) fn spend(&self) -> Spent {
        self.budget().spend(self.clock.now(), self.figures.answered())
    }

    pub(super) fn refund(&self) {
        self.budget().refund();
    }

    pub(super) fn max_hedges(&self) -> u32 {
        self.hedge.map_or(0, |hedge| hedge.max)
    }

    /// How long an attempt is waited for before it is hedged.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        match self.hedge?.after {
            HedgeAfter::Time(time) => Some(time),
            HedgeAfter::Percentile(_) => self.latency.as_ref()?.told(self.clock.now()),
        }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        // Nothing in there can panic half-way.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retries")
            .field("policy", &self.policy)
            .field("hedge", &self.hedge)
            .finish_non_exhaustive()
    }
}
