//! The part of the tree that an upstream is.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::Upstream;
use hedgerow_store::KeyError;
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::endpoint::Endpoint;
use super::handle::UpstreamHandle;
use crate::breaker::{self, Means};

/// Makes the child that is an upstream, and the handle to it:
///
/// ```text
/// NAME                      upstream
/// └── endpoints             supervisor
///     └── 127.0.0.1:9001    endpoint
///         └── breaker       breaker
/// ```
///
/// Endpoints share nothing, so each is restarted alone; one that cannot be kept alive takes its siblings along only
/// after many tries, and never the other upstreams.
///
/// # Errors
/// Where a name is empty or too long to be a key of the store.
pub fn spec(config: &Upstream, means: &Means) -> Result<(ChildSpec, UpstreamHandle), KeyError> {
    let id = Identity::new("upstream", &config.name);
    let mut endpoints = Vec::with_capacity(config.endpoints.len());
    let mut children = Supervisor::one_for_one("endpoints").intensity(20, Duration::from_secs(30));
    for addr in &config.endpoints {
        let key = |kind| Identity::keyed(kind, &config.name, "endpoint", addr.as_str());
        let (breaker, handle) = breaker::spec("breaker", key("breaker"), config.breaker.clone(), means)?;
        endpoints.push(Arc::new(Endpoint::new(addr.clone(), handle)));
        let endpoint = Supervisor::one_for_one(addr.as_str())
            .kind("endpoint")
            .identity(key("endpoint"))
            .intensity(10, Duration::from_secs(10))
            .child(breaker);
        children = children.child(endpoint);
    }
    let handle = UpstreamHandle::new(config, id.clone(), endpoints);
    let upstream = Supervisor::one_for_one(&config.name)
        .kind("upstream")
        .identity(id)
        .inspect(Arc::new(handle.clone()))
        .child(children);
    Ok((upstream.into(), handle))
}
