//! The shell: a bell and a timer around a [`Machine`].

use std::sync::Arc;

use actix::Actor;
use hedgerow_config::OutlierPolicy;
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Persistence};
use hedgerow_view::Identity;

use super::machine::{Machine, Seen, Step, To, Traffic};
use super::monitor::Alarm;
use super::operate::{NotReadmitted, Operated, Readmit};
use crate::fnv::fnv1a;
use crate::reputation;
use crate::upstream::{Endpoint, Exclusion, UpstreamHandle};

/// Makes the child `outlier` that watches over the endpoints of an upstream, whose monitors ring `alarm`. It rings `moved` where
/// it ejects one or brings one back.
///
/// # Restarts
/// Ejections belong to the endpoints: a fresh incarnation goes on with them. The interval of the shares begins anew.
///
/// While the actor is stopped by hand, nobody is ejected, and ejections end by time.
pub(crate) fn spec(
    upstream: &UpstreamHandle,
    policy: &OutlierPolicy,
    consecutive: Option<u32>,
    (alarm, moved): (&Arc<Alarm>, &Arc<reputation::Alarm>),
    events: &Events,
) -> ChildSpec {
    let place = Place {
        upstream: upstream.clone(),
        policy: policy.clone(),
        consecutive,
        alarm: Arc::clone(alarm),
        moved: Arc::clone(moved),
        events: events.clone(),
    };
    let (spec, actor) = ChildSpec::actor("outlier", move || Outlier {
        place: place.clone(),
        known: Vec::new(),
        machine: None,
    });
    alarm.bell.connect(actor.doorbell());
    spec.kind("outlier")
        .identity(Identity::new("outlier", upstream.id().name()))
        .operate(Arc::new(Operated(actor)))
}

/// What each incarnation is given.
#[derive(Clone)]
struct Place {
    upstream: UpstreamHandle,
    policy: OutlierPolicy,
    consecutive: Option<u32>,
    alarm: Arc<Alarm>,
    /// Rings who keeps ejections.
    moved: Arc<reputation::Alarm>,
    events: Events,
}

pub(super) struct Outlier {
    place: Place,
    /// The endpoints of the last look: while they are kept here, no other has the address in memory of one of them.
    known: Vec<Arc<Endpoint>>,
    machine: Option<Machine>,
}

impl Actor for Outlier {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        self.look(context);
    }
}

impl Outlier {
    /// Looks at the endpoints, and draws the consequences.
    fn look(&mut self, context: &mut CellContext<Self>) {
        let (alarm, now) = (Arc::clone(&self.place.alarm), context.clock().now());
        let (endpoints, seen) = self.see();
        let seed = fnv1a(self.place.upstream.id().to_string().bytes());
        let (policy, consecutive) = (&self.place.policy, self.place.consecutive);
        let machine = self
            .machine
            .get_or_insert_with(|| Machine::new(policy.clone(), consecutive, seed, &seen));
        let traffic = if alarm.is_resting() {
            Traffic::None
        } else {
            Traffic::Some
        };
        let Step {
            moves,
            wake_at,
            rests,
        } = machine.step(now, traffic, &seen);
        let has_moves = !moves.is_empty();
        for step in moves {
            self.make(&endpoints[step.at], step.to, context);
        }
        if has_moves {
            self.place.moved.moved();
        }
        self.known = endpoints;
        if rests && traffic == Traffic::Some {
            alarm.rest();
        }
        context.wake_at(wake_at, Self::look);
    }

    /// Puts an endpoint back that is ejected, by order of an operator. How often it was ejected stays: where it fails again, it is out
    /// for as long as if its time had run out.
    pub(super) fn readmit(
        &mut self,
        Readmit { addr, author }: &Readmit,
        context: &mut CellContext<Self>,
    ) -> Result<(), NotReadmitted> {
        let (endpoints, seen) = self.see();
        let found = endpoints.iter().position(|endpoint| endpoint.is_at(addr));
        let at = found.ok_or_else(|| NotReadmitted::Unknown {
            upstream: self.place.upstream.id().name().to_owned(),
            addr: addr.clone(),
        })?;
        let endpoint = &endpoints[at];
        let is_ejected = endpoint
            .monitor()
            .is_some_and(|monitor| monitor.ejected_until().is_some());
        if !is_ejected {
            return Err(NotReadmitted::NotEjected { addr: addr.clone() });
        }
        if let Some(machine) = &mut self.machine {
            machine.forget(&seen[at]);
        }
        endpoint.load().forgive();
        self.bring_back(endpoint, format!("readmitted by {author}"), context);
        self.place.moved.moved();
        self.look(context);
        Ok(())
    }

    fn see(&self) -> (Vec<Arc<Endpoint>>, Vec<Seen>) {
        let endpoints: Vec<_> = self.place.upstream.endpoints().to_vec();
        let watched = endpoints
            .into_iter()
            .filter(|endpoint| endpoint.monitor().is_some());
        let endpoints: Vec<Arc<Endpoint>> = watched.collect();
        let seen = endpoints.iter().filter_map(|endpoint| {
            let monitor = endpoint.monitor()?;
            Some(Seen {
                id: Arc::as_ptr(endpoint).addr() as u64,
                ejected_until: monitor.published(),
                times: monitor.times(),
                run: monitor.run(),
                ends: endpoint.ends(),
                latencies: monitor.latencies(),
            })
        });
        let seen = seen.collect();
        (endpoints, seen)
    }

    fn make(&self, endpoint: &Endpoint, to: To, context: &CellContext<Self>) {
        let Some(monitor) = endpoint.monitor() else { return };
        match to {
            To::Ejected { until, times, cause } => {
                // Before it is left out: who is left out without an end would be for ever.
                monitor.eject(until, times);
                endpoint.exclude(Exclusion::Ejected);
                let left = until.saturating_sub(context.clock().now());
                let cause = format!("{cause}; for {} ms", left.as_millis());
                self.tell("endpointEjected", endpoint, cause, context);
            }
            To::Returned => {
                self.bring_back(endpoint, "its ejection is over".to_owned(), context);
            }
            To::Spared => monitor.begin_anew(),
            To::Calmed { times } => monitor.calm(times),
        }
    }

    fn bring_back(&self, endpoint: &Endpoint, cause: String, context: &CellContext<Self>) {
        endpoint.readmit(Exclusion::Ejected);
        if let Some(monitor) = endpoint.monitor() {
            monitor.bring_back();
        }
        self.tell("endpointReturned", endpoint, cause, context);
    }

    fn tell(&self, kind: &'static str, endpoint: &Endpoint, cause: String, context: &CellContext<Self>) {
        let (upstream, addr) = (self.place.upstream.id().name(), endpoint.addr());
        let id = Identity::keyed("endpoint", upstream, "endpoint", addr.as_str());
        let events = &self.place.events;
        events.emit(kind, context.path(), Some(&id), cause, Persistence::Volatile);
    }
}
