//! Nodes that limit: a request that they let pass allocates nothing.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hedgerow_actors::chain::{Arrival, ChainHandle, RequestHead, spec};
use hedgerow_actors::nodes::configured;
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::allocations;
use hedgerow_config::{AdaptiveLimit, Concurrency, LimitKey, Node, NodeKind, RateLimit, Shed};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::HeaderName;

const REQUESTS: u32 = 1_000;

/// A request of a tenant.
struct Of(String);

impl RequestHead for Of {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/"
    }

    fn header(&self, _: &HeaderName) -> Option<&[u8]> {
        Some(self.0.as_bytes())
    }
}

fn pass(chain: &ChainHandle, of: &mut Of) {
    let mut cursor = chain.enter();
    let arrived = cursor.poll_descend(of, &mut Context::from_waker(Waker::noop()));
    match arrived {
        Poll::Ready(Ok(Arrival::Through(passage))) => passage.fail(),
        other => panic!("it does not pass: {other:?}"),
    }
}

/// Lets one wait until the other goes.
async fn pass_after_another(chain: &ChainHandle, (first, second): (&mut Of, &mut Of)) {
    let inside = match chain.enter().descend(first).await {
        Ok(Arrival::Through(passage)) => passage,
        other => panic!("it does not pass: {other:?}"),
    };
    let mut waiting = std::pin::pin!(chain.enter().descend(second));
    std::future::poll_fn(|task| {
        assert!(waiting.as_mut().poll(task).is_pending(), "there is no room");
        Poll::Ready(())
    })
    .await;
    inside.fail();
    match waiting.await {
        Ok(Arrival::Through(passage)) => passage.fail(),
        other => panic!("it does not pass: {other:?}"),
    }
}

/// Lets one request pass so that what is made once is made; then counts what those of `tenants` ask for, in turn.
fn counted(kind: impl Into<NodeKind>, tenants: usize) {
    let kind = kind.into();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let node = configured("edge", &Node::new("limit", kind), Vec::new());
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![node]);
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        pass(&chain, &mut Of("first".to_owned()));
        let mut requests: Vec<Of> = (0..tenants)
            .map(|tenant| Of(format!("tenant-{tenant}")))
            .collect();
        let walks = || {
            for turn in 0..REQUESTS as usize {
                pass(&chain, &mut requests[turn % tenants]);
            }
        };
        assert_eq!(allocations::during(walks).1, 0);
        tree.stop().await;
        arbiters.shutdown().await;
    });
}

#[test]
fn a_request_within_its_quota_allocates_nothing() {
    counted(RateLimit::per_second(REQUESTS * 2), 1);
}

#[test]
fn a_request_by_a_key_allocates_nothing_be_it_known_new_or_one_for_which_there_is_no_room() {
    let quota = RateLimit::per_second(REQUESTS * 2).key(LimitKey::header("x-tenant"));
    counted(quota.clone(), 1);
    counted(quota.clone(), 500);
    counted(quota.max_keys(10), 500);
}

#[test]
fn a_request_that_is_one_of_few_enough_allocates_nothing() {
    counted(Concurrency::fixed(1), 1);
    counted(Concurrency::adaptive(AdaptiveLimit::default()), 1);
}

#[test]
fn a_request_that_waits_for_another_to_go_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let limit = Concurrency::fixed(1).wait(Duration::from_secs(3_600));
        let node = configured("edge", &Node::new("limit", limit), Vec::new());
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![node]);
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let (mut first, mut second) = (Of("first".to_owned()), Of("second".to_owned()));
        for _ in 0..10 {
            pass_after_another(&chain, (&mut first, &mut second)).await;
        }
        let before = allocations::usage().allocations;
        for _ in 0..REQUESTS {
            pass_after_another(&chain, (&mut first, &mut second)).await;
        }
        assert_eq!(allocations::usage().allocations - before, 0);
        tree.stop().await;
        arbiters.shutdown().await;
    });
}

#[test]
fn a_request_that_is_not_shed_allocates_nothing() {
    let shed = Shed::new().header("x-priority").in_flight(10);
    counted(shed.latency(Duration::from_secs(1)), 4);
}
