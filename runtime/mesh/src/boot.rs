//! From what was declared to what the kernel starts, with the handles that callers will hold.

use std::collections::BTreeMap;

use hedgerow_actors::breaker::{self, BreakerHandle, Means};
use hedgerow_actors::chain::{self, ChainHandle};
use hedgerow_actors::discovery::{self, Sources};
use hedgerow_actors::keyed::{self, KeyedBreakerHandle};
use hedgerow_actors::readiness;
use hedgerow_actors::revision::{self, Revisions, Workshop};
use hedgerow_actors::upstream::UpstreamHandle;
use hedgerow_http::listener;
use hedgerow_supervisor::{ChildSpec, Restart, Spans, Supervisor as KernelSupervisor};
use hedgerow_view::{Identity, Path};

use crate::declare::{Breaker, Chain, ChainNode, Child, KeyedBreaker, Part, Supervisor};
use crate::error::{DeclaredError, Error};
use crate::factory::{AnyFactory, DeclaredFactory};
use crate::io::Io;
use crate::open_listener::OpenListener;
use crate::pool::{AnyPool, Pool};
use crate::telemetry::Export;

/// What callers hold, by name.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) breakers: BTreeMap<String, BreakerHandle>,
    pub(crate) keyed_breakers: BTreeMap<String, KeyedBreakerHandle>,
    pub(crate) upstreams: BTreeMap<String, UpstreamHandle>,
    pub(crate) chains: BTreeMap<String, ChainHandle>,
    pub(crate) pools: BTreeMap<String, AnyPool>,
    pub(crate) factories: BTreeMap<String, AnyFactory>,
    /// What factories work on.
    pub(crate) io: Io,
}

/// Turns a declared tree, which has been checked, into specs. Starts nothing.
///
/// # Errors
/// Names that the store cannot keep anything under.
pub(crate) fn lower(
    tree: Supervisor,
    means: &Means,
    sources: &Sources,
    revisions: &Revisions,
    export: Option<&Export>,
) -> Result<(KernelSupervisor<ChildSpec>, Handles), Error> {
    let mut boot = Boot {
        means,
        spans: export.and_then(|export| export.spans.as_ref()),
        sources,
        revisions,
        workshop: Workshop {
            tap: export.and_then(|export| export.tap.clone()),
            ..Workshop::default()
        },
        handles: Handles::default(),
        errors: Vec::new(),
    };
    let tree = boot.supervisor(tree);
    boot.lead_mirrors();
    if boot.errors.is_empty() {
        Ok((tree, boot.handles))
    } else {
        Err(Error::Declared(boot.errors))
    }
}

struct Boot<'a> {
    means: &'a Means,
    /// What records the requests, where any are told.
    spans: Option<&'a Spans>,
    sources: &'a Sources,
    revisions: &'a Revisions,
    workshop: Workshop,
    handles: Handles,
    errors: Vec<DeclaredError>,
}

