//! What the nodes promise, each kind in a file of its own, walked as requests walk them.
#![allow(clippy::unwrap_used)]

mod body_limit;
mod cors;
mod deadline;
mod headers;
mod inject;
mod reply;
mod request_id;
mod rewrite;
mod route;

use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

use hedgerow_config::Node;
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{configured, covers};
use crate::chain::{Arrival, ChainHandle, NotEditable, Reply, RequestHead, Turned, spec};
use crate::revision::Revisions;

/// A request, as a test writes it.
struct Asked {
    method: &'static str,
    path: String,
    headers: HeaderMap,
    peer: SocketAddr,
}

impl Asked {
    fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            headers: HeaderMap::new(),
            peer: SocketAddr::from(([192, 0, 2, 1], 4711)),
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

    fn peer(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn is_repeated(&self, name: &HeaderName) -> bool {
        self.headers.get_all(name).iter().nth(1).is_some()
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.headers.insert(name, value);
        Ok(())
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.headers.append(name, value);
        Ok(())
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

/// A chain of nodes under a tree, on this thread.
struct Stage {
    tree: Tree,
    chain: ChainHandle,
}

impl Stage {
    async fn of(nodes: Vec<Node>) -> Self {
        let nodes = nodes
            .iter()
            .map(|node| configured("edge", node, Vec::new()))
            .collect();
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), nodes);
        let ground = Ground::new(Arbiters::current_thread());
        let tree = Supervisor::one_for_one("root").child(child);
        Self {
            tree: Tree::start(tree, &ground).await.unwrap(),
            chain,
        }
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
                reply
            }
            other => panic!("not answered: {other:?}"),
        }
    }

    async fn end(self) {
        self.tree.stop().await;
    }
}

/// Runs a test body on one thread, in paused time.
fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, body);
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
