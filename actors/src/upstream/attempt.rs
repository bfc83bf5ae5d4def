//! One attempt at one endpoint.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_gate::{Gate, Permit};

use super::endpoint::{End, Endpoint};
use crate::balance::Ended;
use crate::breaker::{Began, Counted};
use crate::outlier::{Monitor, Watched};
use crate::verdict::{Outcome, Verdict};

/// The right to make one attempt at one endpoint. Report how it ended; dropped, it counts as cancelled.
///
/// It holds what it needs of the endpoint, so it may outlive the endpoint's place in its upstream.
#[must_use = "dropped, the attempt counts as never made"]
pub struct Attempt {
    endpoint: Arc<Endpoint>,
    /// Where the endpoint has a breaker of its own.
    admitted: Option<(Permit<OwnGate>, Began)>,
    measure: Measure,
    /// Where its upstream looks for outliers.
    watched: Option<Watched>,
    ended: bool,
}

/// What is written down of an attempt for those that are chosen by load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Nothing.
    Nothing,
    /// How long it takes; it began at this time.
    Time(Duration),
    /// That as well, and that it is under way: at its endpoint, and at all where that is bounded.
    Load {
        began: Duration,
        /// Whether it counts for all.
        for_all: bool,
    },
}

/// The gate of an endpoint, as a permit holds it: by the endpoint, whose count of holders the attempt writes anyway. Those of its
/// breaker are further lines that all threads would write.
struct OwnGate(Arc<Endpoint>);

impl Deref for OwnGate {
    type Target = Gate;

    #[inline]
    fn deref(&self) -> &Gate {
        let breaker = self.0.breaker();
        breaker.expect("it is made of an endpoint with a breaker").gate()
    }
}

impl Attempt {
    /// Asks the endpoint's own breaker, where it has one. `None` where that does not admit it.
    pub(super) fn at(endpoint: &Arc<Endpoint>, measure: Measure) -> Option<Self> {
        let admitted = match endpoint.breaker() {
            None => None,
            Some(breaker) => {
                let permit = Permit::acquire(OwnGate(Arc::clone(endpoint))).ok()?;
                let began = breaker.meter().began(&permit);
                Some((permit, began))
            }
        };
        endpoint.begin();
        if let Measure::Load { began, for_all } = measure {
            endpoint.load().begin(began);
            if for_all {
                endpoint.exclusions().roll().begin();
            }
        }
        Some(Self {
            endpoint: Arc::clone(endpoint),
            admitted,
            measure,
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
        let (end, ended) = match counted {
            // Who asks for fewer calls is to get them.
            Counted::Success if verdict.outcome == Outcome::Throttled => (End::Succeeded, Ended::Failed),
            Counted::Success => (End::Succeeded, Ended::Answered),
            Counted::Failure | Counted::Timeout => (End::Failed, Ended::Failed),
            Counted::Nothing => (End::Cancelled, Ended::Dropped),
        };
        self.endpoint.end(end);
        self.measured(ended);
        if ended == Ended::Failed {
            self.endpoint.failed();
        }
        if let (Some(monitor), Some(watched)) = (self.endpoint.monitor(), self.watched) {
            monitor.end(watched, counted);
        }
    }

    fn measured(&self, ended: Ended) {
        let (load, now) = (self.endpoint.load(), || self.endpoint.clock().now());
        match self.measure {
            Measure::Nothing => {}
            Measure::Time(began) => load.measure(ended, began, now()),
            Measure::Load { began, for_all } => {
                load.end(ended, began, now());
                if for_all {
                    self.endpoint.exclusions().roll().end();
                }
            }
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.ended {
            self.endpoint.end(End::Cancelled);
            self.measured(Ended::Dropped);
        }
    }
}