impl Boot<'_> {
    fn supervisor(&mut self, declared: Supervisor) -> KernelSupervisor<ChildSpec> {
        declared.map(|child| self.child(child))
    }

    fn child(&mut self, Child(part): Child) -> ChildSpec {
        match part {
            Part::Actor(spec) => *spec,
            Part::Supervisor(inner) => self.supervisor(*inner).into(),
            Part::Tree(tree) => {
                let spec = ChildSpec::from(self.supervisor(*tree));
                spec.restart(Restart::Temporary).significant()
            }
            Part::Breaker(declared) => self.breaker(declared),
            Part::KeyedBreaker(declared) => self.keyed_breaker(declared),
            // Every endpoint of it is an address: it has been checked.
            Part::Upstream(declared) => self.upstream(declared.resolve().0),
            Part::Configured(config) => self.upstream(*config),
            Part::Chain(declared) => self.chain(declared),
            Part::Pool(declared) => self.pool(*declared),
            Part::Factory(declared) => self.factory(*declared),
            Part::Reviser => self.reviser(),
            Part::Readiness => self.readiness(),
            Part::Listener(open) => self.listener(*open),
        }
    }

    fn breaker(&mut self, declared: Breaker) -> ChildSpec {
        let Breaker { name, policy } = declared;
        match breaker::spec(&name, Identity::new("breaker", &name), policy, self.means) {
            Ok((spec, handle)) => {
                self.handles.breakers.insert(name, handle);
                spec
            }
            Err(error) => self.placeholder("breaker", &name, &error.to_string()),
        }
    }

    fn keyed_breaker(&mut self, declared: KeyedBreaker) -> ChildSpec {
        let KeyedBreaker {
            name,
            scope,
            policy,
            limits,
        } = declared;
        match keyed::spec(&name, &name, &scope, policy, limits, self.means) {
            Ok((spec, handle)) => {
                self.handles.keyed_breakers.insert(name, handle);
                spec
            }
            Err(error) => self.placeholder("breaker", &name, &error.to_string()),
        }
    }

    fn upstream(&mut self, config: hedgerow_config::Upstream) -> ChildSpec {
        match discovery::upstream(&config, self.means, self.sources) {
            Ok((spec, handle)) => {
                let known = &mut self.workshop.upstreams;
                known.insert(config.name.clone(), handle.clone());
                self.handles.upstreams.insert(config.name, handle);
                spec
            }
            Err(error) => self.placeholder("upstream", &config.name, &error.to_string()),
        }
    }

    /// Once all upstreams are known: one may mirror to another behind it. Names have been checked with the config.
    fn lead_mirrors(&self) {
        for upstream in self.handles.upstreams.values() {
            let to = upstream.mirror().map(|mirror| mirror.upstream());
            if let Some(to) = to.and_then(|to| self.handles.upstreams.get(to)) {
                upstream.mirror_to(to);
            }
        }
    }

    /// The upstreams that it leads to stand before it in the tree, and are known by now.
    fn chain(&mut self, declared: Chain) -> ChildSpec {
        let Chain {
            name,
            nodes,
            panic_budget,
            quarantine,
        } = declared;
        self.workshop.budgets.insert(name.clone(), panic_budget);
        let mut specs = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                ChainNode::Own(spec) => specs.push(spec),
                ChainNode::Kind(node) => match self.workshop.spec(&name, &node) {
                    Ok(spec) => specs.push(spec),
                    Err(error) => {
                        let what = format!(
                            "its node `{}`: {error}; an upstream that it leads to stands before it in the tree",
                            node.name
                        );
                        return self.placeholder("chain", &name, &what);
                    }
                },
            }
        }
        let (spec, handle) = chain::spec(&name, self.revisions, specs);
        handle.tell(&self.means.events);
        if let Some(spans) = self.spans {
            handle.record(spans);
        }
        if let Some(rule) = quarantine {
            handle.quarantine(rule);
        }
        self.handles.chains.insert(name, handle);
        spec
    }

    /// All chains and upstreams stand before it, and are known by now.
    fn reviser(&mut self) -> ChildSpec {
        let workshop = std::mem::take(&mut self.workshop);
        revision::spec(self.revisions, self.means, workshop)
    }

    /// All upstreams stand before it, and are known by now.
    fn readiness(&self) -> ChildSpec {
        let upstreams = self.handles.upstreams.values().cloned().collect();
        readiness::spec(upstreams, self.sources.probe.as_ref(), &self.means.events)
    }

    fn pool(&mut self, declared: Pool) -> ChildSpec {
        let name = declared.name.clone();
        let (spec, pool) = declared.spec(self.means);
        self.handles.pools.insert(name, pool);
        spec
    }

    fn factory(&mut self, declared: DeclaredFactory) -> ChildSpec {
        let name = declared.name.clone();
        let (spec, factory) = declared.spec(self.means, &self.handles.io);
        self.handles.factories.insert(name, factory);
        spec
    }

    fn listener(&mut self, open: OpenListener) -> ChildSpec {
        match self.handles.chains.get(&open.chain) {
            Some(chain) => listener::spec(
                &open.name,
                open.socket,
                chain.clone(),
                open.options,
                &self.means.events,
            ),
            None => self.placeholder("listener", &open.name, "its chain does not exist"),
        }
    }

    /// Stands where a part could not be made, in a tree that will not be started.
    fn placeholder(&mut self, kind: &'static str, name: &str, what: &str) -> ChildSpec {
        self.errors.push(DeclaredError {
            kind,
            path: Path::root(name),
            what: what.to_owned(),
        });
        Supervisor::one_for_one(name)
            .map(|child| self.child(child))
            .into()
    }
}
