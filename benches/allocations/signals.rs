//! Nodes that make faults, route, trace and log: requests that pass them, after those that let them make what is made once.

use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};

use hedgerow_actors::chain::{Arrival, NotEditable, Reply, RequestHead, spec};
use hedgerow_actors::nodes;
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::allocations;
use hedgerow_config::{AccessLog, HeaderMatch, Inject, Node, Route, RouteRule, Sticky, Trace as Tracing};
use hedgerow_supervisor::{Arbiters, Clock, Ground, Sampling, Spans, Supervisor, Trace, Tree};
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

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            look(value.as_bytes());
        }
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
    recorded_for(None, nodes, headers)
}

/// The same where this share of all requests is recorded.
fn recorded_for(share: Option<f64>, nodes: Vec<Node>, headers: &HeaderMap) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let specs = nodes
            .iter()
            .map(|node| nodes::configured("edge", node, Vec::new()));
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), specs.collect());
        let spans = share.map(|share| Spans::new(Clock::start(), Sampling::share(share)));
        if let Some(spans) = &spans {
            chain.record(spans);
        }
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

#[test]
fn a_request_that_is_routed_by_many_rules_and_split_asks_for_nothing() {
    let mut headers = HeaderMap::new();
    headers.insert("cookie", HeaderValue::from_static("a=b; sid=7"));
    for sticky in [
        Sticky::Cookie("sid".to_owned()),
        Sticky::Address,
        Sticky::Header("x-user".to_owned()),
    ] {
        let many = (0..100).fold(Route::new(), |route, number| {
            route.rule(format!("/{number}"), "web")
        });
        let route = many
            .with(RouteRule::new("/pay", "web").header("x-a", HeaderMatch::Present))
            .with(RouteRule::new("/pay", "web").host("*.other.example"))
            .with(
                RouteRule::split("/pay", [("web", 95), ("next", 5)])
                    .method("GET")
                    .sticky(sticky),
            );
        assert_eq!(asked_for(vec![Node::new("route", route)], &headers), 0);
    }
}

#[test]
fn a_request_that_is_traced_asks_for_the_value_of_its_header_and_nothing_else() {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert("host", HeaderValue::from_static("shop.example"));
    let nodes = || vec![Node::new("trace", Tracing::new())];
    for came in [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "none of it",
    ] {
        headers.insert("traceparent", HeaderValue::from_static(came));
        headers.insert("tracestate", HeaderValue::from_static("a=1,b=2"));
        assert_eq!(asked_for(nodes(), &headers), REQUESTS, "{came}");
    }
}

#[test]
fn a_request_that_is_watched_for_the_log_and_not_drawn_for_it_asks_for_nothing() {
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("4711"));
    let log = AccessLog::new().sample(0.0);
    assert_eq!(asked_for(vec![Node::new("log", log)], &headers), 0);
}

#[test]
fn a_request_that_is_watched_and_not_sampled_asks_for_nothing() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "traceparent",
        HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
    );
    assert_eq!(recorded_for(Some(0.0), Vec::new(), &headers), 0);
    assert_eq!(recorded_for(Some(0.0), Vec::new(), &HeaderMap::new()), 0);
}

#[test]
fn a_request_that_is_sampled_asks_for_the_value_of_its_header_and_nothing_else() {
    // Written over one that is there, the header needs no place of its own among the others.
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static("none of it"));
    let asked = recorded_for(Some(1.0), Vec::new(), &headers);
    // The three lists of a ring grow: each doubles its room now and then.
    assert!((REQUESTS..REQUESTS + 32).contains(&asked), "{asked}");
}

#[test]
fn spans_ask_for_nothing_once_what_others_have_left_was_drained() {
    let spans = Spans::new(Clock::start(), Sampling::share(1.0));
    let record = || {
        for number in 0..REQUESTS {
            let mut span = spans.root(Trace::fresh(Trace::SAMPLED), None, "span");
            span.rename(&["GET", " ", "/pay"]);
            span.set("url.path", "/pay/1");
            span.set("number", number);
            drop(span.child("part"));
        }
    };
    // The first two rounds let both batches grow that take turns.
    for _ in 0..2 {
        record();
        assert_eq!(spans.drain().spans.len() as u64, 2 * REQUESTS);
    }
    let counted = allocations::during(record).1;
    assert_eq!(counted, 0);
}
