//! What the chain promises. `ends` holds it against a slow model; `walk` and `panics` against the tree.
#![allow(clippy::unwrap_used)]

mod budget;
mod deadline;
mod ends;
mod figures;
mod hooks;
mod out;
mod panics;
mod plans;
mod quarantine;
mod recorded;
mod scripted;
mod serial;
mod spawned;
mod waits;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};

use super::node_slot::NodeCounts;
use super::step::Filter;
use super::{Arrival, ChainHandle, Cx, Flow, Node, NodeSpec, RequestHead, Turned, spec};
use crate::revision::Revisions;

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
    let specs = (0..filters.len()).map(|index| NodeSpec::new(format!("n{index}"), "test", || Touchy));
    let (_, chain) = spec("bare", &Revisions::beginning_at(1), specs.collect());
    for (index, filter) in filters.into_iter().enumerate() {
        publish(&chain, index, filter);
    }
    chain
}

/// Has the node at this index publish a fresh filter.
fn publish(chain: &ChainHandle, index: usize, filter: Arc<dyn Filter>) {
    let lineup = chain.slot().lineup();
    chain.slot().publish(&lineup.nodes[index], filter);
}

/// What the node at this index has counted.
fn counts(chain: &ChainHandle, index: usize) -> NodeCounts {
    let lineup = chain.slot().lineup();
    chain.slot().counts(&lineup.nodes[index])
}

/// Walks down nodes that do not wait.
fn arrive(chain: &ChainHandle, path: &'static str) -> Result<Arrival, Turned> {
    let mut cursor = chain.enter();
    match cursor.poll_descend(&mut Get(path), &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(arrived) => arrived,
        Poll::Pending => panic!("it waits"),
    }
}

/// Walks down nodes that do not wait, and is led nowhere.
fn walk(chain: &ChainHandle, path: &'static str) -> Turned {
    match arrive(chain, path) {
        Ok(Arrival::Through(mut passage)) => passage.lead().unwrap_err(),
        Ok(Arrival::Replied(reply, _)) => panic!("answered {}", reply.status),
        Err(turned) => turned,
    }
}

async fn chain(nodes: Vec<NodeSpec>) -> (Tree, ChainHandle) {
    let (child, chain) = spec("edge", &Revisions::beginning_at(1), nodes);
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
