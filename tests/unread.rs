//! A log that nobody reads, and a signal that asks for what there is not.
#![allow(clippy::unwrap_used)]

use std::io::PipeReader;
use std::time::Duration;

use hedgerow_tests::client::request;
use hedgerow_tests::config::{Config, ONE_TRY};
use hedgerow_tests::gateway::breaker_id;
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};
use serde_json::json;

/// What requests that are under way are given at the end.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// Lines of the log that were dropped so far, as the admin side tells.
fn dropped(gateway: &Gateway) -> u64 {
    let told = gateway.api("/api/telemetry");
    let outputs = told.as_array().unwrap();
    let stderr = outputs.iter().find(|output| output["collector"] == "stderr");
    let signal = &stderr.unwrap_or_else(|| panic!("no standard error in {told:#}"))["signals"][0];
    assert_eq!(signal["signal"], "stderr");
    signal["dropped"].as_u64().unwrap()
}

/// Has it log more than there is room for: each order leaves a line and an event, which say what it was said with.
fn fill(gateway: &Gateway, endpoint: &Endpoint) {
    let target = format!("/api/breakers/{}", breaker_id("payments", endpoint.addr()));
    let order = json!({ "action": "release", "note": "a".repeat(1_000) }).to_string();
    let json = [("content-type", "application/json")];
    let mut asked = 0;
    while dropped(gateway) == 0 {
        for _ in 0..100 {
            let answer = request(gateway.admin(), "POST", &target, &json, order.as_bytes()).unwrap();
            assert!([200, 400].contains(&answer.status), "{answer:?}");
        }
        asked += 100;
        assert!(asked < 10_000, "there is room for all that is logged");
    }
}

/// A gateway to this endpoint, whose log nobody reads and has no room left.
fn overfull(place: &Place, payments: &Endpoint) -> (Gateway, PipeReader) {
    let config = Config::to("/", "payments", &[payments.addr()]).keys(ONE_TRY);
    place.file("mesh.yaml", &config);
    let started = Gateway::unread(place, &["--config", "mesh.yaml"], &[]);
    fill(&started.0, payments);
    started
}

#[test]
fn p12_a_log_that_nobody_reads_stops_neither_orders_nor_requests_nor_the_end() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let (mut gateway, unread) = overfull(&place, &payments);
    for action in ["forceOpen", "release"] {
        let answer = gateway.instruct("payments", payments.addr(), action);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(gateway.ask("/readyz").status, 200);
    assert_eq!(gateway.get("/").status, 200);
    gateway.events().wait_for("logProblem", "");
    let answer = gateway.ask("/metrics");
    let metrics = answer.text();
    let series = "hedgerow_telemetry_dropped_total{signal=\"stderr\"} ";
    let count = metrics.lines().find_map(|line| line.strip_prefix(series));
    assert!(
        count.is_some_and(|count| count.parse::<f64>().unwrap() > 0.0),
        "{metrics}"
    );
    gateway.terminate();
    let (code, took) = gateway.ended();
    assert_eq!(code, Some(0));
    assert!(took < DRAIN_LIMIT, "{took:?}");
    drop(unread);
}

#[test]
fn p12_a_second_signal_ends_at_once_also_where_nobody_reads_the_log() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let (mut gateway, unread) = overfull(&place, &payments);
    payments.set(Mood::Hang);
    let before = payments.calls();
    let mut stuck = Connection::open(gateway.addr()).unwrap();
    stuck.send("GET", "/stuck", &[], b"").unwrap();
    payments.reached_by(before + 1);
    gateway.terminate();
    until(
        "the drain",
        || gateway.ask("/readyz").status,
        |status| *status == 503,
    );
    let second = now();
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0));
    assert!(second.elapsed() < DRAIN_LIMIT / 2, "{:?}", second.elapsed());
    drop(unread);
}

#[test]
fn p14_a_hang_up_reloads_nothing_and_ends_nothing() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = Config::to("/", "payments", &[payments.addr()]);
    let mut gateway = Gateway::serve(&place, &config);
    for round in 1..=2 {
        gateway.hang_up();
        until(
            "a line that says so",
            || gateway.log(),
            |log| log.matches("there is nothing to reload").count() == round,
        );
        assert_eq!(gateway.get("/").status, 200);
    }
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0), "{}", gateway.log());
}
