//! The part of the tree that a chain is.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{NodeKind, PanicBudget};
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::actor::{MakeFilter, NodeActor};
use super::handle::ChainHandle;
use super::lead::Lead;
use super::node::Node;
use super::route::RouteNode;
use super::slot::{ChainSlot, NodeSlot};

/// How a node of a chain is made.
#[derive(Clone)]
pub struct NodeSpec {
    name: String,
    kind: &'static str,
    make: MakeFilter,
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
        Self {
            name: name.into(),
            kind,
            make: Arc::new(move || Arc::new(make())),
            panic_budget: Some(PanicBudget::default()),
        }
    }

    /// The same, with another panic budget; `None` for a node that is served whatever it does.
    #[must_use]
    pub fn panic_budget(mut self, budget: Option<PanicBudget>) -> Self {
        self.panic_budget = budget;
        self
    }

    /// The node that a config asks for, in the chain with this name. Its rules lead to the leads that [`spec`] is given, in
    /// order, from `first_lead` on.
    pub fn configured(chain: &str, node: &hedgerow_config::Node, first_lead: usize) -> Self {
        let chain = chain.to_owned();
        let made = match &node.kind {
            NodeKind::Route(route) => {
                let route = route.clone();
                Self::new(&node.name, "route", move || {
                    RouteNode::new(&chain, &route, first_lead)
                })
            }
        };
        made.panic_budget(node.panic_budget)
    }
}

/// Makes the child that is a chain, and the handle to it. Under it lives one actor per node, in order.
///
/// A node that crashes is restarted alone, at most once a second for the panics of its requests; beyond 20 restarts in 10 s,
/// and 10 more for each node, the chain as a whole starts anew.
pub fn spec(name: &str, revision: u64, nodes: Vec<NodeSpec>, leads: Vec<Lead>) -> (ChildSpec, ChainHandle) {
    let id = Identity::new("chain", name);
    let (places, makers): (Vec<_>, Vec<_>) = nodes
        .into_iter()
        .map(|node| (NodeSlot::new(node.name, node.kind, node.panic_budget), node.make))
        .unzip();
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
