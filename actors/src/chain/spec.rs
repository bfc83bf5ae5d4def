//! The part of the tree that a chain is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::PanicBudget;
use hedgerow_supervisor::{ChildSpec, Handle, Supervisor};
use hedgerow_view::Identity;

use super::actor::{Made, Make, NodeActor};
use super::handle::ChainHandle;
use super::lead::Lead;
use super::lineup::Place;
use super::memory::{self, Memory};
use super::node::Node;
use super::node_slot::{About, Agrees, NodeSlot, Touch};
use super::revisions::Revisions;
use super::serial::{Asking, Serial, SerialLimits, SerialNode};
use super::slot::ChainSlot;

/// Makes what a node's actor has around what the node keeps; `None` where that is another node's.
type MakeWith = Arc<dyn Fn(&Arc<dyn Memory>, &Handle<NodeActor>) -> Option<Made> + Send + Sync>;

/// How a node of a chain is made. Plain data: nothing is made before the node's actor starts.
#[derive(Clone)]
pub struct NodeSpec {
    name: String,
    kind: &'static str,
    memory: Arc<dyn Memory>,
    make: MakeWith,
    /// How many requests may wait for its actor, where they do.
    mailbox: Option<usize>,
    panic_budget: Option<PanicBudget>,
    leads: Vec<Lead>,
    is_last: bool,
    enabled: bool,
    agrees: Option<Agrees>,
    /// Its place among those that its chain began with.
    origin: Option<usize>,
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
        let make = move |memory: &Arc<dyn Memory>, _: &Handle<NodeActor>| {
            Some(Made {
                filter: Arc::new(make(memory::of(memory)?)),
                serial: None,
            })
        };
        Self {
            name: name.into(),
            kind,
            memory: Arc::new(memory),
            make: Arc::new(make),
            mailbox: None,
            panic_budget: Some(PanicBudget::default()),
            leads: Vec::new(),
            is_last: false,
            enabled: true,
            agrees: None,
            origin: None,
        }
    }

    /// A node that answers its requests one at a time, in the mailbox of its actor: see [`SerialNode`]. `make` makes it on
    /// the actor's thread, where it stays; anew for every incarnation, and after each request that crashes in it.
    pub fn serialised<S: SerialNode>(
        name: impl Into<String>,
        kind: &'static str,
        limits: SerialLimits,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(make);
        let made = move |_: &Arc<dyn Memory>, node: &Handle<NodeActor>| {
            Some(Made {
                filter: Arc::new(Asking::<S>::new(node.clone(), limits)),
                serial: Some(Serial::new(Arc::clone(&make))),
            })
        };
        Self {
            name: name.into(),
            kind,
            memory: Arc::new(()),
            make: Arc::new(made),
            mailbox: Some(limits.mailbox),
            panic_budget: Some(PanicBudget::default()),
            leads: Vec::new(),
            is_last: false,
            enabled: true,
            agrees: None,
            origin: None,
        }
    }

    /// The same, with another panic budget; `None` for a node that is served whatever it does.
    #[must_use]
    pub fn panic_budget(mut self, budget: Option<PanicBudget>) -> Self {
        self.panic_budget = budget;
        self
    }

    /// The same, able to send requests to these: [`Cx::lead_to`](super::Cx::lead_to) names one by its place here.
    #[must_use]
    pub fn leading_to(mut self, leads: Vec<Lead>) -> Self {
        self.leads = leads;
        self
    }

    /// The same, for a node that no request goes past: it answers, refuses or leads to an upstream. The last node of a chain
    /// that a gateway serves must be one.
    #[must_use]
    pub fn last(mut self) -> Self {
        self.is_last = true;
        self
    }

    /// The same, but requests pass it by until it is [enabled](super::Edit::Enable). Its actor runs.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// The same, asked before an edit touches it while it is in its chain: an `Err` is a veto, and says why. It is not asked
    /// where its actor does not answer within a second. Default: it agrees.
    #[must_use]
    pub fn asked(mut self, agrees: impl Fn(Touch) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.agrees = Some(Arc::new(agrees));
        self
    }

    /// Its name in the chain.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether no request goes past it.
    pub(super) fn is_last(&self) -> bool {
        self.is_last || !self.leads.is_empty()
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Its place in a chain, where a child of this name is its actor; and what its actor is made of. Where it takes the
    /// place of a node of its name and kind, it goes on with what that one counts and keeps.
    pub(super) fn settle(self, chain: &str, child: &str, before: Option<&NodeSlot>) -> (NodeSlot, Make) {
        let Self {
            name,
            kind,
            mut memory,
            make,
            mailbox,
            panic_budget,
            leads,
            is_last,
            enabled: _,
            agrees,
            origin,
        } = self;
        let before = before.filter(|before| before.name == name && before.kind == kind);
        if let Some(before) = before
            && memory::is_alike(&memory, &before.memory)
        {
            memory = Arc::clone(&before.memory);
        }
        let about = About {
            id: Identity::keyed("node", chain, "node", &*name),
            name,
            kind,
            child: child.to_owned(),
            is_last: is_last || !leads.is_empty(),
            leads: leads.into(),
            mailbox,
            origin,
        };
        let mut place = NodeSlot::new(about, panic_budget, Arc::clone(&memory), agrees);
        if let Some(before) = before {
            place = place.counting_on(before);
        }
        let make = move |node: &Handle<NodeActor>| {
            make(&memory, node).expect("a spec holds the memory that its filter is made around")
        };
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

/// Room in a chain's restart intensity for nodes that are inserted later.
const INSERTED: usize = 32;

/// Makes the child that is a chain, and the handle to it. Under it lives one actor per node, in order; those that are
/// inserted later stand behind them, whatever their place in the chain.
///
/// A node that crashes is restarted alone, at most once a second for the panics of its requests; beyond 340 restarts in 10 s,
/// and 10 more for each node that it begins with, the chain as a whole starts anew.
pub fn spec(name: &str, revisions: &Revisions, nodes: Vec<NodeSpec>) -> (ChildSpec, ChainHandle) {
    let id = Identity::new("chain", name);
    // A node may be restarted once a second for its panics, whatever the others do.
    let bearable = u32::try_from(nodes.len().saturating_add(INSERTED))
        .unwrap_or(u32::MAX)
        .saturating_mul(10)
        .saturating_add(20);
    let supervisor = Supervisor::one_for_one(name).kind("chain").identity(id.clone());
    let (mut supervisor, children) = supervisor.intensity(bearable, Duration::from_secs(10)).dynamic();
    let nodes = nodes.into_iter().enumerate().map(|(at, spec)| NodeSpec {
        origin: Some(at),
        ..spec
    });
    let nodes: Vec<_> = nodes.collect();
    let origin = nodes.clone();
    let (places, makers): (Vec<_>, Vec<_>) = nodes
        .into_iter()
        .map(|spec| {
            let (child, enabled) = (spec.name.clone(), spec.enabled);
            let (node, make) = spec.settle(name, &child, None);
            let node = Arc::new(node);
            (Place { node, enabled }, make)
        })
        .unzip();
    let slot = ChainSlot::new(id, revisions, places.clone(), children, origin);
    for (place, make) in places.iter().zip(makers) {
        supervisor = supervisor.child(child(&slot, &place.node, make));
    }
    let handle = ChainHandle::new(slot);
    let shown = Arc::new(handle.clone());
    (supervisor.inspect(shown.clone()).operate(shown).into(), handle)
}

/// The child that is the actor of this node.
pub(super) fn child(chain: &Arc<ChainSlot>, node: &Arc<NodeSlot>, make: Make) -> ChildSpec {
    let (chain, place) = (Arc::clone(chain), Arc::clone(node));
    let (mut spec, handle) = ChildSpec::actor(&node.child, move || NodeActor {
        chain: chain.clone(),
        node: place.clone(),
        make: make.clone(),
        serial: None,
        restarting: false,
    });
    if let Some(capacity) = node.mailbox {
        spec = spec.mailbox(capacity);
    }
    node.bell.connect(handle.doorbell());
    node.reached_by(handle);
    spec.kind("node").identity(node.id.clone())
}
