//! `concurrency`.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hedgerow_config::{AdaptiveLimit, Concurrency, Node};
use http::StatusCode;

use super::{Asked, Stage, configured, run};
use crate::chain::{Arrival, Flow, NodeSpec, Passage, Turned, node_fn};
use crate::paused::passing;

fn node(limit: Concurrency) -> Vec<Node> {
    vec![Node::new("limit", limit)]
}

fn through(arrived: Result<Arrival, Turned>) -> Passage {
    match arrived {
        Ok(Arrival::Through(passage)) => passage,
        other => panic!("it does not pass: {other:?}"),
    }
}

fn enter(stage: &Stage) -> Passage {
    through(stage.walk(&mut Asked::get("/")))
}

fn observed(arrived: Result<Arrival, Turned>) -> String {
    match arrived {
        Err(Turned::Refused { status, refusal }) => {
            assert_eq!((status.as_u16(), refusal.rule.as_str()), (503, "concurrency"));
            refusal.observed
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn one_more_than_may_is_told_how_many_there_are() {
    run(async {
        let stage = Stage::of(node(Concurrency::fixed(2))).await;
        let inside = [enter(&stage), enter(&stage)];
        let Err(Turned::Refused { refusal, .. }) = stage.walk(&mut Asked::get("/")) else {
            panic!("not refused")
        };
        assert_eq!(
            refusal.to_string(),
            "edge/node/limit; rule=concurrency; limit=2 at once; observed=2 inside"
        );
        assert_eq!(stage.gauge("limit", "inFlight"), 2);
        inside.into_iter().for_each(Passage::fail);
        assert_eq!(stage.gauge("limit", "inFlight"), 0);
        enter(&stage).fail();
        stage.end().await;
    });
}

#[test]
fn however_a_request_ends_its_admission_comes_back_once() {
    run(async {
        let touchy = NodeSpec::new("touchy", "test", || {
            node_fn(|head, cx| match head.path() {
                "/panic" => panic!("touched"),
                "/refuse" => cx.refuse(StatusCode::FORBIDDEN, "test", "", ""),
                "/wait" => cx.wait(std::future::pending::<()>()),
                _ => Flow::Next,
            })
        });
        let limit = configured("edge", &node(Concurrency::fixed(1))[0], Vec::new());
        let stage = Stage::with(vec![limit, touchy.panic_budget(None)]).await;
        let mut task = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            stage.walk(&mut Asked::get("/panic")).unwrap_err();
            stage.walk(&mut Asked::get("/refuse")).unwrap_err();
            let mut waiting = stage.chain.enter();
            let mut asked = Asked::get("/wait");
            assert!(waiting.poll_descend(&mut asked, &mut task).is_pending());
            assert_eq!(stage.gauge("limit", "inFlight"), 1);
            drop(waiting);
            enter(&stage).fail();
            enter(&stage).refuse();
            drop(enter(&stage));
            let mut reply = crate::chain::Reply::new(StatusCode::OK);
            enter(&stage).answer(&mut reply).unwrap().complete();
            enter(&stage).answer(&mut reply).unwrap().break_off();
            drop(enter(&stage).answer(&mut reply).unwrap());
            assert_eq!(stage.gauge("limit", "inFlight"), 0);
        }
        stage.end().await;
    });
}

#[test]
fn those_who_wait_go_in_in_order_and_one_that_is_gone_holds_nobody_up() {
    run(async {
        let limit = Concurrency::fixed(1).wait(Duration::from_secs(1)).max_waiting(3);
        let stage = Stage::of(node(limit)).await;
        let first = enter(&stage);
        let mut asked: [Asked; 3] = std::array::from_fn(|_| Asked::get("/"));
        let [one, two, three] = &mut asked;
        let mut second = Box::pin(stage.chain.enter().descend(one));
        let mut third = pin!(stage.chain.enter().descend(two));
        let mut fourth = pin!(stage.chain.enter().descend(three));
        let mut task = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut task).is_pending());
        assert!(third.as_mut().poll(&mut task).is_pending());
        assert!(fourth.as_mut().poll(&mut task).is_pending());
        assert_eq!(stage.gauge("limit", "waiting"), 3);
        assert_eq!(observed(stage.walk(&mut Asked::get("/"))), "1 inside, 3 waiting");
        drop(second);
        first.fail();
        assert!(fourth.as_mut().poll(&mut task).is_pending(), "not its turn");
        let Poll::Ready(arrived) = third.as_mut().poll(&mut task) else {
            panic!("its turn")
        };
        through(arrived).fail();
        through(fourth.await).fail();
        assert_eq!(
            stage.gauge("limit", "waiting") + stage.gauge("limit", "inFlight"),
            0
        );
        stage.end().await;
    });
}

