//! The part of the tree that a chain is.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use hedgerow_config::NodeKind;
use hedgerow_gate::Tally;
use hedgerow_supervisor::{ChildSpec, Supervisor};
use hedgerow_view::Identity;

use super::actor::{MakeFilter, NodeActor};
use super::node::Node;
use super::route::RouteNode;
use super::walk::{ChainHandle, ChainSlot, Lead, NodeSlot};
use crate::bell::LateBell;

/// How a node of a chain is made.
#[derive(Clone)]
pub struct NodeSpec {
    name: String,
    kind: &'static str,
    make: MakeFilter,
}

impl NodeSpec {
    /// A node whose filter `make` makes, anew for every incarnation of the node's actor.
    pub fn new(
        name: impl Into<String>,
        kind: &'static str,
        make: impl Fn() -> Box<dyn Node> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            make: Arc::new(make),
        }
    }

    /// The node that a config asks for, in the chain with this name. Its rules lead to the leads that [`spec`] is given, in
    /// order, from `first_lead` on.
    pub fn configured(chain: &str, node: &hedgerow_config::Node, first_lead: usize) -> Self {
        let chain = chain.to_owned();
        match &node.kind {
            NodeKind::Route(route) => {
                let route = route.clone();
                Self::new(&node.name, "route", move || {
                    Box::new(RouteNode::new(&chain, &route, first_lead))
                })
            }
        }
    }
}

/// Makes the child that is a chain, and the handle to it. Under it lives one actor per node, in order.
///
/// A node that crashes is restarted alone; beyond 20 restarts in 10 s the chain as a whole starts anew.
pub fn spec(name: &str, revision: u64, nodes: Vec<NodeSpec>, leads: Vec<Lead>) -> (ChildSpec, ChainHandle) {
    let id = Identity::new("chain", name);
    let mut slots = Vec::with_capacity(nodes.len());
    let mut children = Supervisor::one_for_one(name).kind("chain").identity(id.clone());
    children = children.intensity(20, Duration::from_secs(10));
    for node in nodes {
        let slot = Arc::new(NodeSlot {
            name: node.name.clone(),
            kind: node.kind,
            filter: ArcSwapOption::empty(),
            tally: Tally::default(),
            last_panic: ArcSwapOption::empty(),
            bell: LateBell::default(),
        });
        slots.push(slot.clone());
        let (actor_slot, make) = (slot.clone(), node.make);
        let (spec, handle) = ChildSpec::actor(&node.name, move || NodeActor {
            slot: actor_slot.clone(),
            make: make.clone(),
        });
        slot.bell.connect(handle.doorbell());
        children = children.child(
            spec.kind("node")
                .identity(Identity::keyed("node", name, "node", &node.name)),
        );
    }
    let handle = ChainHandle {
        slot: Arc::new(ChainSlot {
            id,
            revision,
            nodes: slots,
            leads,
        }),
    };
    (children.inspect(Arc::new(handle.clone())).into(), handle)
}
