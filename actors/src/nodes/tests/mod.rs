//! What the nodes promise, each kind in a file of its own, walked as requests walk them.
#![allow(clippy::unwrap_used)]

mod body_limit;
mod concurrency;
mod cors;
mod deadline;
mod headers;
mod inject;
mod rate_limit;
mod reply;
mod request_id;
mod rewrite;
mod route;
mod shed;
mod trace;

use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

use hedgerow_config::{Node, NodeKind, RouteRule, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Inspect as _, Order, Supervisor, Tree};
use hedgerow_view::tree::ActorState;
use hedgerow_view::{Path, View};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{configured, covers};
use crate::breaker::Means;
use crate::chain::{
    Arrival, ChainHandle, Edit, Lead, NodeSpec, NotEditable, Reply, RequestHead, Turned, spec,
};
pub(in crate::nodes) use crate::paused::run;
use crate::revision::{self, Revisions, Workshop};
use crate::upstream;

/// A request, as a test writes it.
pub(in crate::nodes) struct Asked {
    method: &'static str,
    path: String,
    headers: HeaderMap,
    /// What an answer bears that no node sees.
    of_refusal: HeaderMap,
    peer: SocketAddr,
    pub(super) tenant: Option<String>,
    is_from_trusted_hop: bool,
}

impl Asked {
    pub(in crate::nodes) fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            headers: HeaderMap::new(),
            of_refusal: HeaderMap::new(),
            peer: SocketAddr::from(([192, 0, 2, 1], 4711)),
            tenant: None,
            is_from_trusted_hop: false,
        }
    }
}

impl RequestHead for Asked {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn authority(&self) -> Option<&str> {
        self.headers.get(http::header::HOST)?.to_str().ok()
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }

    fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    fn is_from_trusted_hop(&self) -> bool {
        self.is_from_trusted_hop
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.headers.get_all(name) {
            look(value.as_bytes());
        }
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.headers.insert(name, value);
        Ok(())
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.headers.append(name, value);
        Ok(())
    }

    fn set_refusal_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.of_refusal.insert(name, value);
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        self.headers.remove(name);
        Ok(())
    }

    fn set_authority(&mut self, authority: HeaderValue) -> Result<(), NotEditable> {
        self.headers.insert(http::header::HOST, authority);
        Ok(())
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        path.clone_into(&mut self.path);
        Ok(())
    }
}

/// A request for a path, of which nothing can be changed.
struct Fixed(&'static str);

impl RequestHead for Fixed {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        self.0
    }
}

/// A chain of nodes under a tree, on this thread.
struct Stage {
    tree: Tree,
    chain: ChainHandle,
}

impl Stage {
    async fn of(nodes: Vec<Node>) -> Self {
        let ground = Ground::new(Arbiters::current_thread());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let nodes = nodes
            .iter()
            .map(|node| configured("edge", node, leads(&node.kind, &means)))
            .collect();
        Self::with(nodes).await
    }

    async fn with(nodes: Vec<NodeSpec>) -> Self {
        let ground = Ground::new(Arbiters::current_thread());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let revisions = Revisions::beginning_at(1);
        let (child, chain) = spec("edge", &revisions, nodes);
        let tree = Supervisor::one_for_one("root").child(child).child(revision::spec(
            &revisions,
            &means,
            Workshop::default(),
        ));
        Self {
            tree: Tree::start(tree, &ground).await.unwrap(),
            chain,
        }
    }

    /// Puts a node in the place of the one with its name, while the chain serves.
    async fn replace(&self, node: Node) {
        let (name, node) = (node.name.clone(), configured("edge", &node, Vec::new()));
        self.chain.edit(Edit::Replace { name, node }).await.unwrap();
    }

    /// Walks down nodes that do not wait.
    fn walk(&self, request: &mut Asked) -> Result<Arrival, Turned> {
        let mut cursor = self.chain.enter();
        match cursor.poll_descend(request, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(arrived) => arrived,
            Poll::Pending => panic!("it waits"),
        }
    }

    /// The answer of a node.
    fn answer(&self, request: &mut Asked) -> Reply {
        match self.walk(request) {
            Ok(Arrival::Replied(reply, ending)) => {
                ending.complete();
                *reply
            }
            other => panic!("not answered: {other:?}"),
        }
    }

    /// Restarts a node's actor, and waits until it has a fresh filter.
    async fn restart(&self, node: &str) {
        let path = Path::root("root").child("edge").child(node);
        let directory = self.tree.directory();
        directory.operate(&path, Order::Restart).await.unwrap();
        loop {
            let tree = directory.tree();
            let nodes = &tree.children[0].children;
            let actor = nodes.iter().find(|actor| actor.path == path).unwrap();
            if actor.restarts == 1 && actor.state == ActorState::Running {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// What a node shows of itself.
    fn gauge(&self, node: &str, name: &str) -> u64 {
        let View::Chain(view) = self.chain.view(&Path::root("edge")) else {
            unreachable!("a chain shows itself as one")
        };
        let node = view.nodes.iter().find(|shown| shown.name == node).unwrap();
        node.gauges[name]
    }

    async fn end(self) {
        self.tree.stop().await;
    }
}

/// Where a node leads, to upstreams that are never started.
fn leads(kind: &NodeKind, means: &Means) -> Vec<Lead> {
    let NodeKind::Route(route) = kind else {
        return Vec::new();
    };
    let lead = |(rule, name): (&RouteRule, &str)| {
        let config = Upstream::new(name, vec!["127.0.0.1:9".parse().unwrap()]);
        let (_, upstream) = upstream::spec(&config, means, None).unwrap();
        Lead::new(upstream, "edge", &rule.to_string())
    };
    route.leads().map(lead).collect()
}

#[test]
fn a_path_covers_whole_segments_only() {
    let cases = [
        ("/pay", "/pay", true),
        ("/pay", "/pay/1", true),
        ("/pay", "/payload", false),
        ("/pay", "/", false),
        ("", "/anything", true),
        ("", "/", true),
        ("", "*", false),
    ];
    for (above, path, covered) in cases {
        assert_eq!(covers(above, path), covered, "{above:?} {path:?}");
    }
}
