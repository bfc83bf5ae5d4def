//! A pool of resources, as its users hold it.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use hedgerow_config::PoolPolicy;
use hedgerow_supervisor::{ChildSpec, Clock, Context};
use hedgerow_view::Identity;

use super::actor;
use super::holding::Site;
use super::lease::Lease;
use super::slot::{Idle, PoolSlot};
use super::source::{LeaseError, Source, WarmedUp};
use super::stock::Stock;
use crate::breaker::Means;

/// What has been idle for less is leased without a [check](Source::check): whoever used it last would have met what is wrong
/// with it. As HikariCP's `aliveBypassWindow`.
pub const CHECK_AFTER: Duration = Duration::from_millis(500);

/// Resources that are leased, as their users hold them. Cheap to clone, usable from any thread and runtime, good for as long
/// as the mesh lives.
///
/// In the steady state a lease sends no message and takes no lock. It costs two atomic operations on one line that all threads
/// share, the word that bounds the leases, and a few on lines of the thread's own. A thread takes first what came back to it
/// last, then what else waits with it, then what waits for all, then what waits with others; only where there is nothing,
/// something is made. Never more exist than may be leased.
pub struct ResourcePool<S: Source> {
    inner: Arc<Stock<S>>,
}

/// Makes the child that is a pool, and the handle to it. Nothing is made before it is wanted: see
/// [`warm_up`](ResourcePool::warm_up).
///
/// # Restarts
/// Leases, what waits, counts and the contract belong to the place; a restart forgets nothing of them.
pub fn spec<S: Source>(
    name: &str,
    source: S,
    policy: PoolPolicy,
    means: &Means,
) -> (ChildSpec, ResourcePool<S>) {
    let pool = ResourcePool::new(name, source, policy, means.clock);
    (actor::spec(name, &pool.inner.slot, means), pool)
}

impl<S: Source> ResourcePool<S> {
    pub(super) fn new(name: &str, source: S, policy: PoolPolicy, clock: Clock) -> Self {
        let slot = Arc::new(PoolSlot::new(Identity::new("pool", name), policy, clock));
        let inner = Arc::new(Stock::new(slot, source));
        let idle: Weak<dyn Idle> = Arc::<Stock<S>>::downgrade(&inner) as Weak<dyn Idle>;
        inner.slot.keeps(idle);
        Self { inner }
    }

    /// A lease, within `maxWait` of the pool's policy, and the deadline of the current [`Context`], where it has one.
    ///
    /// # Errors
    /// As [`take_within`](Self::take_within).
    ///
    /// # Cancel safety
    /// As [`take_within`](Self::take_within).
    ///
    /// # Panics
    /// As [`take_within`](Self::take_within).
    #[track_caller]
    pub fn take(&self) -> impl Future<Output = Result<Lease<S>, LeaseError<S::Error>>> + Send + '_ {
        self.lease(self.inner.slot.policy.max_wait, Location::caller())
    }

    /// A lease within `limit`: the time to wait for one, to check what is idle and to make something together. One waits no
    /// longer than `maxWait`. Where a lease is out for too long, the line that calls this is named.
    ///
    /// # Errors
    /// [`LeaseError::Refused`] where none is to be had, [`LeaseError::NotMade`] with the source's own error,
    /// [`LeaseError::TooSlow`] where nothing was made in time.
    ///
    /// # Cancel safety
    /// Dropped before its end, it costs the pool nothing but what was being checked or made for it.
    ///
    /// # Panics
    /// Where it has to wait, to check or to make something, outside a tokio runtime with time enabled.
    #[track_caller]
    pub fn take_within(
        &self,
        limit: Duration,
    ) -> impl Future<Output = Result<Lease<S>, LeaseError<S::Error>>> + Send + '_ {
        self.lease(limit, Location::caller())
    }

    async fn lease(&self, limit: Duration, site: Site) -> Result<Lease<S>, LeaseError<S::Error>> {
        let slot = &self.inner.slot;
        let asked = slot.now();
        let left = || {
            let deadline = Context::current().deadline()?;
            Some(deadline.saturating_duration_since(slot.desk.clock.at(asked)))
        };
        let due = asked.saturating_add(left().map_or(limit, |left| left.min(limit)));
        let grant = slot.grant(asked, due, site).await.map_err(LeaseError::Refused)?;
        let now = grant.since();
        let shelf = self.inner.own_shelf();
        let kept = match self.inner.fit(now) {
            Some((kept, place)) if kept.life().idle_for(now) < CHECK_AFTER => {
                slot.desk.figures.add(place);
                kept
            }
            found => self.inner.sure(found, (asked, due)).await?,
        };
        Ok(Lease::new(kept, shelf, grant))
    }

    /// Makes resources until there are `count`, leased or idle, at most as many as may be leased; all at once, each within
    /// `limit`. What is made waits for its first lease.
    ///
    /// # Cancel safety
    /// Dropped before its end, it leaves what is made.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    #[track_caller]
    pub fn warm_up(&self, count: u32, limit: Duration) -> impl Future<Output = WarmedUp> + Send + '_ {
        self.warm(count, limit, Location::caller())
    }

    async fn warm(&self, count: u32, limit: Duration, site: Site) -> WarmedUp {
        let inner = &self.inner;
        let missing = count.saturating_sub(inner.store.existing());
        let due = inner.slot.now().saturating_add(limit);
        let each = (0..missing).map(|_| async move {
            // A right to a lease each, so that who makes one never keeps it from one who has the right to it.
            let asked = inner.slot.now();
            let mut grant = inner.slot.grant(asked, due, site).await.map_err(|_| ())?;
            grant.end(super::LeaseEnd::Ignored);
            let made = inner.make((asked, due)).await;
            let kept = made.transpose().map_err(|_: LeaseError<S::Error>| ())?;
            Ok::<_, ()>(kept.map(|kept| inner.own_shelf().give(kept, inner.slot.now())))
        });
        let mut warmed = WarmedUp::default();
        for outcome in join_all(each).await {
            match outcome {
                Ok(Some(())) => warmed.made += 1,
                // Others have made as many meanwhile as there may be.
                Ok(None) => {}
                Err(()) => warmed.failed += 1,
            }
        }
        warmed
    }

    /// Gives nothing out any more: who waits is refused, what waits is closed, and what is leased is closed when it comes back.
    /// Resolves when all of it has.
    ///
    /// # Cancel safety
    /// Once polled, the pool is closed, whether or not it is waited for.
    pub async fn drain(&self) {
        let (slot, inner) = (&self.inner.slot, &self.inner);
        slot.desk.bound.close();
        inner.empty();
        slot.drain().await;
        inner.empty();
    }

    #[cfg(test)]
    pub(super) fn rests(&self) -> bool {
        self.inner.slot.desk.bound.rests()
    }

    pub(super) fn clock(&self) -> Clock {
        self.inner.slot.desk.clock
    }

    /// What makes its resources.
    pub fn source(&self) -> &S {
        &self.inner.store.source
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.inner.slot.id
    }

    /// Its limits and its contract.
    pub fn policy(&self) -> &PoolPolicy {
        &self.inner.slot.policy
    }
}

impl<S: Source> Clone for ResourcePool<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: Source> fmt::Debug for ResourcePool<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourcePool")
            .field("id", &self.inner.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
