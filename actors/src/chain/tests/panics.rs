//! Panics of requests, and the actor behind the node.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use hedgerow_view::View;

use super::super::{NodeSpec, Turned, spec};
use super::{Touchy, chain, run, walk};
use crate::revision::Revisions;

#[test]
fn a_panic_costs_its_request_names_the_node_and_restarts_its_actor_once() {
    run(async {
        let made = Arc::new(AtomicU32::new(0));
        let counted = made.clone();
        let node = NodeSpec::new("touchy", "test", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Touchy
        });
        let (tree, chain) = chain(vec![node]).await;
        for _ in 0..5 {
            let Turned::NodeCrashed(refusal) = walk(&chain, "/crash") else {
                panic!("no crash")
            };
            assert_eq!(
                refusal.to_string(),
                "edge/node/touchy; rule=nodeCrashed; limit=no panic; observed=touched"
            );
            let Turned::NoRoute(_) = walk(&chain, "/fine") else {
                panic!("the old filter serves until the fresh one is published")
            };
        }
        while made.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            made.load(Ordering::SeqCst),
            2,
            "five panics of one incarnation are one restart"
        );
        let view = tree.directory().tree().children[0].children[0].clone();
        assert!(
            view.last_exit
                .unwrap()
                .message
                .unwrap()
                .contains("a request crashed in its filter: touched")
        );
        let (_, View::Chain(shown)) = tree.directory().views().remove(0) else {
            panic!("no chain is shown")
        };
        assert_eq!((shown.nodes[0].calls, shown.nodes[0].panics), (10, 5));
        tree.stop().await;
    });
}

#[test]
fn a1_while_some_requests_crash_in_a_node_all_others_are_served_from_every_thread() {
    const EACH: u32 = 500;
    let made = Arc::new(AtomicU32::new(0));
    let counted = made.clone();
    let node = NodeSpec::new("touchy", "test", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Touchy
    });
    // Crashes come faster here than any budget and intensity that is meant for a day: what is tested is the walk.
    let node = node.panic_budget(None);
    let (child, chain) = spec("edge", &Revisions::beginning_at(1), vec![node]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let root = Supervisor::one_for_one("root").intensity(10_000, std::time::Duration::from_secs(60));
        let tree = Tree::start(root.child(child), &Ground::new(arbiters.clone()))
            .await
            .unwrap();
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let chain = chain.clone();
                std::thread::spawn(move || {
                    for call in 0..EACH {
                        let crashes = call % 10 == 3;
                        match walk(&chain, if crashes { "/crash" } else { "/fine" }) {
                            Turned::NodeCrashed(refusal) => {
                                assert!(crashes, "an unrelated request failed");
                                assert!(
                                    refusal
                                        .to_string()
                                        .starts_with("edge/node/touchy; rule=nodeCrashed")
                                );
                            }
                            Turned::NoRoute(_) => assert!(!crashes),
                            other => panic!("{:?}", other),
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        let (_, View::Chain(shown)) = tree.directory().views().remove(0) else {
            panic!("no chain is shown")
        };
        let (calls, panics) = (u64::from(4 * EACH), u64::from(4 * EACH / 10));
        assert_eq!((shown.nodes[0].calls, shown.nodes[0].panics), (calls, panics));
        // The callers may have had all of the processor: a node that is told to stop is not started again.
        while made.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        tree.stop().await;
        arbiters.shutdown().await;
        let restarts = u64::from(made.load(Ordering::SeqCst)) - 1;
        assert!((1..=panics).contains(&restarts), "{restarts} restarts");
    });
}
