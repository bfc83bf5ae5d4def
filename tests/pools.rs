//! The pool of an upstream: how many attempts may be under way, what is promised of them, and how long connections are kept.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use hedgerow_tests::config::{Config, leading_to};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

fn config(payments: SocketAddr, pool: &str) -> Config {
    leading_to(payments).keys(&format!("pool: {{ {pool} }}"))
}

/// A gateway before one endpoint, with this pool.
fn gateway(place: &Place, payments: SocketAddr, pool: &str) -> Gateway {
    Gateway::serve(place, &config(payments, pool))
}

/// The same with one worker, so that it has one shelf.
fn with_one_shelf(place: &Place, payments: SocketAddr, pool: &str) -> Gateway {
    Gateway::with_one_worker(place, &config(payments, pool))
}

fn pool(gateway: &Gateway) -> Value {
    gateway.api("/api/pools")[0].clone()
}

fn asks(gateway: &Gateway) -> Connection {
    let mut client = Connection::open(gateway.addr()).unwrap();
    client.send("GET", "/", &[], b"").unwrap();
    client
}

#[test]
fn b9_so_many_attempts_are_under_way_the_next_ones_wait_in_turn_and_further_ones_are_refused() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = gateway(
        &place,
        payments.addr(),
        "maxLeases: 2, maxWaiting: 1, maxWait: 60s",
    );
    payments.set(Mood::Hang);
    let mut under_way = [asks(&gateway), asks(&gateway)];
    payments.reached_by(2);
    let mut waits = asks(&gateway);
    let waiting = || pool(&gateway)["waiting"].clone();
    until("the third to wait", waiting, |now| *now == 1);
    let refused = gateway.get("/");
    refused.is_refused(503, "payments", "pool.maxWaiting");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(told.ends_with("limit=1; observed=2 leased, 1 waiting"), "{told}");
    assert_eq!(payments.calls(), 2);

    payments.set(Mood::Answer(200));
    for client in under_way.iter_mut().chain([&mut waits]) {
        assert_eq!(client.answer().unwrap().status, 200);
    }
    let leases = || pool(&gateway)["leases"].clone();
    until("all leases to be back", leases, |now| *now == 0);
    let shown = pool(&gateway);
    let counts = ["borrowed", "returned", "waited", "refused"].map(|key| shown[key].as_u64().unwrap());
    assert_eq!(counts, [3, 3, 1, 1], "{shown}");
    let upstream = &gateway.api("/api/upstreams")[0]["endpoints"][0];
    assert_eq!(
        (
            &upstream["successes"],
            &upstream["failures"],
            &upstream["inFlight"]
        ),
        (&3.into(), &0.into(), &0.into())
    );
    let metrics = gateway.ask("/metrics").text().to_owned();
    assert!(
        metrics.contains("hedgerow_pool_refused_total{pool=\"payments\"} 1\n"),
        "{metrics}"
    );
}

#[test]
fn b9_a_request_that_waits_in_vain_is_refused_by_the_pool_and_one_whose_client_goes_leaves_the_line() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = gateway(&place, payments.addr(), "maxLeases: 1, maxWait: 300ms");
    payments.set(Mood::Hang);
    let mut first = asks(&gateway);
    payments.reached_by(1);
    let refused = gateway.get("/");
    refused.is_refused(503, "payments", "pool.maxWait");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(told.contains("limit=300 ms; observed=1 leased"), "{told}");
    drop(asks(&gateway));
    // Of one moment: it may come between two.
    let gone = || {
        let shown = pool(&gateway);
        (shown["waiting"].clone(), shown["waited"].clone())
    };
    until("the one that went to be out of the line", gone, |now| {
        *now == (0.into(), 2.into())
    });
    payments.set(Mood::Answer(200));
    assert_eq!(first.answer().unwrap().status, 200);
    assert_eq!(gateway.get("/").status, 200);
    assert_eq!(
        payments.calls(),
        2,
        "nobody called for those who were refused or went"
    );
}

#[test]
fn b9_the_wait_for_a_lease_is_part_of_the_call_and_no_fault_of_the_endpoint() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(payments.addr(), "maxLeases: 1, maxWait: 60s")
        .keys("timeout: 2s")
        .node("{ kind: deadline, default: 60s }");
    let gateway = Gateway::serve(&place, &config);
    payments.set(Mood::Hang);
    let mut first = Connection::open(gateway.addr()).unwrap();
    first
        .send("GET", "/", &[("x-hedgerow-deadline-ms", "60000")], b"")
        .unwrap();
    payments.reached_by(1);
    let mut second = Connection::open(gateway.addr()).unwrap();
    second
        .send("GET", "/", &[("x-hedgerow-deadline-ms", "100")], b"")
        .unwrap();
    let refused = second.answer().unwrap();
    refused.is_refused(503, "payments", "pool.maxWait");
    payments.set(Mood::Answer(200));
    drop(first);
    let endpoint = &gateway.api("/api/upstreams")[0]["endpoints"][0];
    assert_eq!(endpoint["failures"], 0, "{endpoint}");
}

#[test]
fn a_contract_that_is_broken_is_an_event_and_so_is_that_it_is_met_again() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let slo = "maxLeases: 4, slo: { p95Latency: 10s, errorRate: 0.1, window: 2s }";
    let gateway = gateway(&place, payments.addr(), slo);
    let mut events = gateway.events();
    payments.set(Mood::Answer(500));
    for _ in 0..40 {
        assert_eq!(gateway.get("/").status, 500);
    }
    let breached = events.wait_for("contractBreached", "errorRate: limit 10 %, observed 100 % of ");
    assert_eq!(breached["id"], "payments");
    assert_eq!(breached["path"], "gateway/upstreams/payments/pool");
    events.wait_for("contractMet", "errorRate: limit 10 %, observed no lease");
    let shown = pool(&gateway);
    assert_eq!(shown["contract"]["p95LatencyMs"], 10_000);
    assert_eq!(shown["broken"], Value::Array(Vec::new()));
}

#[test]
fn b7_an_attempt_that_is_under_way_for_too_long_is_told() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = gateway(&place, payments.addr(), "longestLease: 200ms");
    let mut events = gateway.events();
    payments.set(Mood::Hang);
    let mut client = asks(&gateway);
    let told = events.wait_for("leaseOverdue", "longestLease: limit 200 ms, observed ");
    assert_eq!(told["id"], "payments");
    assert_eq!(pool(&gateway)["overdue"], 1);
    payments.set(Mood::Answer(200));
    assert_eq!(client.answer().unwrap().status, 200);
    until(
        "no lease to be overdue",
        || pool(&gateway)["overdue"].clone(),
        |now| *now == 0,
    );
}

#[test]
fn b10_a_connection_that_nobody_uses_is_closed_after_its_time() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = with_one_shelf(&place, payments.addr(), "minKeepAlive: 1s");
    let idle = || gateway.api("/api/upstreams")[0]["endpoints"][0]["idle"].clone();
    assert_eq!(gateway.get("/").status, 200);
    until("the connection to wait", idle, |now| *now == 1);
    until("it to be closed", idle, |now| *now == 0);
    assert_eq!(gateway.get("/").status, 200);
    assert_eq!(payments.connections(), 2);
}

#[test]
fn a_connection_that_has_lived_for_long_enough_is_not_used_again() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = with_one_shelf(&place, payments.addr(), "maxLife: 1s");
    let asked_again = || {
        assert_eq!(gateway.get("/").status, 200);
        payments.connections()
    };
    assert_eq!(asked_again(), 1);
    until("a fresh connection", asked_again, |connections| *connections > 1);
}
