//! What callers hold of an upstream.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::Upstream;
use hedgerow_gate::{Gate, Permit, State, Tally};
use hedgerow_supervisor::Inspect;
use hedgerow_view::{Identity, Path, Refusal, UpstreamView, View};

use super::endpoint::{End, Endpoint};
use crate::CallError;
use crate::breaker::{Began, Counted};
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
    timeout: Duration,
    connect_timeout: Duration,
    calls: Tally<2>,
}

impl UpstreamHandle {
    pub(super) fn new(config: &Upstream, id: Identity, endpoints: Vec<Arc<Endpoint>>) -> Self {
        Self {
            slot: Arc::new(UpstreamSlot {
                id,
                endpoints,
                timeout: config.timeout,
                connect_timeout: config.connect_timeout,
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
        let admitted = self.admit().map_err(CallError::Refused)?;
        let limit = admitted.limit(self.timeout());
        match tokio::time::timeout(limit, attempt(admitted.endpoint())).await {
            Ok(result) => {
                let verdict = judge(&result);
                admitted.report(verdict);
                result.map_err(CallError::Failed)
            }
            Err(_) => {
                admitted.report(Verdict::timeout());
                Err(CallError::Deadline { limit })
            }
        }
    }

    /// Chooses an endpoint that admits a call: one that probes first, else the next in turn whose gate is closed.
    ///
    /// # Errors
    /// The refusal, where none admits one.
    pub fn admit(&self) -> Result<Admitted<'_>, Refusal> {
        let endpoints = &self.slot.endpoints;
        let first = self.slot.calls.turn(ADMITTED);
        let in_turn = || (0..endpoints.len()).map(|at| &endpoints[first.wrapping_add(at) % endpoints.len()]);
        let is_probing = |endpoint: &Arc<Endpoint>| endpoint.gate().state() == State::HalfOpen;
        let admitted = choose(in_turn(), is_probing, |endpoint| {
            let permit = Permit::acquire(endpoint.gate()).ok()?;
            Some(Admitted {
                endpoint,
                began: endpoint.breaker().began(&permit),
                permit: Some(permit),
            })
        });
        let Some(admitted) = admitted else {
            self.slot.calls.add(REFUSED);
            return Err(self.refusal());
        };
        self.slot.calls.add(ADMITTED);
        admitted.endpoint.begin();
        Ok(admitted)
    }

    #[cold]
    fn refusal(&self) -> Refusal {
        let shut: Vec<Refusal> = self
            .slot
            .endpoints
            .iter()
            .filter_map(|endpoint| {
                let shut = endpoint.gate().shut()?;
                Some(endpoint.breaker().refusal(shut))
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
}

/// The first that admits, those that probe before all others. Each is asked in the end whatever its state was before,
/// so that one that changes it meanwhile is not passed over.
pub(super) fn choose<'a, T: 'a, A>(
    in_turn: impl Iterator<Item = &'a T> + Clone,
    is_probing: impl Fn(&T) -> bool,
    admit: impl Fn(&'a T) -> Option<A>,
) -> Option<A> {
    let probing = in_turn.clone().filter(|one| is_probing(one));
    probing.chain(in_turn).find_map(admit)
}

/// The right to make one attempt at one endpoint. Report how it ended; dropped, it counts as cancelled.
#[must_use = "dropped, the attempt counts as never made"]
pub struct Admitted<'a> {
    endpoint: &'a Arc<Endpoint>,
    permit: Option<Permit<&'a Gate>>,
    began: Began,
}

impl<'a> Admitted<'a> {
    /// The endpoint to call.
    pub fn endpoint(&self) -> &'a Arc<Endpoint> {
        self.endpoint
    }

    /// How long the attempt may take where any call may take `timeout`: a probe is given less.
    pub fn limit(&self, timeout: Duration) -> Duration {
        let permit = self.permit.as_ref();
        let probe = permit.and_then(|permit| self.endpoint.breaker().timeout(permit));
        probe.map_or(timeout, |probe| probe.min(timeout))
    }

    /// Whether the attempt is a probe of a half-open endpoint.
    pub fn is_probe(&self) -> bool {
        self.permit.as_ref().is_some_and(Permit::is_probe)
    }

    /// Says how the attempt ended. Time is judged here as well: a slow attempt is counted as one, and a probe that took too
    /// long has failed.
    pub fn report(mut self, verdict: Verdict) {
        let Some(permit) = self.permit.take() else { return };
        let breaker = self.endpoint.breaker();
        let counted = breaker.report(breaker.timed(permit, self.began), verdict);
        self.endpoint.end(match counted {
            Counted::Success => End::Succeeded,
            Counted::Failure | Counted::Timeout => End::Failed,
            Counted::Nothing => End::Cancelled,
        });
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.permit.take().is_some() {
            self.endpoint.end(End::Cancelled);
        }
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
