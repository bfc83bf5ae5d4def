//! The part of the tree that a chain is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::PanicBudget;
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::actor::{MakeFilter, NodeActor};
use super::handle::ChainHandle;
use super::lead::Lead;
use super::memory::{self, Memory};
use super::node::Node;
use super::slot::{ChainSlot, NodeSlot};
use super::step::Filter;

/// Makes a fresh filter around what its node keeps; `None` where that is another node's.
type MakeWith = Arc<dyn Fn(&Arc<dyn Memory>) -> Option<Arc<dyn Filter>> + Send + Sync>;

/// How a node of a chain is made. Plain data: nothing is made before the node's actor starts.
#[derive(Clone)]
pub struct NodeSpec {
    name: String,
    kind: &'static str,
    memory: Arc<dyn Memory>,
    make: MakeWith,
    panic_budget: Option<PanicBudget>,
}

impl NodeSpec {
    /// A node whose filter `make` makes, anew for every incarnation of the node's actor. Its panic budget is
    /// [`PanicBudget::default`].
    pub fn new<N: Node>(
        name: impl Into<String>,
        kind: &'static str,
        make: impl Fn() -> N + Send + Sync + 'static,
    ) -> Self {
        Self::keeping(name, kind, (), move |_| make())
    }

    /// As [`new`](Self::new), for a node that keeps something while its actors come and go.
    pub fn keeping<M: Memory, N: Node>(
        name: impl Into<String>,
        kind: &'static str,
        memory: M,
        make: impl Fn(Arc<M>) -> N + Send + Sync + 'static,
    ) -> Self {
        let make = move |memory: &Arc<dyn Memory>| -> Option<Arc<dyn Filter>> {
            Some(Arc::new(make(memory::of(memory)?)))
        };
        Self {
            name: name.into(),
            kind,
            memory: Arc::new(memory),
            make: Arc::new(make),
            panic_budget: Some(PanicBudget::default()),
        }
    }

    /// The same, with another panic budget; `None` for a node that is served whatever it does.
    #[must_use]
    pub fn panic_budget(mut self, budget: Option<PanicBudget>) -> Self {
        self.panic_budget = budget;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Its place, and what makes the filter for it.
    fn split(self) -> (NodeSlot, MakeFilter) {
        let Self {
            name,
            kind,
            memory,
            make,
            panic_budget,
        } = self;
        let place = NodeSlot::new(name, kind, panic_budget, Arc::clone(&memory));
        let make = move || make(&memory).expect("a spec holds the memory that its filter is made around");
        (place, Arc::new(make))
    }
}

impl fmt::Debug for NodeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSpec")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Makes the child that is a chain, and the handle to it. Under it lives one actor per node, in order.
///
/// A node that crashes is restarted alone, at most once a second for the panics of its requests; beyond 20 restarts in 10 s,
/// and 10 more for each node, the chain as a whole starts anew.
pub fn spec(name: &str, revision: u64, nodes: Vec<NodeSpec>, leads: Vec<Lead>) -> (ChildSpec, ChainHandle) {
    let id = Identity::new("chain", name);
    let (places, makers): (Vec<_>, Vec<_>) = nodes.into_iter().map(NodeSpec::split).unzip();
    let slot = Arc::new(ChainSlot::new(id.clone(), revision, places, leads));
    // A node may be restarted once a second for its panics, whatever the others do.
    let bearable = u32::try_from(makers.len())
        .unwrap_or(u32::MAX)
        .saturating_mul(10)
        .saturating_add(20);
    let mut children = Supervisor::one_for_one(name).kind("chain").identity(id);
    children = children.intensity(bearable, Duration::from_secs(10));
    for (index, make) in makers.into_iter().enumerate() {
        let (chain, node) = (slot.clone(), &slot.nodes[index]);
        let (spec, handle) = ChildSpec::actor(&node.name, move || NodeActor {
            chain: chain.clone(),
            index,
            make: make.clone(),
            looking: None,
            restarting: false,
        });
        node.bell.connect(handle.doorbell());
        children = children.child(spec.kind("node").identity(slot.node_id(index)));
    }
    let handle = ChainHandle::new(slot);
    (children.inspect(Arc::new(handle.clone())).into(), handle)
}
