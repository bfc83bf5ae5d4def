//! What operators see of each node: requests that came to nothing, and how long the node held them.

use std::time::Duration;

use hedgerow_config::{OverBudget, PanicBudget};
use hedgerow_supervisor::Inspect as _;
use hedgerow_view::chain::NodeView;
use hedgerow_view::{Path, View};
use http::StatusCode;

use super::super::lineup::Place;
use super::super::times::ONE_IN;
use super::super::{
    Arrival, Attributes, ChainHandle, Cx, End, Flow, Node, NodeSpec, Passage, Reply, ReplyHead, RequestHead,
    node_fn,
};
use super::{Get, Touchy, arrive, chain, run};
use crate::paused;

fn nodes(chain: &ChainHandle) -> Vec<NodeView> {
    match chain.view(&Path::root("test")) {
        View::Chain(view) => view.nodes,
        other => panic!("{other:?}"),
    }
}

fn errors(chain: &ChainHandle) -> Vec<u64> {
    nodes(chain).iter().map(|node| node.errors).collect()
}

/// Answers what its path says by itself.
fn answers(name: &str) -> NodeSpec {
    NodeSpec::new(name, "test", || {
        node_fn(|head, cx| match head.path() {
            "/503" => cx.reply(Reply::new(StatusCode::SERVICE_UNAVAILABLE)),
            "/404" => cx.reply(Reply::new(StatusCode::NOT_FOUND)),
            "/no" => cx.refuse(StatusCode::SERVICE_UNAVAILABLE, "test", "none", "one"),
            _ => Flow::Next,
        })
    })
}

/// Hides the errors of those behind it.
struct Soothing;

impl Node for Soothing {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (): &mut (), _: &mut Attributes) {
        head.set_status(StatusCode::OK);
    }
}

/// Crashes in the end.
struct Ending;

impl Node for Ending {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_end(&self, _: End, (): &mut (), _: &Attributes) {
        panic!("in the end");
    }
}

fn through(chain: &ChainHandle, path: &'static str) -> Passage {
    match arrive(chain, path) {
        Ok(Arrival::Through(passage)) => passage,
        other => panic!("{other:?}"),
    }
}

fn answered(passage: Passage, status: StatusCode) -> super::super::Ending {
    passage.answer(&mut Reply::new(status)).unwrap()
}

#[test]
fn an_error_is_counted_in_the_nodes_that_were_entered_and_what_is_refused_or_given_up_is_none() {
    paused::run(async {
        let touchy = NodeSpec::new("touchy", "test", || Touchy).panic_budget(None);
        let (tree, chain) = chain(vec![answers("first"), touchy, answers("last")]).await;
        let mut expected = [0; 3];
        let mut ended = |entered: usize, what: &str| {
            expected[..entered].iter_mut().for_each(|count| *count += 1);
            assert_eq!(errors(&chain), expected, "{what}");
        };
        answered(through(&chain, "/"), StatusCode::OK).complete();
        answered(through(&chain, "/"), StatusCode::NOT_FOUND).complete();
        drop(answered(through(&chain, "/"), StatusCode::OK));
        drop(answered(through(&chain, "/"), StatusCode::BAD_GATEWAY));
        drop(through(&chain, "/"));
        through(&chain, "/").refuse();
        assert!(arrive(&chain, "/no").is_err());
        ended(0, "served, refused or given up");
        through(&chain, "/").fail();
        ended(3, "no answer");
        answered(through(&chain, "/"), StatusCode::OK).break_off();
        ended(3, "an answer that breaks off");
        answered(through(&chain, "/"), StatusCode::BAD_GATEWAY).complete();
        ended(3, "an error of the upstream");
        assert!(arrive(&chain, "/crash").is_err());
        ended(2, "a crash");
        for (path, entered) in [("/404", 0), ("/503", 1)] {
            let Ok(Arrival::Replied(_, ending)) = arrive(&chain, path) else {
                panic!("it does not answer")
            };
            ending.complete();
            ended(entered, path);
        }
        tree.stop().await;
    });
}

#[test]
fn an_error_is_what_the_client_gets_and_a_crash_after_its_answer_is_none() {
    paused::run(async {
        let soothing = NodeSpec::new("soothing", "test", || Soothing);
        let ending = NodeSpec::new("ending", "test", || Ending).panic_budget(None);
        let (tree, chain) = chain(vec![soothing, ending]).await;
        answered(through(&chain, "/"), StatusCode::BAD_GATEWAY).complete();
        assert_eq!(errors(&chain), [0, 0]);
        assert_eq!(nodes(&chain)[1].panics, 1);
        tree.stop().await;
    });
}

