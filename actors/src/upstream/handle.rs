//! What callers hold of an upstream.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::Upstream;
use hedgerow_gate::Tally;
use hedgerow_supervisor::Inspect;
use hedgerow_view::{Identity, Path, Refusal, UpstreamView, View};
use tokio::time::{Instant, timeout, timeout_at};

use super::admitted::Admitted;
use super::endpoint::Endpoint;
use super::guard::{CallKeys, Guard};
use crate::CallError;
use crate::breaker::BreakerHandle;
use crate::keyed::KeyedBreakerHandle;
use crate::verdict::{self, Verdict};

const ADMITTED: usize = 0;
const REFUSED: usize = 1;

/// An upstream, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the
/// mesh lives. A call through it sends no message.
#[derive(Clone)]
pub struct UpstreamHandle {
    slot: Arc<UpstreamSlot>,
}

struct UpstreamSlot {
    id: Identity,
    endpoints: Vec<Arc<Endpoint>>,
    guard: Guard,
    timeout: Duration,
    connect_timeout: Duration,
    max_retries: u32,
    calls: Tally<2>,
}

impl UpstreamHandle {
    pub(super) fn new(config: &Upstream, id: Identity, endpoints: Vec<Arc<Endpoint>>, guard: Guard) -> Self {
        Self {
            slot: Arc::new(UpstreamSlot {
                id,
                endpoints,
                guard,
                timeout: config.timeout,
                connect_timeout: config.connect_timeout,
                max_retries: config.retry.max_retries,
                calls: Tally::default(),
            }),
        }
    }

    /// Makes one call to an endpoint that admits it, within the upstream's time-out. Any protocol: `attempt` is given
    /// the endpoint, and an `Err` of it is a failure of that endpoint.
    ///
    /// # Errors
    /// [`CallError::Refused`] where no endpoint admits a call, [`CallError::Failed`] with the attempt's own error,
    /// [`CallError::Deadline`] where it took too long, which is a failure of the endpoint.
    ///
    /// # Cancel safety
    /// Dropped before the end, the call counts as cancelled and says nothing about the endpoint.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn call<'a, T, E, F>(
        &'a self,
        attempt: impl FnOnce(&'a Endpoint) -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_judged(verdict::of_result, attempt).await
    }

    /// Makes one call as [`call`](Self::call) does, and has `judge` say what its end says about the endpoint. The result
    /// comes back untouched. Where the time-out cuts the attempt short there is nothing to judge: that is a time-out.
    ///
    /// `judge` is a classifier of [`verdict`], or a closure. Its own time counts as the call's.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// As [`call`](Self::call), also where `judge` panics.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled.
    pub async fn call_judged<'a, T, E, F>(
        &'a self,
        judge: impl FnOnce(&Result<T, E>) -> Verdict,
        attempt: impl FnOnce(&'a Endpoint) -> F,
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
    pub async fn call_under<'a, T, E, F>(
        &'a self,
        keys: &CallKeys<'_>,
        judge: impl FnOnce(&Result<T, E>) -> Verdict,
        attempt: impl FnOnce(&'a Endpoint) -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let admitted = self.admit_under(keys).map_err(CallError::Refused)?;
        let limit = admitted.limit(self.timeout());
        let attempt = attempt(admitted.endpoint());
        let begun = Instant::now();
        // The clock is read once; a limit beyond its end is none.
        let limited = match begun.checked_add(limit) {
            Some(deadline) => timeout_at(deadline, attempt),
            None => timeout(limit, attempt),
        };
        match limited.await {
            Ok(result) => {
                let verdict = judge(&result);
                admitted.report(verdict);
                result.map_err(CallError::Failed)
            }
            Err(_) => {
                admitted.report(verdict::of_deadline(begun.elapsed().saturating_sub(limit)));
                Err(CallError::Deadline { limit })
            }
        }
    }

    /// Chooses an endpoint that admits a call of which nothing is known: one that probes first, else the next in turn whose gate is
    /// closed.
    ///
    /// # Errors
    /// The refusal, where none admits one.
    pub fn admit(&self) -> Result<Admitted<'_>, Refusal> {
        self.admit_under(&CallKeys::default())
    }

    /// As [`admit`](Self::admit), where it is known under which keys the call is made.
    ///
    /// # Errors
    /// The refusal of the breaker that is asked, or of all endpoints.
    pub fn admit_under(&self, keys: &CallKeys<'_>) -> Result<Admitted<'_>, Refusal> {
        let endpoints = &self.slot.endpoints;
        let first = self.slot.calls.turn(ADMITTED);
        let in_turn = (0..endpoints.len()).map(|at| &endpoints[first.wrapping_add(at) % endpoints.len()]);
        let asked = self.slot.guard.admit(in_turn, keys);
        let admitted = asked.and_then(|found| found.ok_or_else(|| self.refusal()));
        match &admitted {
            Ok(admitted) => {
                self.slot.calls.add(ADMITTED);
                admitted.endpoint().begin();
            }
            Err(_) => self.slot.calls.add(REFUSED),
        }
        admitted
    }

    #[cold]
    fn refusal(&self) -> Refusal {
        let shut: Vec<Refusal> = self
            .slot
            .endpoints
            .iter()
            .filter_map(|endpoint| {
                let breaker = endpoint.breaker()?;
                Some(breaker.refusal(breaker.gate().shut()?))
            })
            .collect();
        let soonest = shut.iter().filter_map(|refusal| refusal.retry_after).min();
        let all = self.slot.endpoints.len();
        let mut refusal = match <[Refusal; 1]>::try_from(shut) {
            Ok([only]) if all == 1 => only,
            _ => Refusal::new(
                self.slot.id.to_string(),
                "endpoints",
                "1 that admits a call",
                format!("0 of {all}"),
            ),
        };
        refusal.retry_after = soonest;
        refusal
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

    /// Its endpoints, in config order.
    pub fn endpoints(&self) -> &[Arc<Endpoint>] {
        &self.slot.endpoints
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot.id
    }

    /// Limit for the whole call.
    pub fn timeout(&self) -> Duration {
        self.slot.timeout
    }

    /// Limit for opening a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.slot.connect_timeout
    }

    /// How often a request that may be repeated is sent again, at most.
    pub fn max_retries(&self) -> u32 {
        self.slot.max_retries
    }
}

impl Inspect for UpstreamHandle {
    fn view(&self, path: &Path) -> View {
        let [calls, refused] = self.slot.calls.sums();
        View::Upstream(UpstreamView {
            id: self.slot.id.clone(),
            path: path.clone(),
            calls,
            refused,
            endpoints: self
                .slot
                .endpoints
                .iter()
                .map(|endpoint| endpoint.view())
                .collect(),
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
