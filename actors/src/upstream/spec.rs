//! The part of the tree that an upstream is.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{Balance, Scope, Upstream};
use hedgerow_store::KeyError;
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::guard::Guard;
use super::handle::UpstreamHandle;
use super::membership::{Caring, Guarding, Maker, Membership};
use super::roll::Roll;
use super::slot::UpstreamSlot;
use crate::breaker::{self, Means};
use crate::health::{self, Checks};
use crate::keyed;
use crate::outlier::{self, Alarm};
use crate::pool::resource::Leases;
use crate::probe::Probe;
use crate::reputation;

/// Makes the child that is an upstream, and the handle to it:
///
/// ```text
/// NAME                      upstream
/// ├── breaker               breaker, where there is one for the whole
/// ├── breakers              breakers, where there is one for each route or tenant
/// ├── pool                  pool: how many attempts may be under way
/// ├── endpoints             supervisor
/// │   └── 127.0.0.1:9001    endpoint
/// │       └── breaker       breaker, where each endpoint has one
/// ├── reputation            reputation, where endpoints are chosen or left out by how they did
/// ├── outlier               outlier, where a rule is on
/// └── health                health, where there are health checks
/// ```
///
/// Endpoints share nothing, so each is restarted alone; one that cannot be kept alive takes its siblings along only
/// after many tries, and never the other upstreams.
///
/// Without a probe no health check is made, and each endpoint is given calls.
///
/// # Errors
/// Where a name is empty or too long to be a key of the store.
pub fn spec(
    config: &Upstream,
    means: &Means,
    probe: Option<&Arc<dyn Probe>>,
) -> Result<(ChildSpec, UpstreamHandle), KeyError> {
    let placed = place(config, means, probe)?;
    Ok((placed.supervisor.into(), placed.handle))
}

/// An upstream that is to be started.
pub(crate) struct Placed {
    pub(crate) supervisor: Supervisor,
    pub(crate) handle: UpstreamHandle,
    /// For who finds out which endpoints there are.
    pub(crate) membership: Membership,
}

pub(crate) fn place(
    config: &Upstream,
    means: &Means,
    probe: Option<&Arc<dyn Probe>>,
) -> Result<Placed, KeyError> {
    let id = Identity::new("upstream", &config.name);
    let mut upstream = Supervisor::one_for_one(&config.name)
        .kind("upstream")
        .identity(id.clone());
    let policy = || config.breaker.clone();
    let keyed = || {
        let (name, scope) = (&config.name, config.per.name());
        keyed::spec("breakers", name, scope, policy(), config.keys, means)
    };
    let (guard, guarded_by) = match config.per {
        Scope::Endpoint => (Guard::Endpoints, Guarding::Own),
        Scope::Upstream => {
            let id = Identity::new("breaker", &config.name);
            let (breaker, handle) = breaker::spec("breaker", id, policy(), means)?;
            upstream = upstream.child(breaker);
            (Guard::Upstream(handle.clone()), Guarding::Upstream(handle))
        }
        Scope::Route => {
            let (breakers, handle) = keyed()?;
            upstream = upstream.child(breakers);
            (Guard::Routes(handle), Guarding::Key)
        }
        Scope::Tenant => {
            let (breakers, handle) = keyed()?;
            upstream = upstream.child(breakers);
            (Guard::Tenants(handle), Guarding::Key)
        }
    };
    let alarm = Arc::new(Alarm::new(&config.outlier));
    let roll = Arc::new(Roll::default());
    let (kept, recalled) = (Arc::default(), Arc::default());
    // Other balancers do not go by how often an endpoint has failed.
    let is_kept = config.balance == Balance::P2cEwma || config.outlier.is_on(config.per);
    let maker = Maker {
        name: config.name.clone(),
        policy: policy(),
        guarded_by,
        caring: Caring {
            outlier: config.outlier.clone(),
            per: config.per,
            alarm: Arc::clone(&alarm),
            reputation: is_kept.then(|| Arc::clone(&kept)),
            recalled: Arc::clone(&recalled),
            checks: config.health_checks.len(),
        },
        means: means.clone(),
        weights: config.weights.clone(),
        priorities: config.priorities.clone(),
        roll: Arc::clone(&roll),
    };
    let mut endpoints = Vec::with_capacity(config.endpoints.len());
    let (mut supervisor, children) = Supervisor::one_for_one("endpoints")
        .intensity(20, Duration::from_secs(30))
        .dynamic();
    for addr in &config.endpoints {
        let (spec, endpoint) = maker.make(addr, None)?;
        endpoints.push(endpoint);
        supervisor = supervisor.child(spec);
    }
    let (leases, pool) = Leases::spec("pool", &config.name, config.pool.clone(), means);
    let shared = (means.clock, roll);
    let slot = Arc::new(UpstreamSlot::new(config, id, endpoints, guard, pool, shared));
    let handle = UpstreamHandle::new(Arc::clone(&slot));
    let mut supervisor = upstream
        .inspect(Arc::new(handle.clone()))
        .child(leases)
        .child(supervisor);
    let (events, policy) = (&means.events, &config.outlier);
    if is_kept {
        let key = reputation::key(&config.name)?;
        let place = (&kept, &recalled);
        supervisor = supervisor.child(reputation::spec(&handle, key, policy, place, means));
    }
    if policy.is_on(config.per) {
        let consecutive = policy.consecutive.under(config.per);
        supervisor = supervisor.child(outlier::spec(
            &handle,
            policy,
            consecutive,
            (&alarm, &kept),
            events,
        ));
    }
    if let Some(probe) = probe.filter(|_| !config.health_checks.is_empty()) {
        let checks = Checks {
            checks: config.health_checks.clone().into(),
            probe: Arc::clone(probe),
        };
        supervisor = supervisor.child(health::spec(&handle, checks, &slot.changed, events));
    }
    Ok(Placed {
        supervisor,
        handle,
        membership: Membership::new(slot, children, maker),
    })
}
