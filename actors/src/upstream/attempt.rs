//! One attempt at one endpoint.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_gate::{Gate, Permit};

use super::endpoint::{End, Endpoint};
use crate::breaker::{Began, BreakerHandle, Counted};
use crate::outlier::{Monitor, Watched};
use crate::verdict::Verdict;

/// The right to make one attempt at one endpoint. Report how it ended; dropped, it counts as cancelled.
///
/// It holds what it needs of the endpoint, so it may outlive the endpoint's place in its upstream.
#[must_use = "dropped, the attempt counts as never made"]
pub struct Attempt {
    endpoint: Arc<Endpoint>,
    /// Where the endpoint has a breaker of its own.
    admitted: Option<(Permit<OwnGate>, Began)>,
    /// Where its upstream looks for outliers.
    watched: Option<Watched>,
    ended: bool,
}

/// The gate of an endpoint, as a permit holds it.
struct OwnGate(BreakerHandle);

impl Deref for OwnGate {
    type Target = Gate;

    #[inline]
    fn deref(&self) -> &Gate {
        self.0.gate()
    }
}

impl Attempt {
    /// Asks the endpoint's own breaker, where it has one. `None` where that does not admit it.
    pub(super) fn at(endpoint: &Arc<Endpoint>) -> Option<Self> {
        let admitted = match endpoint.breaker() {
            None => None,
            Some(breaker) => {
                let permit = Permit::acquire(OwnGate(breaker.clone())).ok()?;
                let began = breaker.meter().began(&permit);
                Some((permit, began))
            }
        };
        endpoint.begin();
        Some(Self {
            endpoint: Arc::clone(endpoint),
            admitted,
            watched: endpoint.monitor().map(Monitor::begin),
            ended: false,
        })
    }

    /// The endpoint to call.
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// How long the attempt may take where any may take `timeout`: a probe is given less.
    pub fn limit(&self, timeout: Duration) -> Duration {
        let probe = || {
            let (permit, _) = self.admitted.as_ref()?;
            self.endpoint.breaker()?.meter().timeout(permit)
        };
        probe().map_or(timeout, |probe| probe.min(timeout))
    }

    /// Whether the attempt is a probe of a half-open breaker.
    pub fn is_probe(&self) -> bool {
        self.admitted
            .as_ref()
            .is_some_and(|(permit, _)| permit.is_probe())
    }

    /// Says how the attempt ended. Time is judged here as well: a slow attempt is counted as one, and a probe that took too
    /// long has failed.
    pub fn report(mut self, verdict: Verdict) {
        let counted = match (self.admitted.take(), self.endpoint.breaker()) {
            (Some((permit, began)), Some(breaker)) => {
                let meter = breaker.meter();
                meter.report(meter.timed(permit, began), verdict)
            }
            _ => Counted::plainly(verdict.outcome),
        };
        self.ended = true;
        self.endpoint.end(match counted {
            Counted::Success => End::Succeeded,
            Counted::Failure | Counted::Timeout => End::Failed,
            Counted::Nothing => End::Cancelled,
        });
        if let (Some(monitor), Some(watched)) = (self.endpoint.monitor(), self.watched) {
            monitor.end(watched, counted);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.ended {
            self.endpoint.end(End::Cancelled);
        }
    }
}
