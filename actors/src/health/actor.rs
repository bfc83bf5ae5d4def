//! The shell: a timer and a probe around the machines.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, SpawnHandle, WrapFuture as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hedgerow_config::{HealthCheck, HealthCheckKind};
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Persistence};
use hedgerow_view::Identity;

use super::machine::{Answer, Checkup, Turn};
use super::vitals::Health;
use crate::bell::LateBell;
use crate::fnv::fnv1a;
use crate::probe::Probe;
use crate::upstream::{Endpoint, Exclusion, UpstreamHandle};

/// The checks that are made of the endpoints of an upstream, and what makes them.
#[derive(Clone)]
pub(crate) struct Checks {
    pub(crate) checks: Arc<[HealthCheck]>,
    pub(crate) probe: Arc<dyn Probe>,
}

/// Makes the child `health` that asks the endpoints of an upstream. `changed` is rung when its endpoints are others.
///
/// # Restarts
/// Health belongs to the endpoints: a fresh incarnation goes on with it. Results in a row that had not turned it are
/// forgotten.
///
/// While the actor is stopped by hand, each endpoint stays as healthy as it was.
pub(crate) fn spec(
    upstream: &UpstreamHandle,
    checks: Checks,
    changed: &LateBell,
    events: &Events,
) -> ChildSpec {
    let (place, events) = (upstream.clone(), events.clone());
    let (spec, actor) = ChildSpec::actor("health", move || HealthWatch {
        upstream: place.clone(),
        checks: checks.clone(),
        events: events.clone(),
        asked: Vec::new(),
    });
    changed.connect(actor.doorbell());
    spec.kind("health")
        .identity(Identity::new("health", upstream.id().name()))
}

struct HealthWatch {
    upstream: UpstreamHandle,
    checks: Checks,
    events: Events,
    /// The checks of all endpoints.
    asked: Vec<Asked>,
}

/// One check of one endpoint.
struct Asked {
    endpoint: Arc<Endpoint>,
    check: usize,
    checkup: Checkup,
    under_way: Option<SpawnHandle>,
}

impl Actor for HealthWatch {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        self.look(context);
    }
}

impl HealthWatch {
    /// Begins what is due, of the endpoints that there are now.
    fn look(&mut self, context: &mut CellContext<Self>) {
        let now = context.clock().now();
        self.follow(now, context);
        for at in 0..self.asked.len() {
            if self.asked[at].checkup.begin(now) {
                self.ask(at, context);
            }
        }
        let next = self.asked.iter().filter_map(|asked| asked.checkup.due()).min();
        context.wake_at(next, Self::look);
    }

    /// Takes up who has joined, and lets go of who has left.
    fn follow(&mut self, now: Duration, context: &mut CellContext<Self>) {
        let endpoints = self.upstream.endpoints();
        let (stay, left) = std::mem::take(&mut self.asked)
            .into_iter()
            .partition(|asked: &Asked| endpoints.iter().any(|here| Arc::ptr_eq(here, &asked.endpoint)));
        self.asked = stay;
        for asked in left {
            if let Some(under_way) = asked.under_way {
                context.cancel_future(under_way);
            }
        }
        for endpoint in endpoints.iter() {
            let is_known = |asked: &Asked| Arc::ptr_eq(&asked.endpoint, endpoint);
            let Some(vitals) = endpoint.vitals().filter(|_| !self.asked.iter().any(is_known)) else {
                continue;
            };
            for (number, check) in self.checks.checks.iter().enumerate() {
                let id = format!("{}/{}/{number}", self.upstream.id(), endpoint.addr());
                self.asked.push(Asked {
                    endpoint: Arc::clone(endpoint),
                    check: number,
                    checkup: Checkup::new(check.clone(), vitals.of(number), fnv1a(id.bytes()), now),
                    under_way: None,
                });
            }
        }
    }

    /// Asks, and hears the answer when it comes.
    fn ask(&mut self, at: usize, context: &mut CellContext<Self>) {
        let asked = &self.asked[at];
        let answer = made(&*self.checks.probe, &asked.endpoint, asked.checkup.check());
        let (endpoint, check) = (Arc::clone(&asked.endpoint), asked.check);
        let answered = answer.into_actor(self).map(move |answer, watch, context| {
            watch.hear(&endpoint, check, answer, context);
        });
        self.asked[at].under_way = Some(context.spawn(answered));
    }

    fn hear(
        &mut self,
        endpoint: &Arc<Endpoint>,
        check: usize,
        answer: Result<(), String>,
        context: &mut CellContext<Self>,
    ) {
        let now = context.clock().now();
        let is_it = |asked: &&mut Asked| asked.check == check && Arc::ptr_eq(&asked.endpoint, endpoint);
        let (Some(asked), Some(vitals)) = (self.asked.iter_mut().find(is_it), endpoint.vitals()) else {
            return;
        };
        asked.under_way = None;
        vitals.count_check();
        if answer.is_err() {
            vitals.count_failure();
        }
        let before = vitals.of(check);
        let result = match answer {
            Ok(()) => Answer::Passed,
            Err(_) => Answer::Failed,
        };
        if let Some(turn) = asked.checkup.end(now, result) {
            vitals.publish(check, turn.to);
            if vitals.is_unhealthy() {
                endpoint.exclude(Exclusion::Unhealthy);
            } else {
                endpoint.readmit(Exclusion::Unhealthy);
            }
            let why = answer.err().unwrap_or_else(|| "it passes".to_owned());
            let kind = named(asked.checkup.check());
            self.tell(endpoint, before, (turn, &format!("{kind}: {why}")), context);
        }
        self.look(context);
    }

    /// Tells of a turn that those who choose among endpoints see.
    fn tell(
        &self,
        endpoint: &Endpoint,
        before: Health,
        (turn, why): (Turn, &str),
        context: &CellContext<Self>,
    ) {
        let (kind, rule) = match (before, turn.to) {
            (_, Health::Unhealthy) => ("endpointUnhealthy", "unhealthyAfter"),
            (Health::Unhealthy, _) => ("endpointHealthy", "healthyAfter"),
            // It was given calls before.
            (Health::Unknown | Health::Healthy, _) => return,
        };
        let limit = turn.limit;
        let cause = format!("{rule}: limit {limit}, observed {limit}; {why}");
        let (upstream, addr) = (self.upstream.id().name(), endpoint.addr());
        let id = Identity::keyed("endpoint", upstream, "endpoint", addr.as_str());
        self.events
            .emit(kind, context.path(), Some(&id), cause, Persistence::Volatile);
    }
}

/// One check, as it is made.
fn made(
    probe: &dyn Probe,
    endpoint: &Endpoint,
    check: &HealthCheck,
) -> BoxFuture<'static, Result<(), String>> {
    match &check.kind {
        HealthCheckKind::Tcp => probe.tcp(endpoint.addr(), check.timeout),
        HealthCheckKind::Http { path, expect } => {
            let expect = expect.clone();
            let answer = probe.http(endpoint.addr(), path.clone(), check.timeout);
            let judged = answer.map(move |answer| match answer {
                Ok(status) if expect.contains(&status) => Ok(()),
                Ok(status) => Err(format!("status {status}")),
                Err(why) => Err(why),
            });
            judged.boxed()
        }
    }
}

/// What an event calls a check.
fn named(check: &HealthCheck) -> String {
    match &check.kind {
        HealthCheckKind::Tcp => "tcp".to_owned(),
        HealthCheckKind::Http { path, .. } => format!("http {path}"),
    }
}
