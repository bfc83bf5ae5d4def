//! The child of an upstream that finds out who its endpoints are.

use std::sync::Arc;

use hedgerow_config::{Discovery as Config, Upstream};
use hedgerow_store::KeyError;
use hedgerow_supervisor::ChildSpec;

use super::actor::{Discovery, Dns, Source};
use super::align::Aligning;
use super::kept;
use super::resolve::Resolve;
use super::shown::Shown;
use crate::breaker::Means;
use crate::fnv::fnv1a;
use crate::probe::Probe;
use crate::registry::RegistryHandle;
use crate::upstream::{self, UpstreamHandle};

/// Whom upstreams may ask for their endpoints.
#[derive(Clone)]
pub struct Sources {
    /// Makes what looks names up.
    pub resolve: Arc<dyn Resolve>,
    /// Where endpoints register.
    pub registry: RegistryHandle,
    /// How endpoints are asked whether they are well; without one no health check is made.
    pub probe: Option<Arc<dyn Probe>>,
}

/// Makes the child that is an upstream, and the handle to it, as [`upstream::spec`] does. One whose endpoints are
/// discovered begins without any, and has one child more, after its endpoints:
///
/// ```text
/// NAME                      upstream
/// ├── endpoints             supervisor
/// └── discovery             discovery
/// ```
///
/// # Errors
/// Where a name is empty or too long to be a key of the store.
///
/// # Restarts
/// What was learned belongs to the place: a fresh incarnation goes on with it, and asks at once.
pub fn upstream(
    config: &Upstream,
    means: &Means,
    sources: &Sources,
) -> Result<(ChildSpec, UpstreamHandle), KeyError> {
    let Some(discovery) = &config.discovery else {
        return upstream::spec(config, means, sources.probe.as_ref());
    };
    let key = kept::key(&config.name)?;
    let placed = upstream::place(config, means, sources.probe.as_ref())?;
    let asked = match discovery {
        Config::Dns(dns) => match dns.records {
            hedgerow_config::DnsRecords::Addresses { port } => format!("{}:{port}", dns.name),
            hedgerow_config::DnsRecords::Services => format!("{} SRV", dns.name),
        },
        Config::Registry(registry) => registry.service.clone(),
    };
    let shown = Arc::new(Shown::new(discovery.kind(), asked, means.clock));
    let (discovery, means, sources) = (discovery.clone(), means.clone(), sources.clone());
    let (name, membership, place) = (config.name.clone(), placed.membership, Arc::clone(&shown));
    let registry = sources.registry.clone();
    let service = match &discovery {
        Config::Registry(registry) => Some(registry.service.clone()),
        Config::Dns(_) => None,
    };
    let (spec, actor) = ChildSpec::actor("discovery", move || {
        let process = std::process::id().to_le_bytes();
        let seed = fnv1a(name.bytes().chain(process));
        let source = match &discovery {
            Config::Dns(dns) => {
                let resolve = Arc::clone(&sources.resolve);
                Source::Dns(Box::new(Dns::new(
                    dns.clone(),
                    resolve,
                    &place,
                    (key.clone(), seed),
                )))
            }
            Config::Registry(of) => Source::Registry {
                registry: sources.registry.clone(),
                service: of.service.clone(),
            },
        };
        Discovery {
            upstream: name.clone(),
            membership: membership.clone(),
            shown: Arc::clone(&place),
            means: means.clone(),
            aligning: Aligning::new(seed),
            source,
        }
    });
    if let Some(service) = service {
        registry.follow(service, actor.doorbell());
    }
    let spec = spec.kind("discovery").inspect(Arc::clone(&shown) as _);
    placed.handle.discovered_by(shown);
    Ok((placed.supervisor.child(spec).into(), placed.handle))
}
