//! What one scrape reads.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hedgerow_supervisor::Directory;
use hedgerow_view::{
    ActorView, BreakerView, ChainView, FactoryView, KeysView, ListenerView, Path, PoolView, RegistryView,
    StoreView, TelemetryView, UpstreamView, View,
};

/// The kind of a supervisor whose children are one for each key.
const KEYS: &str = "keys";

/// Whose children are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kin {
    Keys,
    Others,
}

/// The mesh at the instant of one scrape.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Every actor, parents first. Their `children` are empty here.
    pub(crate) actors: Vec<ActorView>,
    /// Those that are not one of many, for each of a number of keys.
    pub(crate) breakers: Vec<BreakerView>,
    pub(crate) keys: Vec<KeysView>,
    /// The actors of keys, which strangers may invent: no series is theirs.
    of_keys: HashSet<Path>,
    pub(crate) chains: Vec<ChainView>,
    pub(crate) upstreams: Vec<UpstreamView>,
    pub(crate) pools: Vec<PoolView>,
    pub(crate) factories: Vec<FactoryView>,
    pub(crate) listeners: Vec<ListenerView>,
    pub(crate) stores: Vec<StoreView>,
    pub(crate) exporters: Vec<TelemetryView>,
    /// Who has registered. Services may be invented by strangers: no series is theirs.
    pub(crate) registry: Option<RegistryView>,
    pub(crate) ready: bool,
    pub(crate) events: u64,
    /// Scrapes so far in which an actor's view panicked.
    pub(crate) failed_reads: u64,
}

impl Snapshot {
    /// Reads the directory. `failed_reads` is how often that has failed before.
    ///
    /// A view is code of an actor: where one panics, what the actors show is left out of this scrape and the failure
    /// is counted, while the tree itself is still told.
    pub(crate) fn take(directory: &Directory, failed_reads: u64) -> Self {
        let mut snapshot = Self {
            ready: directory.not_ready().is_empty(),
            events: directory.events().emitted(),
            failed_reads,
            ..Self::default()
        };
        snapshot.flatten(directory.tree(), Kin::Others);
        match catch_unwind(AssertUnwindSafe(|| directory.views())) {
            Ok(views) => {
                for (_, view) in views {
                    snapshot.sort_in(view);
                }
            }
            Err(_) => {
                snapshot.failed_reads += 1;
                tracing::error!("an actor's view panicked: this scrape tells the tree only");
            }
        }
        snapshot
    }

    /// Whether an actor is one of many, for each of a number of keys.
    pub(crate) fn is_of_a_key(&self, path: &Path) -> bool {
        self.of_keys.contains(path)
    }

    fn flatten(&mut self, mut actor: ActorView, kin: Kin) {
        let children = std::mem::take(&mut actor.children);
        if kin == Kin::Keys {
            self.of_keys.insert(actor.path.clone());
        }
        let kin = if actor.kind == KEYS { Kin::Keys } else { kin };
        self.actors.push(actor);
        for child in children {
            self.flatten(child, kin);
        }
    }

    fn sort_in(&mut self, view: View) {
        match view {
            View::Breaker(breaker) if self.is_of_a_key(&breaker.path) => {}
            View::Breaker(breaker) => self.breakers.push(breaker),
            View::Keys(keys) => self.keys.push(keys),
            View::Chain(chain) => self.chains.push(chain),
            View::Upstream(upstream) => {
                self.ready &= upstream.awaited().is_none();
                self.upstreams.push(upstream);
            }
            View::Factory(factory) => {
                self.ready &= factory.awaited().is_none();
                self.factories.push(factory);
            }
            View::Pool(pool) => self.pools.push(pool),
            View::Registry(registry) => self.registry = Some(registry),
            View::Listener(listener) => self.listeners.push(listener),
            View::Store(store) => self.stores.push(store),
            View::Telemetry(exporter) => self.exporters.push(exporter),
            // Plain views, and kinds of view that have no family.
            _ => {}
        }
    }
}