#[test]
fn an_error_behind_a_node_that_was_passed_by_is_none_of_its() {
    paused::run(async {
        let budget = PanicBudget {
            min_calls: 10,
            then: OverBudget::FailOpen,
            ..PanicBudget::default()
        };
        let touchy = NodeSpec::new("touchy", "test", || Touchy).panic_budget(Some(budget));
        let (tree, chain) = chain(vec![answers("first"), touchy, answers("last")]).await;
        for _ in 0..10 {
            assert!(arrive(&chain, "/crash").is_err());
        }
        paused::until(|| nodes(&chain)[1].standing == "failOpen").await;
        through(&chain, "/crash").fail();
        assert_eq!(errors(&chain), [11, 10, 1]);
        tree.stop().await;
    });
}

#[test]
fn errors_of_an_order_that_is_no_more_stay_counted() {
    paused::run(async {
        let (tree, chain) = chain(vec![answers("first"), answers("last")]).await;
        let place = |enabled: bool| Place {
            enabled,
            ..chain.slot().lineup().find("first").unwrap().clone()
        };
        through(&chain, "/").fail();
        let last = chain.slot().lineup().find("last").unwrap().clone();
        chain.slot().reorder(2, vec![last.clone(), place(true)]);
        chain.slot().retire_contexts(u64::MAX - 1);
        chain.slot().reorder(3, vec![last, place(false)]);
        through(&chain, "/").fail();
        assert_eq!(errors(&chain), [2, 1]);
        tree.stop().await;
    });
}

/// Waits for as many seconds as its path is long.
fn waits(name: &str) -> NodeSpec {
    NodeSpec::new(name, "test", || {
        node_fn(|head, cx| {
            let seconds = head.path().len() as u64;
            cx.wait(tokio::time::sleep(Duration::from_secs(seconds)))
        })
    })
}

async fn served(chain: &ChainHandle, path: &'static str) {
    match chain.enter().descend(&mut Get(path)).await {
        Ok(Arrival::Through(passage)) => answered(passage, StatusCode::OK).complete(),
        other => panic!("{other:?}"),
    }
}

fn is_about(nanos: Option<u64>, seconds: u64) -> bool {
    let exact = seconds * 1_000_000_000;
    nanos.is_some_and(|nanos| nanos.abs_diff(exact) <= exact / 16)
}

#[test]
fn one_request_in_256_is_timed_from_when_a_node_is_given_it_until_it_lets_it_go() {
    assert_eq!(ONE_IN, 256, "as the view and the guide say");
    run(async {
        let (tree, chain) = chain(vec![answers("at once"), waits("waits")]).await;
        let times = || {
            let nodes = nodes(&chain);
            assert_eq!(
                (nodes[0].p50_ns, nodes[0].p99_ns.unwrap_or(0)),
                (nodes[1].p50_ns.map(|_| 0), 0)
            );
            (nodes[1].p50_ns, nodes[1].p99_ns)
        };
        served(&chain, "/2345").await;
        assert_eq!(
            times(),
            (None, None),
            "the first one of a context stands for none"
        );
        served(&chain, "/").await;
        assert!(is_about(times().0, 1) && is_about(times().1, 1), "{:?}", times());
        for _ in 0..255 {
            served(&chain, "/2345").await;
        }
        assert!(is_about(times().1, 1), "{:?}", times());
        served(&chain, "/23").await;
        assert!(is_about(times().0, 1) && is_about(times().1, 3), "{:?}", times());
        tree.stop().await;
    });
}

#[test]
fn a_request_that_is_given_up_while_it_waits_was_held_until_then() {
    run(async {
        let (tree, chain) = chain(vec![waits("waits")]).await;
        served(&chain, "/").await;
        let mut head = Get("/234567890");
        let given_up = tokio::time::timeout(Duration::from_secs(2), chain.enter().descend(&mut head));
        assert!(given_up.await.is_err());
        let p50 = nodes(&chain)[0].p50_ns;
        assert!(is_about(p50, 2), "{p50:?}");
        tree.stop().await;
    });
}
