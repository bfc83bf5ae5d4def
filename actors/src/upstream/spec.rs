//! The part of the tree that an upstream is.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{Scope, Upstream};
use hedgerow_store::KeyError;
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::endpoint::{Endpoint, GuardedBy};
use super::guard::Guard;
use super::handle::UpstreamHandle;
use crate::breaker::{self, Means};
use crate::keyed;

/// Makes the child that is an upstream, and the handle to it:
///
/// ```text
/// NAME                      upstream
/// ├── breaker               breaker, where there is one for the whole
/// ├── breakers              breakers, where there is one for each route or tenant
/// └── endpoints             supervisor
///     └── 127.0.0.1:9001    endpoint
///         └── breaker       breaker, where each endpoint has one
/// ```
///
/// Endpoints share nothing, so each is restarted alone; one that cannot be kept alive takes its siblings along only
/// after many tries, and never the other upstreams.
///
/// # Errors
/// Where a name is empty or too long to be a key of the store.
pub fn spec(config: &Upstream, means: &Means) -> Result<(ChildSpec, UpstreamHandle), KeyError> {
    let id = Identity::new("upstream", &config.name);
    let upstream = Supervisor::one_for_one(&config.name)
        .kind("upstream")
        .identity(id.clone());
    let policy = || config.breaker.clone();
    let keyed = || {
        let (name, scope) = (&config.name, config.per.name());
        keyed::spec("breakers", name, scope, policy(), config.keys, means)
    };
    let (guard, breakers) = match config.per {
        Scope::Endpoint => (Guard::Endpoints, None),
        Scope::Upstream => {
            let id = Identity::new("breaker", &config.name);
            let (breaker, handle) = breaker::spec("breaker", id, policy(), means)?;
            (Guard::Upstream(handle), Some(breaker))
        }
        Scope::Route => {
            let (breakers, handle) = keyed()?;
            (Guard::Routes(handle), Some(breakers))
        }
        Scope::Tenant => {
            let (breakers, handle) = keyed()?;
            (Guard::Tenants(handle), Some(breakers))
        }
    };
    let mut endpoints = Vec::with_capacity(config.endpoints.len());
    let mut children = Supervisor::one_for_one("endpoints").intensity(20, Duration::from_secs(30));
    for addr in &config.endpoints {
        let key = |kind| Identity::keyed(kind, &config.name, "endpoint", addr.as_str());
        let mut endpoint = Supervisor::one_for_one(addr.as_str())
            .kind("endpoint")
            .identity(key("endpoint"))
            .intensity(10, Duration::from_secs(10));
        let guarded_by = match &guard {
            Guard::Endpoints => {
                let (breaker, handle) = breaker::spec("breaker", key("breaker"), policy(), means)?;
                endpoint = endpoint.child(breaker);
                GuardedBy::Own(handle)
            }
            Guard::Upstream(handle) => GuardedBy::Upstream(handle.clone()),
            Guard::Routes(_) | Guard::Tenants(_) => GuardedBy::Key,
        };
        endpoints.push(Arc::new(Endpoint::new(addr.clone(), guarded_by)));
        children = children.child(endpoint);
    }
    let handle = UpstreamHandle::new(config, id, endpoints, guard);
    let upstream = upstream
        .inspect(Arc::new(handle.clone()))
        .children(breakers)
        .child(children);
    Ok((upstream.into(), handle))
}
