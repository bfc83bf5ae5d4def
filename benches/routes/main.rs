//! What a request pays for its route, by how many rules there are and what they ask for.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::num::NonZeroUsize;
use std::task::{Context, Poll, Waker};

use hedgerow_actors::chain::{Arrival, ChainHandle, RequestHead, spec};
use hedgerow_actors::nodes;
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::Contest;
use hedgerow_benches::machine::Facts;
use hedgerow_config::{Node, NodeKind, Route, RouteRule, StaticReply, Sticky};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::HeaderName;

/// A request for the last rule of each route.
struct Get;

impl RequestHead for Get {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/last/orders/4711"
    }

    fn authority(&self) -> Option<&str> {
        Some("last.shop.example:8080")
    }

    fn header(&self, _: &HeaderName) -> Option<&[u8]> {
        Some(b"user-4711")
    }
}

/// So many rules for paths, the last of which is that of the request.
fn paths(rules: usize) -> Route {
    let before = (1..rules).map(|number| format!("/service-{number}/orders"));
    let all = before.chain(["/last/orders".to_owned()]);
    all.fold(Route::new(), |route, path| route.rule(path, "web"))
}

/// So many rules for hosts.
fn hosts(rules: usize) -> Route {
    let before = (1..rules).map(|number| format!("service-{number}.shop.example"));
    let all = before.chain(["last.shop.example".to_owned()]);
    all.fold(Route::new(), |route, host| {
        route.with(RouteRule::new("/", "web").host(host))
    })
}

fn split() -> RouteRule {
    RouteRule::split("/", [("web", 95), ("next", 5)])
}

fn batch(chain: &ChainHandle, count: u64) {
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        match chain.enter().poll_descend(&mut Get, &mut task) {
            Poll::Ready(Ok(Arrival::Through(passage))) => passage.fail(),
            other => panic!("it has no route: {other:?}"),
        }
    }
}

fn main() {
    println!("routes: nanoseconds for one request through a chain of one node, which ends without an answer");
    println!("{}\n", Facts::now());
    let contestants: [(&str, NodeKind); 9] = [
        ("no route", StaticReply::new(200).path("/none").into()),
        ("2 paths", paths(2).into()),
        ("12 paths", paths(12).into()),
        ("13 paths", paths(13).into()),
        ("500 paths", paths(500).into()),
        ("5,000 paths", paths(5_000).into()),
        ("500 hosts", hosts(500).into()),
        ("a split, drawn", Route::new().with(split()).into()),
        (
            "a split, by a header",
            Route::new()
                .with(split().sticky(Sticky::Header("x-user".to_owned())))
                .into(),
        ),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime needs nothing but memory");
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).expect("a bench may have a thread");
    let mut contest = Contest::new(NonZeroUsize::MIN);
    let mut trees = Vec::new();
    for (name, kind) in contestants {
        let node = nodes::configured("edge", &Node::new("node", kind), Vec::new());
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![node]);
        let root = Supervisor::one_for_one("root").child(child);
        let tree = runtime.block_on(Tree::start(root, &Ground::new(arbiters.clone())));
        trees.push(tree.expect("the tree is right"));
        contest = contest.contestant(name, move |count| batch(&chain, count));
    }
    println!("{}", contest.run());
    runtime.block_on(async {
        for tree in trees {
            tree.stop().await;
        }
        arbiters.shutdown().await;
    });
}
