//! One attempt at one endpoint.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_gate::Permit;

use super::endpoint::{End, Endpoint};
use super::guard::Guarded;
use crate::breaker::{Began, CallMeter, Counted};
use crate::keyed::KeyGate;
use crate::verdict::Verdict;

/// The right to make one attempt at one endpoint. Report how it ended; dropped, it counts as cancelled.
#[must_use = "dropped, the attempt counts as never made"]
pub struct Admitted<'a> {
    endpoint: &'a Arc<Endpoint>,
    permit: Option<Permit<Guarded<'a>>>,
    meter: &'a CallMeter,
    began: Began,
    key: Option<KeyGate>,
}

impl<'a> Admitted<'a> {
    pub(super) fn new(
        endpoint: &'a Arc<Endpoint>,
        permit: Permit<Guarded<'a>>,
        meter: &'a CallMeter,
        key: Option<KeyGate>,
    ) -> Self {
        Self {
            endpoint,
            began: meter.began(&permit),
            permit: Some(permit),
            meter,
            key,
        }
    }

    /// The endpoint to call.
    pub fn endpoint(&self) -> &'a Arc<Endpoint> {
        self.endpoint
    }

    /// The gate of the key that it was admitted under, where there is a breaker for each key: for
    /// [`Endpoint::count_broken_answer`].
    pub fn key(&self) -> Option<&KeyGate> {
        self.key.as_ref()
    }

    /// How long the attempt may take where any call may take `timeout`: a probe is given less.
    pub fn limit(&self, timeout: Duration) -> Duration {
        let permit = self.permit.as_ref();
        let probe = permit.and_then(|permit| self.meter.timeout(permit));
        probe.map_or(timeout, |probe| probe.min(timeout))
    }

    /// Whether the attempt is a probe of a half-open breaker.
    pub fn is_probe(&self) -> bool {
        self.permit.as_ref().is_some_and(Permit::is_probe)
    }

    /// Says how the attempt ended. Time is judged here as well: a slow attempt is counted as one, and a probe that took too
    /// long has failed.
    pub fn report(mut self, verdict: Verdict) {
        let Some(permit) = self.permit.take() else { return };
        let counted = self.meter.report(self.meter.timed(permit, self.began), verdict);
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
