//! What callers hold of an upstream.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::Inspect;
use hedgerow_view::{Identity, Path, Refusal, UpstreamView, View};
use http::HeaderMap;

use super::call::Call;
use super::endpoint::Endpoint;
use super::guard::{CallKeys, Guard};
use super::mirror::{Mirror, Mirrored};
use super::repeat::Repeat;
use super::set::EndpointSet;
use super::slot::UpstreamSlot;
use crate::CallError;
use crate::breaker::BreakerHandle;
use crate::discovery::Shown;
use crate::keyed::KeyedBreakerHandle;
use crate::pool::resource::Leases;
use crate::readiness::Contact;
use crate::retry::Retries;
use crate::verdict::{self, Verdict};

/// An upstream, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the
/// mesh lives. A call through it sends no message.
#[derive(Clone)]
pub struct UpstreamHandle {
    slot: Arc<UpstreamSlot>,
}

impl UpstreamHandle {
    pub(super) fn new(slot: Arc<UpstreamSlot>) -> Self {
        Self { slot }
    }

    /// Makes one call to an endpoint that admits it, within the upstream's time-out. Any protocol: `attempt` is given
    /// the endpoint, and an `Err` of it is a failure of that endpoint. An error is not followed by another
    /// attempt, whatever the upstream's retries are: only [`call_judged`](Self::call_judged) can tell after which ones that may be.
    ///
    /// # Errors
    /// [`CallError::Refused`] where no endpoint admits a call or no lease of its pool is to be had, [`CallError::Failed`] with
    /// the attempt's own error, [`CallError::Deadline`] where it took too long, which is a failure of the endpoint.
    ///
    /// # Cancel safety
    /// Dropped before the end, the call counts as cancelled and says nothing about the endpoint.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn call<T, E, F>(&self, attempt: impl Fn(Arc<Endpoint>) -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_judged(verdict::of_result, attempt).await
    }

    /// Makes one call as [`call`](Self::call) does, and has `judge` say what its end says about the endpoint. The result
    /// comes back untouched. Where the time-out cuts the attempt short there is nothing to judge: that is a time-out.
    ///
    /// `judge` is a classifier of [`verdict`], or a closure. Its own time counts as the call's. Where the upstream has retries, and
    /// the verdict is [retryable](Verdict::retryable), another attempt is made, at another endpoint where there is one; so it
    /// is where `perTryTimeout` cuts one short.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// As [`call`](Self::call), also where `judge` panics.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn call_judged<T, E, F>(
        &self,
        judge: impl Fn(&Result<T, E>) -> Verdict,
        attempt: impl Fn(Arc<Endpoint>) -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_under(&CallKeys::default(), judge, attempt).await
    }

    /// Makes one call as [`call_judged`](Self::call_judged) does, where it is known under which keys it is made.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// As [`call`](Self::call), also where `judge` panics.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn call_under<T, E, F>(
        &self,
        keys: &CallKeys<'_>,
        judge: impl Fn(&Result<T, E>) -> Verdict,
        attempt: impl Fn(Arc<Endpoint>) -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let call = self.enter(keys).map_err(CallError::Refused)?;
        Repeat::new(
            call,
            (self.retries(), self.pool()),
            self.timeout(),
            judge,
            attempt,
        )
        .run()
        .await
    }

    /// Asks what stands in front of the upstream as a whole for the right to make a call: the breaker of the upstream, of the
    /// route or of the tenant. What stands in front of an endpoint is asked by [`Call::attempt`].
    ///
    /// # Errors
    /// The refusal of the breaker that is asked.
    pub fn enter(&self, keys: &CallKeys<'_>) -> Result<Call<'_>, Refusal> {
        Call::enter(&self.slot, keys)
    }

    /// What leads a request to an endpoint, for [`CallKeys::hash`]: of these headers, of this sender, with this path. `None`
    /// where it has nothing of the key, and where endpoints are chosen otherwise.
    pub fn hash_of(&self, headers: &HeaderMap, peer: Option<IpAddr>, path: &str) -> Option<u64> {
        self.slot.key.as_ref()?.of(headers, peer, path)
    }

    /// The breaker of the upstream as a whole, where there is one.
    pub fn breaker(&self) -> Option<&BreakerHandle> {
        match &self.slot.guard {
            Guard::Upstream(breaker) => Some(breaker),
            _ => None,
        }
    }

    /// The breakers for each route or tenant, where there are such.
    pub fn keyed(&self) -> Option<&KeyedBreakerHandle> {
        match &self.slot.guard {
            Guard::Routes(keyed) | Guard::Tenants(keyed) => Some(keyed),
            Guard::Endpoints | Guard::Upstream(_) => None,
        }
    }

    /// Its endpoints as they are now: those of the config in its order, then those that joined.
    pub fn endpoints(&self) -> Arc<EndpointSet> {
        self.slot.endpoints()
    }

    /// Shows from now on where its endpoints come from.
    pub(crate) fn discovered_by(&self, shown: Arc<Shown>) {
        self.slot.discovery.get_or_init(|| shown);
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot.id
    }

    /// What bounds its attempts, over all endpoints.
    pub fn pool(&self) -> &Leases {
        &self.slot.pool
    }

    /// Limit for the whole call.
    pub fn timeout(&self) -> Duration {
        self.slot.timeout
    }

    /// Limit for opening a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.slot.connect_timeout
    }

    /// Whether an endpoint of it was ever reached.
    pub(crate) fn contact(&self) -> &Contact {
        &self.slot.contact
    }

    /// What is copied of its requests, where that is.
    pub fn mirror(&self) -> Option<&Mirror> {
        self.slot.mirror.as_ref()
    }

    /// Has copies of its requests go to this upstream, where some are made. The first one stays.
    pub fn mirror_to(&self, upstream: &Self) {
        if let Some(mirror) = &self.slot.mirror {
            mirror.lead_to(&upstream.slot);
        }
    }

    /// The right to send a copy of a request to its mirror. `None` where there is none, or too many copies are under way.
    pub fn copy(&self) -> Option<Mirrored> {
        Mirrored::of(self)
    }

    /// What its calls share of retries and hedges.
    pub fn retries(&self) -> &Retries {
        &self.slot.retries
    }
}

impl Inspect for UpstreamHandle {
    fn view(&self, path: &Path) -> View {
        let (calls, refused) = self.slot.counts();
        let endpoints = self.slot.endpoints();
        View::Upstream(UpstreamView {
            id: self.slot.id.clone(),
            path: path.clone(),
            balance: endpoints.balance().name(),
            panicking: self.slot.panics(),
            calls,
            refused,
            unreached: self.slot.contact.awaited(&endpoints),
            discovery: self.slot.discovery.get().map(|shown| shown.view()),
            retries: self.slot.retries.view(),
            mirror: self.slot.mirror.as_ref().map(Mirror::view),
            endpoints: endpoints.iter().map(|endpoint| endpoint.view()).collect(),
        })
    }
}

impl fmt::Debug for UpstreamHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamHandle")
            .field("id", &self.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
