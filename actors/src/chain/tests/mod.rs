//! What the chain promises. `ends` holds it against a slow model; `walk` and `panics` against the tree.
#![allow(clippy::unwrap_used)]

mod budget;
mod deadline;
mod ends;
mod hooks;
mod out;
mod panics;
mod plans;
mod scripted;
mod spawned;
mod waits;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use hedgerow_view::Identity;

use super::slot::{ChainSlot, NodeSlot};
use super::step::Filter;
use super::{Arrival, ChainHandle, Cx, Flow, Lead, Node, NodeSpec, RequestHead, Turned, spec};

/// The head of a request for a path.
struct Get(&'static str);

impl RequestHead for Get {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        self.0
    }
}

/// Panics on `/crash`.
struct Touchy;

impl Node for Touchy {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        assert!(head.path() != "/crash", "touched");
        Flow::Next
    }
}

/// Nodes without actors.
fn bare(filters: Vec<Arc<dyn Filter>>) -> ChainHandle {
    let place = |index: usize| NodeSlot::new(format!("n{index}"), "test", None, Arc::new(()));
    let places = (0..filters.len()).map(place).collect();
    let slot = ChainSlot::new(Identity::new("chain", "bare"), 1, places, Vec::new());
    for (index, filter) in filters.into_iter().enumerate() {
        slot.publish(index, filter);
    }
    ChainHandle::new(Arc::new(slot))
}

/// Walks down nodes that do not wait.
fn arrive(chain: &ChainHandle, path: &'static str) -> Result<Arrival, Turned> {
    let mut cursor = chain.enter();
    match cursor.poll_descend(&mut Get(path), &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(arrived) => arrived,
        Poll::Pending => panic!("it waits"),
    }
}

/// Walks down nodes that do not wait, to where they lead.
fn walk<'c>(chain: &'c ChainHandle, path: &'static str) -> Result<&'c Lead, Turned> {
    match arrive(chain, path)? {
        Arrival::Through(mut passage) => passage.lead_in(chain),
        Arrival::Replied(reply, _) => panic!("answered {}", reply.status),
    }
}

async fn chain(nodes: Vec<NodeSpec>) -> (Tree, ChainHandle) {
    let (child, chain) = spec("edge", 1, nodes, Vec::new());
    let ground = Ground::new(Arbiters::current_thread());
    (
        Tree::start(Supervisor::one_for_one("root").child(child), &ground)
            .await
            .unwrap(),
        chain,
    )
}

fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, body);
}
