//! Faults that are made on purpose, through the gateway.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Place};

/// A gateway whose chain begins with this node.
fn gateway(place: &Place, web: &Endpoint, node: &str) -> Gateway {
    let config = Config::to("/", "web", &[web.addr()]).node(node);
    Gateway::serve(place, &config)
}

fn asking(gateway: &Gateway, faults: &str) -> Answer {
    request(gateway.addr(), "GET", "/", &[("x-inject", faults)], b"").unwrap()
}

fn count(gateway: &Gateway, what: &str) -> u64 {
    let metrics = gateway.ask("/metrics");
    let series = format!("hedgerow_chain_node_{what}_total{{chain=\"edge\",node=\"chaos\"}} ");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(&series));
    line.unwrap().parse().unwrap()
}

#[test]
fn a1_a_panic_that_a_request_asks_for_is_that_requests_500_and_nobody_elses() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let node =
        "{ name: chaos, kind: inject, header: x-inject, allow: [delay, abort, panic], panicBudget: off }";
    let gateway = gateway(&place, &web, node);
    for round in 1..=20 {
        asking(&gateway, "panic").is_refused(500, "edge/node/chaos", "nodeCrashed");
        for _ in 0..3 {
            assert_eq!(gateway.get("/").status, 200);
        }
        assert_eq!(
            (web.calls(), count(&gateway, "panics")),
            (3 * round, round as u64)
        );
    }
    let restarts = until(
        "a restart for the panics",
        || gateway.actor("gateway/chains/edge/chaos")["restarts"].as_u64(),
        |restarts| restarts.is_some_and(|restarts| restarts >= 1),
    );
    assert!(restarts <= Some(20), "{restarts:?}");
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn a_request_is_aborted_or_held_up_as_it_asks_and_the_endpoint_is_told_nothing_of_it() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let node = "{ name: chaos, kind: inject, header: x-inject, allow: [delay, abort] }";
    let gateway = gateway(&place, &web, node);
    let aborted = asking(&gateway, "delay=1ms, abort=503");
    aborted.is_refused(503, "edge/node/chaos", "inject");
    assert_eq!(
        aborted.header("x-hedgerow-refused"),
        Some("edge/node/chaos; rule=inject; limit=asked for by x-inject; observed=abort=503")
    );
    let begun = hedgerow_tests::patience::now();
    assert_eq!(asking(&gateway, "delay=50ms").status, 200);
    assert!(begun.elapsed().as_millis() >= 50);
    assert_eq!(web.heads()[0].field("x-inject"), None);

    for refused in ["panic", "delay=1h", "abort=200", "abort=503\x01", "\u{fc}"] {
        let answer = request(gateway.addr(), "GET", "/", &[("x-inject", refused)], b"").unwrap();
        assert_eq!(answer.status, 400, "{refused:?}: {answer:?}");
    }
    asking(&gateway, "panic").is_refused(400, "edge/node/chaos", "inject");
    assert_eq!((web.calls(), count(&gateway, "panics")), (1, 0));
}

#[test]
fn a_share_of_all_requests_is_aborted_and_none_where_the_share_is_0() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let all = gateway(
        &place,
        &web,
        "{ name: chaos, kind: inject, sharePct: 100, abort: 599 }",
    );
    for _ in 0..20 {
        all.get("/").is_refused(599, "edge/node/chaos", "inject");
    }
    assert_eq!((count(&all, "refused"), web.calls()), (20, 0));
    drop(all);
    let none = gateway(
        &place,
        &web,
        "{ name: chaos, kind: inject, share: 0, panic: true }",
    );
    for _ in 0..20 {
        assert_eq!(none.get("/").status, 200);
    }
}
