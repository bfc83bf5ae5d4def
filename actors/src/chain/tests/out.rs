//! A node over its panic budget: out of the chain, visibly, and back.

use hedgerow_config::{OverBudget, PanicBudget};
use hedgerow_supervisor::Tree;
use hedgerow_view::View;
use hedgerow_view::chain::NodeView;

use super::super::{ChainHandle, NodeSpec, Turned, node_fn};
use super::{Touchy, arrive, chain};
use crate::paused;

fn budget(then: OverBudget) -> Option<PanicBudget> {
    Some(PanicBudget {
        min_calls: 10,
        then,
        ..PanicBudget::default()
    })
}

/// A node that crashes where it is told to, and one that counts whom it lets pass.
async fn started(then: OverBudget) -> (Tree, ChainHandle) {
    let touchy = NodeSpec::new("touchy", "test", || Touchy).panic_budget(budget(then));
    let (tree, chain) = chain(vec![touchy, NodeSpec::new("other", "test", passing)]).await;
    chain.tell(tree.directory().events());
    (tree, chain)
}

fn passing() -> impl super::super::Node<State = ()> {
    node_fn(|_, _| super::super::Flow::Next)
}

fn shown(tree: &Tree) -> Vec<NodeView> {
    let (_, View::Chain(shown)) = tree.directory().views().remove(0) else {
        panic!("no chain is shown")
    };
    shown.nodes
}

fn told(tree: &Tree, kind: &str) -> Vec<String> {
    let events = tree.directory().events().since(0);
    let of_kind = events.iter().filter(|event| event.kind == kind);
    of_kind.map(|event| event.cause.clone()).collect()
}

/// Crashes every other request.
fn crash_half(chain: &ChainHandle) {
    for _ in 0..10 {
        assert!(matches!(arrive(chain, "/crash"), Err(Turned::NodeCrashed(_))));
        assert!(arrive(chain, "/fine").is_ok());
    }
}

#[test]
fn over_its_budget_a_node_refuses_with_its_reason_until_it_has_restarted_and_the_window_is_over() {
    paused::run(async {
        let (tree, chain) = started(OverBudget::FailClosed).await;
        crash_half(&chain);
        paused::until(|| shown(&tree)[0].standing == "failClosed").await;
        let turned = arrive(&chain, "/fine").unwrap_err();
        assert!(matches!(turned, Turned::NodeDown(_)), "{turned:?}");
        assert_eq!(
            turned.refusal().to_string(),
            "edge/node/touchy; rule=panicBudget; limit=10 % of 10 requests or more in 10s; \
             observed=10 panics in 10 requests"
        );
        assert!(turned.refusal().retry_after.is_some());
        assert_eq!(
            told(&tree, "nodeOverBudget"),
            [
                "rule=panicBudget; limit=10 % of 10 requests or more in 10s; observed=10 panics in 10 requests; then=failClosed"
            ]
        );
        paused::pass_until(|| shown(&tree)[0].standing == "served").await;
        assert!(arrive(&chain, "/fine").is_ok());
        assert_eq!(told(&tree, "nodeServedAgain").len(), 1);
        let view = tree.directory().tree().children[0].children[0].clone();
        assert_eq!(view.restarts, 1);
        tree.stop().await;
    });
}

#[test]
fn over_its_budget_a_node_that_fails_open_is_passed_by_and_counted() {
    paused::run(async {
        let (tree, chain) = started(OverBudget::FailOpen).await;
        crash_half(&chain);
        paused::until(|| shown(&tree)[0].standing == "failOpen").await;
        assert!(arrive(&chain, "/crash").is_ok(), "it is not entered");
        let nodes = shown(&tree);
        assert_eq!((nodes[0].calls, nodes[0].panics, nodes[0].skipped), (20, 10, 1));
        assert_eq!((nodes[1].calls, nodes[1].standing), (11, "served"));
        paused::pass_until(|| shown(&tree)[0].standing == "served").await;
        assert!(arrive(&chain, "/crash").is_err());
        tree.stop().await;
    });
}

#[test]
fn a_node_that_crashes_now_and_then_is_restarted_at_most_once_a_second_and_its_chain_never() {
    paused::run(async {
        const SECONDS: u64 = 60;
        let (tree, chain) = started(OverBudget::FailClosed).await;
        for _ in 0..SECONDS * 10 {
            assert!(matches!(arrive(&chain, "/crash"), Err(Turned::NodeCrashed(_))));
            for _ in 0..19 {
                assert!(arrive(&chain, "/fine").is_ok());
            }
            tokio::time::advance(std::time::Duration::from_millis(100)).await;
        }
        let shown_chain = tree.directory().tree().children[0].clone();
        assert_eq!(shown_chain.restarts, 0, "{shown_chain:?}");
        let restarts = shown_chain.children[0].restarts;
        assert!((2..=SECONDS + 1).contains(&restarts), "{restarts} restarts");
        assert_eq!(
            shown(&tree)[0].standing,
            "served",
            "a twentieth is within its budget"
        );
        tree.stop().await;
    });
}
