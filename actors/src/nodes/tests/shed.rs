//! `shed`.

use std::time::Duration;

use hedgerow_config::{Node, Shed};
use hedgerow_view::Refusal;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{Asked, Stage, run};
use crate::chain::{Arrival, Passage, Reply, Turned};

fn of_level(level: &str) -> Asked {
    let mut asked = Asked::get("/");
    let name = HeaderName::from_static("x-priority");
    asked.headers.insert(name, HeaderValue::from_str(level).unwrap());
    asked
}

async fn stage(shed: Shed) -> Stage {
    Stage::of(vec![Node::new("shed", shed.header("x-priority"))]).await
}

fn enter(stage: &Stage, mut asked: Asked) -> Result<Passage, Refusal> {
    match stage.walk(&mut asked) {
        Ok(Arrival::Through(passage)) => Ok(passage),
        Err(Turned::Refused { status, refusal }) => {
            assert_eq!((status.as_u16(), refusal.rule.as_str()), (503, "shed"));
            Err(*refusal)
        }
        other => panic!("neither passed nor shed: {other:?}"),
    }
}

#[test]
fn the_more_are_in_flight_the_more_must_a_request_matter() {
    run(async {
        let stage = stage(Shed::new().in_flight(6).from(0.5)).await;
        let trusted = || Asked {
            is_from_trusted_hop: true,
            ..of_level("CRITICAL_PLUS")
        };
        let mut inside = Vec::new();
        // Of 6: 6, 5, 4 and 3.
        for (admitted, shed) in [("sheddable", 3), ("sheddable-plus", 4), ("critical", 5)] {
            while let Ok(passage) = enter(&stage, of_level(admitted)) {
                inside.push(passage);
            }
            assert_eq!(inside.len(), shed, "{admitted}");
        }
        enter(&stage, of_level("criticalPlus")).unwrap_err();
        inside.push(enter(&stage, trusted()).unwrap());
        enter(&stage, trusted()).unwrap_err();
        assert_eq!(stage.gauge("shed", "inFlight"), 6);
        let refusal = enter(&stage, of_level("sheddable")).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "edge/node/shed; rule=shed; limit=3 in flight for sheddable; observed=6 in flight"
        );
        inside.into_iter().for_each(Passage::fail);
        assert_eq!(stage.gauge("shed", "inFlight"), 0);
        enter(&stage, of_level("sheddable")).unwrap().fail();
        stage.end().await;
    });
}

/// Requests that all take so long, until a window is over.
async fn requests(stage: &Stage, each: Duration) {
    for _ in 0..20 {
        let inside: Vec<_> = (0..16)
            .filter_map(|_| enter(stage, Asked::get("/")).ok())
            .collect();
        tokio::time::advance(each).await;
        for passage in inside {
            passage
                .answer(&mut Reply::new(StatusCode::OK))
                .unwrap()
                .complete();
        }
    }
}

#[test]
fn while_requests_take_too_long_those_that_matter_least_are_shed_and_come_back_after() {
    run(async {
        let stage = stage(
            Shed::new()
                .latency(Duration::from_millis(50))
                .default_to("criticalPlus"),
        )
        .await;
        enter(&stage, of_level("sheddable")).unwrap().fail();
        requests(&stage, Duration::from_millis(100)).await;
        assert!(stage.gauge("shed", "levelsShed") >= 1);
        assert_eq!(stage.gauge("shed", "latencyMs"), 100);
        let refusal = enter(&stage, of_level("sheddable")).unwrap_err();
        assert_eq!(
            (refusal.limit.as_str(), refusal.observed.as_str()),
            ("a mean of 50ms", "100.0ms, sheddable is shed")
        );
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
        requests(&stage, Duration::from_millis(100)).await;
        requests(&stage, Duration::from_millis(100)).await;
        requests(&stage, Duration::from_millis(100)).await;
        assert_eq!(stage.gauge("shed", "levelsShed"), 3);
        enter(&stage, of_level("critical")).unwrap_err();
        enter(&stage, Asked::get("/")).unwrap().fail();
        for _ in 0..10 {
            requests(&stage, Duration::from_millis(30)).await;
        }
        assert_eq!(stage.gauge("shed", "levelsShed"), 0);
        enter(&stage, of_level("sheddable")).unwrap().fail();
        stage.end().await;
    });
}

#[test]
fn where_nothing_is_under_way_any_more_nobody_is_shed_for_ever() {
    run(async {
        let stage = stage(
            Shed::new()
                .latency(Duration::from_millis(50))
                .default_to("sheddable"),
        )
        .await;
        requests(&stage, Duration::from_millis(100)).await;
        let mut refused = 0;
        while enter(&stage, Asked::get("/")).is_err() {
            refused += 1;
            assert!(refused < 1_000, "shed for ever");
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        stage.end().await;
    });
}

#[test]
fn a_restart_of_the_node_keeps_count_of_those_in_flight() {
    run(async {
        let stage = stage(Shed::new().in_flight(2)).await;
        let inside = enter(&stage, Asked::get("/")).unwrap();
        stage.restart("shed").await;
        assert_eq!(stage.gauge("shed", "inFlight"), 1);
        enter(&stage, of_level("sheddable")).unwrap_err();
        inside.fail();
        assert_eq!(stage.gauge("shed", "inFlight"), 0);
        stage.end().await;
    });
}

#[test]
fn settings_that_are_changed_while_it_serves_go_on_with_those_in_flight() {
    run(async {
        let stage = stage(Shed::new().latency(Duration::from_secs(1))).await;
        let uncounted = enter(&stage, Asked::get("/")).unwrap();
        stage.replace(Node::new("shed", Shed::new().in_flight(2))).await;
        let counted = enter(&stage, Asked::get("/")).unwrap();
        assert_eq!(stage.gauge("shed", "inFlight"), 1);
        uncounted.fail();
        assert_eq!(stage.gauge("shed", "inFlight"), 1);
        stage
            .replace(Node::new("shed", Shed::new().latency(Duration::from_secs(1))))
            .await;
        counted.fail();
        assert_eq!(stage.gauge("shed", "inFlight"), 0);
        stage.end().await;
    });
}
