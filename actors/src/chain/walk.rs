//! What callers hold of a chain: a walk down its nodes.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_supervisor::{Inspect, PanicRecord, catch};
use hedgerow_view::chain::NodeView;
use hedgerow_view::{ChainView, Identity, Path, Refusal, View};

use super::node::{Flow, Node, RequestHead, Steps};
use crate::bell::LateBell;
use crate::upstream::UpstreamHandle;

const CALLS: usize = 0;
const REFUSED: usize = 1;
const PANICS: usize = 2;

/// A chain, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the mesh
/// lives. A walk sends no message and takes no lock.
#[derive(Clone)]
pub struct ChainHandle {
    pub(super) slot: Arc<ChainSlot>,
}

pub(super) struct ChainSlot {
    pub(super) id: Identity,
    pub(super) revision: u64,
    pub(super) nodes: Vec<Arc<NodeSlot>>,
    pub(super) leads: Vec<Lead>,
}

/// Where a chain can lead.
#[derive(Debug, Clone)]
pub struct Lead {
    /// The upstream.
    pub upstream: UpstreamHandle,
    /// The rule that leads there, as breakers for each route know it: `CHAIN:PATH`.
    pub route: Box<str>,
}

/// The place of one node. The filter that it published stays until a fresh one takes its place.
pub(super) struct NodeSlot {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) filter: ArcSwapOption<Box<dyn Node>>,
    pub(super) tally: Tally<3>,
    pub(super) last_panic: ArcSwapOption<PanicRecord>,
    pub(super) bell: LateBell,
}

/// A request was turned back on its way down.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turned {
    /// No route leads on.
    NoRoute(Refusal),
    /// A node crashed on this request.
    NodeCrashed(Refusal),
    /// A node has not published its filter.
    NodeDown(Refusal),
}

impl Turned {
    /// Who turned it back, and why.
    pub fn refusal(&self) -> &Refusal {
        match self {
            Self::NoRoute(refusal) | Self::NodeCrashed(refusal) | Self::NodeDown(refusal) => refusal,
        }
    }
}

impl Lead {
    /// To this upstream, by the rule for a path in the chain with this name.
    pub fn new(upstream: UpstreamHandle, chain: &str, path: &str) -> Self {
        Self {
            upstream,
            route: format!("{chain}:{path}").into(),
        }
    }
}

impl ChainHandle {
    /// Walks down the nodes with a request, to where they lead it.
    ///
    /// # Errors
    /// Who turned the request back, and why. A panic in a node is one of the reasons: it costs this request, and the
    /// node's actor restarts with a fresh filter while the old one goes on serving.
    pub fn walk(&self, head: &dyn RequestHead) -> Result<&Lead, Turned> {
        let mut at = 0;
        // One guard around the whole walk: a guard per node costs more and tells no more.
        match catch(|| self.descend(head, &mut at)) {
            Ok(outcome) => outcome,
            Err(record) => Err(self.crashed(at, record)),
        }
    }

    fn descend(&self, head: &dyn RequestHead, at: &mut usize) -> Result<&Lead, Turned> {
        let mut steps = Steps::default();
        for (index, node) in self.slot.nodes.iter().enumerate() {
            *at = index;
            node.tally.add(CALLS);
            let filter = node.filter.load();
            let Some(filter) = filter.as_deref() else {
                node.tally.add(REFUSED);
                let refusal = Refusal::new(self.node_id(node), "nodeDown", "a published filter", "none");
                return Err(Turned::NodeDown(refusal));
            };
            match filter.on_request(head, &mut steps) {
                Flow::Next => {}
                Flow::NoRoute(refusal) => {
                    node.tally.add(REFUSED);
                    return Err(Turned::NoRoute(refusal));
                }
            }
        }
        steps
            .lead
            .and_then(|lead| self.slot.leads.get(lead))
            .ok_or_else(|| {
                let observed = format!("none of {} nodes chose one", self.slot.nodes.len());
                Turned::NoRoute(Refusal::new(
                    self.slot.id.to_string(),
                    "route",
                    "an upstream",
                    observed,
                ))
            })
    }

    #[cold]
    fn crashed(&self, at: usize, record: PanicRecord) -> Turned {
        let node = &self.slot.nodes[at];
        node.tally.add(PANICS);
        let refusal = Refusal::new(
            self.node_id(node),
            "nodeCrashed",
            "no panic",
            record.message.clone(),
        );
        node.last_panic.store(Some(Arc::new(record)));
        node.bell.ring();
        Turned::NodeCrashed(refusal)
    }

    fn node_id(&self, node: &NodeSlot) -> String {
        Identity::keyed("node", self.slot.id.name(), "node", &node.name).to_string()
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot.id
    }

    /// The revision that requests run under.
    pub fn revision(&self) -> u64 {
        self.slot.revision
    }
}

impl Inspect for ChainHandle {
    fn view(&self, _: &Path) -> View {
        let nodes = self.slot.nodes.iter().map(|node| {
            let [calls, refused, panics] = node.tally.sums();
            NodeView {
                name: node.name.clone(),
                kind: node.kind,
                calls,
                refused,
                panics,
            }
        });
        View::Chain(ChainView {
            id: self.slot.id.clone(),
            revision: self.slot.revision,
            nodes: nodes.collect(),
        })
    }
}

impl fmt::Debug for ChainHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainHandle")
            .field("id", &self.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
