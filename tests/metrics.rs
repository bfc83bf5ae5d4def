//! What is measured, as Prometheus reads it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use hedgerow_tests::config::{Config, ONE_TRY};
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint, Gateway, Mood, Place, breaker_id};

fn config(payments: SocketAddr, web: SocketAddr) -> Config {
    Config::to("/pay", "payments", &[payments])
        .keys(ONE_TRY)
        .keys("breaker: { consecutiveFailures: 3, openFor: 60s }")
        .and_to("/web", "web", &[web])
}

/// The samples by series, as they are written: `name{label="value"}`.
fn samples(gateway: &Gateway) -> BTreeMap<String, f64> {
    let answer = gateway.ask("/metrics");
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let lines = answer.text().lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// A gateway after 5 good calls, 3 failed ones that open the breaker, 2 refused by it, and 1 without a route.
fn busy() -> (Place, Gateway, ClosedPort, Endpoint) {
    let (closed, web, place) = (ClosedPort::new(), Endpoint::start("web"), Place::new());
    let gateway = Gateway::serve(&place, &config(closed.addr(), web.addr()));
    for _ in 0..5 {
        assert_eq!(gateway.get("/web").status, 200);
    }
    for _ in 0..3 {
        assert_eq!(gateway.get("/pay").status, 502);
    }
    until(
        "an open breaker whose record is kept",
        || gateway.breaker("payments", closed.addr()),
        |breaker| breaker["state"] == "open" && breaker["persisted"] == true,
    );
    for _ in 0..2 {
        assert_eq!(gateway.get("/pay").status, 503);
    }
    assert_eq!(gateway.get("/elsewhere").status, 404);
    (place, gateway, closed, web)
}

#[test]
fn every_family_has_a_help_and_a_type_and_there_are_more_than_ten() {
    let (_place, gateway, _closed, _web) = busy();
    let text = gateway.ask("/metrics").text().to_owned();
    let named = |mark: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(mark));
        lines
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let (types, helps) = (named("# TYPE "), named("# HELP "));
    assert!(types.len() >= 10, "{types:?}");
    assert_eq!(types, helps);
    assert!(
        types.iter().all(|name| name.starts_with("hedgerow_")),
        "{types:?}"
    );
}

#[test]
fn the_values_are_those_of_the_traffic() {
    let (_place, gateway, closed, web) = busy();
    let seen = samples(&gateway);
    let id = breaker_id("payments", closed.addr());
    let endpoint =
        |upstream: &str, addr: SocketAddr| format!("{{endpoint=\"{addr}\",upstream=\"{upstream}\"}}");
    let (sick, well) = (endpoint("payments", closed.addr()), endpoint("web", web.addr()));
    let expected = [
        // The upstream `payments` was never reached.
        ("hedgerow_ready".into(), 0.0),
        ("hedgerow_scrape_failures_total".into(), 0.0),
        (
            format!("hedgerow_breaker_state{{id=\"{id}\",state=\"open\"}}"),
            1.0,
        ),
        (
            format!("hedgerow_breaker_state{{id=\"{id}\",state=\"closed\"}}"),
            0.0,
        ),
        (format!("hedgerow_breaker_window_failures{{id=\"{id}\"}}"), 3.0),
        (
            "hedgerow_chain_node_calls_total{chain=\"edge\",node=\"route\"}".into(),
            11.0,
        ),
        (
            "hedgerow_chain_node_refused_total{chain=\"edge\",node=\"route\"}".into(),
            1.0,
        ),
        (
            "hedgerow_chain_node_panics_total{chain=\"edge\",node=\"route\"}".into(),
            0.0,
        ),
        ("hedgerow_upstream_calls_total{upstream=\"web\"}".into(), 5.0),
        ("hedgerow_upstream_calls_total{upstream=\"payments\"}".into(), 3.0),
        (
            "hedgerow_upstream_refused_total{upstream=\"payments\"}".into(),
            2.0,
        ),
        ("hedgerow_upstream_refused_total{upstream=\"web\"}".into(), 0.0),
        (format!("hedgerow_endpoint_successes_total{well}"), 5.0),
        (format!("hedgerow_endpoint_failures_total{well}"), 0.0),
        (format!("hedgerow_endpoint_failures_total{sick}"), 3.0),
        (format!("hedgerow_endpoint_dial_failures_total{sick}"), 3.0),
        (format!("hedgerow_endpoint_in_flight{well}"), 0.0),
        ("hedgerow_store_durable{backend=\"sled\"}".into(), 1.0),
        ("hedgerow_store_failed_total{backend=\"sled\"}".into(), 0.0),
    ];
    for (series, value) in &expected {
        assert_eq!(seen.get(series), Some(value), "{series} in {seen:#?}");
    }
    assert!(seen["hedgerow_store_saved_total{backend=\"sled\"}"] >= 1.0);
    assert!(seen["hedgerow_events_total"] > 8.0);
}

#[test]
fn a_call_that_is_under_way_is_seen_and_a_restart_is_counted() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let closed = ClosedPort::new();
    let gateway = Gateway::serve(&place, &config(closed.addr(), web.addr()));
    web.set(Mood::Hang);
    let in_flight = format!(
        "hedgerow_endpoint_in_flight{{endpoint=\"{}\",upstream=\"web\"}}",
        web.addr()
    );
    std::thread::scope(|scope| {
        let client = scope.spawn(|| gateway.get("/web").status);
        web.reached_by(1);
        assert_eq!(samples(&gateway)[&in_flight], 1.0);
        web.set(Mood::Answer(200));
        assert_eq!(client.join().unwrap(), 200);
    });
    until(
        "the call to be over",
        || samples(&gateway)[&in_flight],
        |calls| *calls == 0.0,
    );

    gateway.restart("gateway/chains/edge/route");
    let restarts = "hedgerow_actor_restarts_total{path=\"gateway/chains/edge/route\"}";
    let seen = samples(&gateway);
    assert_eq!(seen.get(restarts), Some(&1.0), "{seen:#?}");
    let calls = "hedgerow_chain_node_calls_total{chain=\"edge\",node=\"route\"}";
    assert_eq!(seen[calls], 1.0, "a restart keeps the counters");
}

#[test]
#[ignore = "needs promtool"]
fn component_promtool_accepts_the_metrics() {
    let (_place, gateway, _closed, _web) = busy();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed by `cargo xtask test`");
    let text = gateway.ask("/metrics").body;
    promtool.stdin.take().unwrap().write_all(&text).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
    assert!(checked.status.success() && said.is_empty(), "{said}");
}
