//! What was found in the store, for the endpoints of this life.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_config::{EndpointAddr, OutlierPolicy};
use hedgerow_supervisor::Clock;

use super::record::{KEPT_FOR, LEAST_FAILING, Past};
use crate::balance::Known;
use crate::outlier;
use crate::upstream::{Endpoint, Exclusion};

/// The pasts of endpoints that are not there yet, and those whose ejection finds no room yet. Those of a former life of the
/// process: they are valid as of when they were found.
#[derive(Default)]
pub(crate) struct Recalled {
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    at: Duration,
    pasts: HashMap<EndpointAddr, Past>,
    /// Of those that were well.
    usual: Option<Known>,
}

/// What was given back to an endpoint.
pub(crate) struct GivenBack {
    pub(super) addr: EndpointAddr,
    /// The share of its failures by now.
    pub(super) failing: f64,
    /// How long it is left out, where it is.
    pub(super) ejected_for: Option<Duration>,
}

impl Recalled {
    pub(super) fn find(&self, pasts: Vec<(EndpointAddr, Past)>, usual: Option<Known>, now: Duration) {
        *self.found() = Found {
            at: now,
            pasts: pasts.into_iter().collect(),
            usual,
        };
    }

    /// Gives an endpoint what is known of its load, before it is given calls.
    pub(crate) fn give_load(&self, endpoint: &Endpoint, clock: Clock) {
        let (found, now) = (self.found(), clock.now());
        let age = now.saturating_sub(found.at);
        let known = found
            .pasts
            .get(&endpoint.addr())
            .map(|past| past.known.after(age));
        if let Some(known) = known.or(found.usual.filter(|_| age <= KEPT_FOR)) {
            endpoint.load().recall(known, now);
        }
    }

    /// Ejects those of the endpoints that were ejected, as far as there is room. What was given back of each is forgotten here.
    pub(crate) fn give_ejections(
        &self,
        endpoints: &[Arc<Endpoint>],
        policy: &OutlierPolicy,
        clock: Clock,
    ) -> Vec<GivenBack> {
        let (mut found, now) = (self.found(), clock.now());
        if found.pasts.is_empty() {
            return Vec::new();
        }
        let age = now.saturating_sub(found.at);
        let is_out = |endpoint: &&Arc<Endpoint>| {
            endpoint
                .monitor()
                .is_some_and(|monitor| monitor.ejected_until().is_some())
        };
        let mut out = endpoints.iter().filter(is_out).count();
        let mut given = Vec::new();
        for endpoint in endpoints {
            let addr = endpoint.addr();
            let Some(past) = found.pasts.get(&addr).copied() else {
                continue;
            };
            let left = past.ejected_for.map(|left| left.saturating_sub(age));
            let left = left.filter(|left| !left.is_zero() && endpoint.monitor().is_some());
            if left.is_some() && !outlier::has_room(policy, endpoints.len(), out) {
                // One that joins may make room.
                continue;
            }
            found.pasts.remove(&addr);
            if let Some(monitor) = endpoint.monitor() {
                monitor.recall(left.map(|left| now.saturating_add(left)), past.times);
            }
            if left.is_some() {
                out += 1;
                endpoint.exclude(Exclusion::Ejected);
            }
            let failing = past.known.after(age).failing;
            if left.is_some() || failing >= LEAST_FAILING {
                given.push(GivenBack {
                    addr,
                    failing,
                    ejected_for: left,
                });
            }
        }
        given
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
