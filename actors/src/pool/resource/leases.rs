//! Leases of what is kept elsewhere.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::PoolPolicy;
use hedgerow_supervisor::ChildSpec;
use hedgerow_view::{Identity, Refusal};

use super::actor;
use super::grant::Grant;
use super::holding::Site;
use super::slot::PoolSlot;
use crate::breaker::Means;

/// A pool that bounds, measures and reports leases, and keeps nothing itself: the connections of an upstream stay with the
/// threads that dialled them. Cheap to clone, usable from any thread and runtime.
///
/// A lease sends no message and takes no lock. It costs two atomic operations on one line that all threads share, the word that
/// bounds the leases.
#[derive(Clone)]
pub struct Leases {
    slot: Arc<PoolSlot>,
}

impl Leases {
    /// Makes the child `name` that is the pool of `owner`, and the handle to it.
    pub(crate) fn spec(name: &str, owner: &str, policy: PoolPolicy, means: &Means) -> (ChildSpec, Self) {
        let slot = Arc::new(PoolSlot::new(Identity::new("pool", owner), policy, means.clock));
        (actor::spec(name, &slot, means), Self { slot })
    }

    /// The right to one lease, waited for in turn, for `limit` and `maxWait` at the longest. Where nobody says how it
    /// [ended](Grant::end), it says nothing about the contract.
    ///
    /// # Errors
    /// The refusal, where it is not to be had in time, too many wait already, or the pool is drained.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it is out of the queue, and a lease that it was given meanwhile passes on.
    ///
    /// # Panics
    /// Where it has to wait, outside a tokio runtime with time enabled.
    #[track_caller]
    pub fn grant(&self, limit: Duration) -> impl Future<Output = Result<Grant, Refusal>> + Send + '_ {
        self.granted(limit, Location::caller())
    }

    async fn granted(&self, limit: Duration, site: Site) -> Result<Grant, Refusal> {
        let asked = self.slot.now();
        let grant = self.slot.grant(asked, asked.saturating_add(limit), site).await?;
        Ok(grant.unless_said())
    }

    /// One at once; `None` where it would have to be waited for.
    #[inline]
    #[track_caller]
    pub fn try_grant(&self) -> Option<Grant> {
        let grant = self.slot.try_grant(self.slot.now(), Location::caller());
        grant.ok().map(Grant::unless_said)
    }

    /// Its limits and its contract.
    pub fn policy(&self) -> &PoolPolicy {
        &self.slot.policy
    }
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases")
            .field("id", &self.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
