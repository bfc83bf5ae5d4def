//! Has the endpoints of upstreams dialled until one answers.

use std::sync::Arc;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use futures_util::{StreamExt as _, stream};
use hedgerow_config::EndpointAddr;
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Persistence};

use super::machine::Machine;
use crate::fnv::fnv1a;
use crate::probe::Probe;
use crate::upstream::UpstreamHandle;

/// Endpoints of one upstream that are dialled at once.
const AT_ONCE: usize = 16;

/// Makes the child `readiness`, that has the endpoints of these upstreams dialled through `probe` until one of each was
/// reached, each within its upstream's connect time-out. Between two rounds it waits 0.1 s to 5 s, with jitter. It dials those
/// that are required alone, and has nothing to do any more once all of them were reached.
///
/// Without a probe nobody is dialled, and calls alone reach an upstream.
///
/// # Restarts
/// A fresh incarnation begins with those that were not reached, at once.
pub fn spec(upstreams: Vec<UpstreamHandle>, probe: Option<&Arc<dyn Probe>>, events: &Events) -> ChildSpec {
    let (upstreams, events): (Arc<[UpstreamHandle]>, _) = (upstreams.into(), events.clone());
    let (process, probe) = (std::process::id().to_le_bytes(), probe.cloned());
    let (spec, _) = ChildSpec::actor("readiness", move || Readiness {
        machine: Machine::new(upstreams.len(), fnv1a(process)),
        upstreams: Arc::clone(&upstreams),
        probe: probe.clone(),
        events: events.clone(),
    });
    spec.kind("readiness")
}

struct Readiness {
    machine: Machine,
    upstreams: Arc<[UpstreamHandle]>,
    probe: Option<Arc<dyn Probe>>,
    events: Events,
}

/// What came of a round: an endpoint that was reached, or why none was.
type Round = Result<EndpointAddr, Vec<(EndpointAddr, String)>>;

impl Actor for Readiness {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        for (number, upstream) in self.upstreams.iter().enumerate() {
            if !upstream.contact().is_required() {
                self.machine.reached(number);
            }
        }
        self.look(context);
    }
}

impl Readiness {
    fn look(&mut self, context: &mut CellContext<Self>) {
        for number in self.machine.waiting() {
            // A call may have come before.
            let upstream = &self.upstreams[number];
            if upstream.contact().is_made(&upstream.endpoints()) {
                self.reached(number, None, context);
            }
        }
        let Some(probe) = self.probe.clone() else { return };
        for number in self.machine.take_due(context.clock().now()) {
            let dialled = dial(&self.upstreams[number], Arc::clone(&probe));
            let dialled = dialled.into_actor(self);
            context.spawn(dialled.map(move |round, readiness, context| {
                match round {
                    Ok(addr) => readiness.reached(number, Some(&addr), context),
                    Err(failures) => readiness.unreached(number, &failures, context),
                }
                context.wake_at(readiness.machine.wake_at(), Self::look);
            }));
        }
        context.wake_at(self.machine.wake_at(), Self::look);
    }

    fn reached(&mut self, number: usize, addr: Option<&EndpointAddr>, context: &CellContext<Self>) {
        let upstream = &self.upstreams[number];
        upstream.contact().make();
        // Who is there at once is nothing to tell of.
        if let Some(rounds @ 1..) = self.machine.reached(number) {
            let by = addr.map_or("a call".to_owned(), |addr| format!("a dial of {addr}"));
            let cause = format!("reached by {by}, after {rounds} rounds of dials in vain");
            self.tell(number, "upstreamReached", cause, context);
        }
    }

    fn unreached(&mut self, number: usize, failures: &[(EndpointAddr, String)], context: &CellContext<Self>) {
        let upstream = &self.upstreams[number];
        upstream.contact().fail(failures);
        let rounds = self.machine.unreached(number, context.clock().now());
        let awaited = upstream.contact().awaited(&upstream.endpoints());
        if let (1, Some(awaited)) = (rounds, awaited) {
            self.tell(number, "upstreamAwaited", awaited, context);
        }
    }

    fn tell(&self, number: usize, kind: &'static str, cause: String, context: &CellContext<Self>) {
        let id = self.upstreams[number].id();
        self.events
            .emit(kind, context.path(), Some(id), cause, Persistence::Volatile);
    }
}

/// Dials the endpoints, until one was reached.
fn dial(upstream: &UpstreamHandle, probe: Arc<dyn Probe>) -> impl Future<Output = Round> + 'static {
    let (endpoints, limit) = (upstream.endpoints(), upstream.connect_timeout());
    async move {
        let addrs: Vec<EndpointAddr> = endpoints.iter().map(|endpoint| endpoint.addr()).collect();
        let mut dials = stream::iter(addrs.into_iter().enumerate())
            .map(|(place, addr)| {
                let dialled = probe.tcp(addr.clone(), limit);
                async move { (place, addr, dialled.await) }
            })
            .buffer_unordered(AT_ONCE);
        let mut failures = Vec::new();
        while let Some((place, addr, dialled)) = dials.next().await {
            match dialled {
                Ok(()) => return Ok(addr),
                Err(why) => failures.push((place, addr, why)),
            }
        }
        failures.sort_by_key(|(place, _, _)| *place);
        Err(failures.into_iter().map(|(_, addr, why)| (addr, why)).collect())
    }
}
