//! What edits promise: `lines` holds the pure parts against a plain list, the others a chain in a tree.
#![allow(clippy::unwrap_used)]

mod api;
mod code;
mod falls;
mod lines;
mod load;
mod past;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hedgerow_store::Store;
use hedgerow_supervisor::{
    ActError, Arbiters, Arguments, Ground, Inspect as _, Operate as _, Supervisor, Tree,
};
use hedgerow_view::{ChainView, Path, View};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::slot::ReviserSlot;
use super::{Revisions, Workshop, child};
use crate::breaker::Means;
use crate::chain::{
    self, Arrival, Attributes, ChainHandle, Cx, Flow, Node, NodeSpec, Passage, Reply, ReplyHead, RequestHead,
};

const SEEN: HeaderName = HeaderName::from_static("x-seen");

/// A chain and who edits it, on this thread.
struct Stage {
    tree: Tree,
    chain: ChainHandle,
    slot: Arc<ReviserSlot>,
}

impl Stage {
    /// With what the store remembers.
    async fn with(nodes: Vec<NodeSpec>, store: &Store) -> Self {
        let ground = Ground::new(Arbiters::current_thread());
        let means = Means {
            store: store.clone(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let revisions = Revisions::beginning_at(1);
        let slot = Arc::new(ReviserSlot::new(&revisions, means, Workshop::default()));
        let (edge, chain) = chain::spec("edge", &revisions, nodes);
        let root = Supervisor::one_for_one("root")
            .child(edge)
            .child(child(&revisions, Arc::clone(&slot)));
        Self {
            tree: Tree::start(root, &ground).await.unwrap(),
            chain,
            slot,
        }
    }

    async fn of(nodes: Vec<NodeSpec>) -> Self {
        Self::with(nodes, &Store::memory()).await
    }

    fn view(&self) -> ChainView {
        match self.chain.view(&Path::root("edge")) {
            View::Chain(view) => view,
            other => panic!("{other:?}"),
        }
    }

    /// The nodes that requests meet, as a request tells.
    fn met(&self) -> String {
        request(&self.chain).1
    }

    /// The names of the actors below the chain.
    fn actors(&self) -> Vec<String> {
        let tree = self.tree.directory().tree();
        let names = tree.children[0].children.iter();
        names.map(|child| child.path.name().to_owned()).collect()
    }

    fn told(&self, kind: &str) -> Vec<(String, bool)> {
        let events = self.tree.directory().events().since(0);
        let of_kind = events.iter().filter(|event| event.kind == kind);
        of_kind
            .map(|event| (event.cause.clone(), event.persisted))
            .collect()
    }

    async fn order(&self, order: Value) -> Result<Value, ActError> {
        let mut arguments: Arguments = order.as_object().unwrap().clone();
        let action = arguments.remove("action").unwrap();
        self.chain.act(action.as_str().unwrap(), &arguments, "me").await
    }

    async fn end(self) {
        self.tree.stop().await;
    }
}

/// Marks replies with its name; they come by in reverse.
struct Stamp(String);

impl Node for Stamp {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (): &mut (), _: &mut Attributes) {
        let behind = head
            .header(&SEEN)
            .map(|seen| String::from_utf8_lossy(seen).into_owned());
        let seen = behind.map_or_else(|| self.0.clone(), |behind| format!("{} {behind}", self.0));
        head.set_header(SEEN, HeaderValue::try_from(seen).unwrap());
    }
}

fn stamp(name: &str) -> NodeSpec {
    let stamped = name.to_owned();
    NodeSpec::new(name, "stamp", move || Stamp(stamped.clone()))
}

fn stamps(names: &[&str]) -> Vec<NodeSpec> {
    names.iter().map(|name| stamp(name)).collect()
}

struct Get;

impl RequestHead for Get {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/"
    }
}

/// Walks down nodes that do not wait.
fn enter(chain: &ChainHandle) -> Passage {
    let mut cursor = chain.enter();
    match cursor.poll_descend(&mut Get, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(Arrival::Through(passage))) => passage,
        other => panic!("{other:?}"),
    }
}

/// The revision that it ran under, and the nodes that it met.
fn leave(passage: Passage) -> (u64, String) {
    let mut reply = Reply::new(StatusCode::OK);
    let revision = passage.revision();
    let ending = passage.answer(&mut reply).unwrap();
    assert_eq!(ending.revision(), revision);
    ending.complete();
    let seen = reply
        .headers
        .get(SEEN)
        .map(|seen| seen.to_str().unwrap().to_owned());
    (revision, seen.unwrap_or_default())
}

fn request(chain: &ChainHandle) -> (u64, String) {
    leave(enter(chain))
}

/// Something that lives as long as the filter that holds it.
fn thread_of_life() -> (Arc<()>, std::sync::Weak<()>) {
    let life = Arc::new(());
    let seen = Arc::downgrade(&life);
    (life, seen)
}
