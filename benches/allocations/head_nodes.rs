//! The nodes that edit heads and set limits: what a request costs that passes them.

use std::task::{Context, Poll, Waker};

use hedgerow_actors::chain::{Arrival, ChainHandle, NotEditable, Reply, RequestHead, spec};
use hedgerow_actors::nodes::configured;
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::allocations;
use hedgerow_config::{BodyLimit, Cors, Deadline, HeaderEdits, Headers, Node, NodeKind, RequestId, Rewrite};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

const REQUESTS: usize = 1_000;

/// A request whose map has room for what nodes add.
struct Head {
    path: String,
    headers: HeaderMap,
}

impl Head {
    fn with(headers: &[(&'static str, &'static str)]) -> Self {
        let mut map = HeaderMap::with_capacity(16);
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Self {
            path: "/pay/1".to_owned(),
            headers: map,
        }
    }

    /// The same once more. A clone of a map would have no room to spare.
    fn again(&self) -> Self {
        let mut again = Self {
            path: self.path.clone(),
            headers: HeaderMap::with_capacity(16),
        };
        for (name, value) in &self.headers {
            again.headers.append(name.clone(), value.clone());
        }
        again
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        path.clone_into(&mut self.path);
        Ok(())
    }

    fn set_authority(&mut self, authority: HeaderValue) -> Result<(), NotEditable> {
        self.set_header(http::header::HOST, authority)
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
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
}

fn reply() -> Reply {
    Reply {
        headers: HeaderMap::with_capacity(16),
        ..Reply::new(StatusCode::OK)
    }
}

fn pass(chain: &ChainHandle, head: &mut Head, reply: &mut Reply) {
    let mut cursor = chain.enter();
    match cursor.poll_descend(head, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(Arrival::Through(passage))) => passage.answer(reply).unwrap().complete(),
        other => panic!("it does not pass: {other:?}"),
    }
}

/// Allocations of so many requests that are all like this one, and of their replies.
fn counted(kind: impl Into<NodeKind>, head: &Head) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let node = configured("edge", &Node::new("node", kind), Vec::new());
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![node]);
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let mut rounds: Vec<_> = (0..REQUESTS + 10).map(|_| (head.again(), reply())).collect();
        let (warm, counted) = rounds.split_at_mut(10);
        warm.iter_mut()
            .for_each(|(head, reply)| pass(&chain, head, reply));
        let count = allocations::during(|| {
            counted
                .iter_mut()
                .for_each(|(head, reply)| pass(&chain, head, reply));
        });
        tree.stop().await;
        arbiters.shutdown().await;
        count.1
    })
}

#[test]
fn a_request_that_is_given_a_deadline_allocates_nothing_in_the_node() {
    assert_eq!(counted(Deadline::default(), &Head::with(&[])), 0);
    let asked = Head::with(&[("grpc-timeout", "2S"), ("x-hedgerow-deadline-ms", "900")]);
    assert_eq!(counted(Deadline::default(), &asked), 0);
}

#[test]
fn an_id_costs_what_its_header_value_is_made_of_and_no_more() {
    const EACH: u64 = REQUESTS as u64;
    // Its bytes, and the count of those who share them.
    assert_eq!(counted(RequestId::default(), &Head::with(&[])), 2 * EACH);
    let kept = Head::with(&[("x-request-id", "7b1e")]);
    assert_eq!(counted(RequestId::default(), &kept), 2 * EACH);
}

#[test]
fn edits_of_headers_allocate_nothing() {
    let edits = HeaderEdits::new()
        .remove("x-secret")
        .set("x-edge", "eu-1")
        .add("x-more", "1");
    let headers = Headers::new().request(edits.clone()).reply(edits);
    assert_eq!(counted(headers, &Head::with(&[("x-secret", "1")])), 0);
}

#[test]
fn a_path_is_rewritten_in_memory_that_is_used_again() {
    let rewrite = Rewrite::new().replace_prefix("/pay", "/p").host("shop.internal");
    assert_eq!(counted(rewrite, &Head::with(&[])), 0);
}

#[test]
fn a_limit_of_bodies_allocates_nothing() {
    let short = Head::with(&[("content-length", "10")]);
    assert_eq!(counted(BodyLimit::default(), &short), 0);
}

#[test]
fn an_origin_that_is_named_costs_nothing_and_one_below_a_name_two_allocations() {
    let cors = || Cors::new(["https://shop.example", "https://*.shop.example"]).credentials();
    for (origin, each) in [
        ("https://shop.example", 0),
        ("https://evil.example", 0),
        // Its bytes, and the count of those who share them.
        ("https://a.shop.example", 2),
    ] {
        let head = Head::with(&[("origin", origin)]);
        assert_eq!(counted(cors(), &head), each * REQUESTS as u64, "{origin}");
    }
    assert_eq!(counted(cors(), &Head::with(&[])), 0);
}