#[test]
fn one_that_has_waited_as_long_as_it_may_is_refused_and_leaves_nothing_behind() {
    run(async {
        let limit = Concurrency::fixed(1).wait(Duration::from_millis(100));
        let stage = Stage::of(node(limit)).await;
        let first = enter(&stage);
        let mut asked = Asked::get("/");
        assert_eq!(
            observed(passing(stage.chain.enter().descend(&mut asked)).await),
            "100ms waited"
        );
        assert_eq!(stage.gauge("limit", "waiting"), 0);
        first.fail();
        enter(&stage).fail();
        stage.end().await;
    });
}

#[test]
fn a_restart_of_the_node_keeps_count_of_those_inside() {
    run(async {
        let stage = Stage::of(node(Concurrency::fixed(1))).await;
        let inside = enter(&stage);
        stage.restart("limit").await;
        assert_eq!(observed(stage.walk(&mut Asked::get("/"))), "1 inside");
        inside.fail();
        enter(&stage).fail();
        assert_eq!(stage.gauge("limit", "inFlight"), 0);
        stage.end().await;
    });
}

#[test]
fn an_adaptive_limit_grows_while_it_is_used_and_answers_come_as_swiftly_as_ever() {
    run(async {
        let stage = Stage::of(node(Concurrency::adaptive(AdaptiveLimit::default()))).await;
        assert_eq!(stage.gauge("limit", "limit"), 20);
        for _ in 0..50 {
            let inside: Vec<_> = (0..20).map(|_| enter(&stage)).collect();
            tokio::time::advance(Duration::from_millis(20)).await;
            for passage in inside {
                let mut reply = crate::chain::Reply::new(StatusCode::OK);
                passage.answer(&mut reply).unwrap().complete();
            }
        }
        let limit = stage.gauge("limit", "limit");
        assert!(limit > 20, "{limit}");
        stage.end().await;
    });
}

#[test]
fn an_adaptive_limit_shrinks_where_requests_take_long_and_fail() {
    run(async {
        let stage = Stage::of(node(Concurrency::adaptive(AdaptiveLimit::default()))).await;
        let round = async |took: Duration| {
            let room = stage.gauge("limit", "limit");
            let inside: Vec<_> = (0..room).map(|_| enter(&stage)).collect();
            tokio::time::advance(took).await;
            inside
        };
        for _ in 0..50 {
            for passage in round(Duration::from_millis(20)).await {
                let mut reply = crate::chain::Reply::new(StatusCode::OK);
                passage.answer(&mut reply).unwrap().complete();
            }
        }
        let before = stage.gauge("limit", "limit");
        for _ in 0..50 {
            round(Duration::from_secs(1))
                .await
                .into_iter()
                .for_each(Passage::fail);
        }
        let after = stage.gauge("limit", "limit");
        assert!(after < before, "{before} before, {after} after");
        stage.end().await;
    });
}

#[test]
fn a_limit_that_is_changed_while_it_serves_goes_on_with_those_inside_and_those_who_wait() {
    run(async {
        let limit = |max| Concurrency::fixed(max).wait(Duration::from_secs(60));
        let stage = Stage::of(node(limit(1))).await;
        let first = enter(&stage);
        let mut asked = Asked::get("/");
        let mut second = pin!(stage.chain.enter().descend(&mut asked));
        let mut task = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut task).is_pending());
        stage.replace(Node::new("limit", limit(3))).await;
        assert_eq!(
            (stage.gauge("limit", "inFlight"), stage.gauge("limit", "limit")),
            (2, 3)
        );
        let second = through(second.await);
        let third = enter(&stage);
        stage.replace(Node::new("limit", Concurrency::fixed(1))).await;
        assert_eq!(observed(stage.walk(&mut Asked::get("/"))), "3 inside");
        [first, second, third].into_iter().for_each(Passage::fail);
        enter(&stage).fail();
        assert_eq!(stage.gauge("limit", "inFlight"), 0);
        stage.end().await;
    });
}
