//! Nodes that make faults, route, trace and log: requests that pass them, after those that let them make what is made once.

use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

use hedgerow_actors::chain::{Arrival, NotEditable, Reply, RequestHead, spec};
use hedgerow_actors::nodes;
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::allocations;
use hedgerow_config::{Inject, Node};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

const REQUESTS: u64 = 1_000;

struct Asked(HeaderMap);

impl RequestHead for Asked {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/pay/1"
    }

    fn authority(&self) -> Option<&str> {
        Some("shop.example:8080")
    }

    fn peer(&self) -> Option<SocketAddr> {
        Some(SocketAddr::from(([192, 0, 2, 1], 4711)))
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        self.0.insert(name, value);
        Ok(())
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        self.0.remove(name);
        Ok(())
    }
}

/// What so many requests with these headers ask for on their way through these nodes and back. What the adapter has for each
/// of them, it has before.
fn asked_for(nodes: Vec<Node>, headers: &HeaderMap) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let specs = nodes
            .iter()
            .map(|node| nodes::configured("edge", node, Vec::new()));
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), specs.collect());
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let mut task = Context::from_waker(Waker::noop());
        let heads = || (0..REQUESTS).map(|_| (Asked(headers.clone()), Reply::new(StatusCode::OK)));
        let mut walk = |(head, reply): &mut (Asked, Reply)| {
            let Poll::Ready(Ok(Arrival::Through(passage))) = chain.enter().poll_descend(head, &mut task)
            else {
                panic!("it does not pass")
            };
            passage.answer(reply).unwrap().complete();
        };
        heads().take(10).for_each(|mut head| walk(&mut head));
        let mut heads: Vec<_> = heads().collect();
        let counted = allocations::during(|| heads.iter_mut().for_each(&mut walk)).1;
        tree.stop().await;
        arbiters.shutdown().await;
        counted
    })
}

#[test]
fn a_request_that_gets_no_fault_asks_for_nothing() {
    let mut inject = Inject::by_header("x-inject").fault(hedgerow_config::Fault::Panic);
    inject.share = 1e-12;
    assert_eq!(asked_for(vec![Node::new("chaos", inject)], &HeaderMap::new()), 0);
}
