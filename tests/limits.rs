//! Nodes that limit, in a gateway: who is refused, what he is told, and what is seen of it.
#![allow(clippy::unwrap_used)]

use std::thread;

use hedgerow_tests::client::request;
use hedgerow_tests::config::{Config, leading_to};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Connection, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A gateway with this node in front of its route.
fn config(payments: &Endpoint, node: &str) -> Config {
    Config::to("/", "payments", &[payments.addr()])
        .listener("tenant: \"header:x-tenant\"")
        .node(node)
}

fn of_tenant(gateway: &Gateway, tenant: &str) -> Answer {
    request(gateway.addr(), "GET", "/", &[("x-tenant", tenant)], b"").unwrap()
}

/// The limiting node, as the chain shows it.
fn node(gateway: &Gateway) -> Value {
    gateway.api("/api/chains/edge")["nodes"][0].clone()
}

/// The value of a metric of that node.
fn metric(gateway: &Gateway, name: &str, labels: &str) -> String {
    let metrics = gateway.ask("/metrics");
    let line = metrics.text().lines().find(|line| {
        let parts = labels.split(' ').all(|label| line.contains(label));
        line.starts_with(name) && parts
    });
    let line = line.unwrap_or_else(|| panic!("no {name} of {labels} in {}", metrics.text()));
    line.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn each_tenant_has_its_own_quota_and_is_told_when_it_may_come_again() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perMinute: 2, key: \"header:x-tenant\" }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    for _ in 0..2 {
        assert_eq!(of_tenant(&gateway, "acme").status, 200);
    }
    let refused = of_tenant(&gateway, "acme");
    refused.is_refused(429, "edge/node/quota", "rateLimit");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(
        told.contains("limit=2 per minute, burst 2; observed=acme: next in "),
        "{told}"
    );
    let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&after), "{after}");
    assert_eq!(of_tenant(&gateway, "globex").status, 200);
    assert_eq!(gateway.get("/").status, 200, "of nobody");
    assert_eq!(payments.calls(), 4, "what is refused is not forwarded");

    let node = node(&gateway);
    assert_eq!(
        (&node["refused"], &node["gauges"]["keys"]),
        (&1.into(), &2.into()),
        "{node}"
    );
    let labels = "chain=\"edge\" node=\"quota\"";
    assert_eq!(
        metric(&gateway, "hedgerow_chain_node_refused_total{", labels),
        "1"
    );
    let keys = format!("{labels} gauge=\"keys\"");
    assert_eq!(metric(&gateway, "hedgerow_chain_node_reading{", &keys), "2");
}

#[test]
fn a_tenant_is_who_the_listener_says_and_one_that_is_over_stays_so_when_the_node_restarts() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perHour: 1, key: tenant }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    assert_eq!(of_tenant(&gateway, "acme").status, 200);
    of_tenant(&gateway, "acme").is_refused(429, "edge/node/quota", "rateLimit");
    gateway.restart("gateway/chains/edge/quota");
    of_tenant(&gateway, "acme").is_refused(429, "edge/node/quota", "rateLimit");
    assert_eq!(of_tenant(&gateway, "globex").status, 200);
}

#[test]
fn an_address_has_one_quota_over_all_its_connections() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perHour: 3, key: address }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    for _ in 0..3 {
        assert_eq!(gateway.get("/").status, 200);
    }
    let refused = gateway.get("/");
    refused.is_refused(429, "edge/node/quota", "rateLimit");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(told.contains("observed=127.0.0.1: next in "), "{told}");
}

/// Waits until the gauge of the limiting node is this.
fn until_gauge(gateway: &Gateway, name: &str, value: u64) {
    until(name, || node(gateway), |node| node["gauges"][name] == value);
}

#[test]
fn so_many_are_under_way_at_once_so_many_wait_in_turn_and_the_others_are_refused() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let limit = "{ name: limit, kind: concurrency, max: 2, wait: 1m, maxWaiting: 1 }";
    let gateway = Gateway::serve(&place, &config(&payments, limit));
    payments.set(Mood::Hang);
    thread::scope(|scope| {
        let inside: Vec<_> = (0..2).map(|_| scope.spawn(|| gateway.get("/").status)).collect();
        until_gauge(&gateway, "inFlight", 2);
        let waiting = scope.spawn(|| gateway.get("/").status);
        until_gauge(&gateway, "waiting", 1);
        let refused = gateway.get("/");
        refused.is_refused(503, "edge/node/limit", "concurrency");
        let told = refused.header("x-hedgerow-refused").unwrap();
        assert!(
            told.ends_with("limit=2 at once; observed=2 inside, 1 waiting"),
            "{told}"
        );
        let gauge = "chain=\"edge\" node=\"limit\" gauge=\"waiting\"";
        assert_eq!(metric(&gateway, "hedgerow_chain_node_reading{", gauge), "1");
        payments.set(Mood::Answer(200));
        for answered in inside.into_iter().chain([waiting]) {
            assert_eq!(answered.join().unwrap(), 200);
        }
    });
    until_gauge(&gateway, "inFlight", 0);
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn a_client_that_goes_away_while_it_waits_or_is_served_holds_no_place() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let limit = "{ name: limit, kind: concurrency, max: 1, wait: 1m }";
    let gateway = Gateway::serve(&place, &config(&payments, limit));
    payments.set(Mood::Hang);
    let mut served = Connection::open(gateway.addr()).unwrap();
    served.send("GET", "/", &[], b"").unwrap();
    until_gauge(&gateway, "inFlight", 1);
    let mut waiting = Connection::open(gateway.addr()).unwrap();
    waiting.send("GET", "/", &[], b"").unwrap();
    until_gauge(&gateway, "waiting", 1);
    drop(waiting);
    until_gauge(&gateway, "waiting", 0);
    drop(served);
    until_gauge(&gateway, "inFlight", 0);
    payments.set(Mood::Answer(200));
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn an_adaptive_limit_is_shown_and_kept_to() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let limit = "{ name: limit, kind: concurrency, adaptive: { initial: 1, min: 1, max: 5 } }";
    let gateway = Gateway::serve(&place, &config(&payments, limit));
    assert_eq!(gateway.get("/").status, 200);
    assert_eq!(node(&gateway)["gauges"]["limit"], 1);
    payments.set(Mood::Hang);
    thread::scope(|scope| {
        let inside = scope.spawn(|| gateway.get("/").status);
        until_gauge(&gateway, "inFlight", 1);
        gateway.get("/").is_refused(503, "edge/node/limit", "concurrency");
        payments.set(Mood::Answer(200));
        assert_eq!(inside.join().unwrap(), 200);
    });
}

fn of_priority(gateway: &Gateway, priority: &str) -> Answer {
    request(gateway.addr(), "GET", "/", &[("x-priority", priority)], b"").unwrap()
}

const SHED: &str = "{ name: shed, kind: shed, priority: \"header:x-priority\", when: { inFlight: 2 } }";

#[test]
fn what_matters_least_is_shed_first_and_told_so() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, SHED).listener("trustedHops: [ 127.0.0.0/8 ]");
    let gateway = Gateway::serve(&place, &config);
    assert_eq!(of_priority(&gateway, "sheddable").status, 200);
    payments.set(Mood::Hang);
    thread::scope(|scope| {
        let inside = scope.spawn(|| gateway.get("/").status);
        until_gauge(&gateway, "inFlight", 1);
        let refused = of_priority(&gateway, "SHEDDABLE");
        refused.is_refused(503, "edge/node/shed", "shed");
        let told = refused.header("x-hedgerow-refused").unwrap();
        assert!(
            told.ends_with("limit=1 in flight for sheddable; observed=1 in flight"),
            "{told}"
        );
        let more = scope.spawn(|| of_priority(&gateway, "critical-plus").status);
        until_gauge(&gateway, "inFlight", 2);
        of_priority(&gateway, "critical-plus").is_refused(503, "edge/node/shed", "shed");
        let labels = "chain=\"edge\" node=\"shed\"";
        assert_eq!(
            metric(&gateway, "hedgerow_chain_node_refused_total{", labels),
            "2"
        );
        payments.set(Mood::Answer(200));
        assert_eq!((inside.join().unwrap(), more.join().unwrap()), (200, 200));
    });
}

#[test]
fn a_stranger_cannot_say_that_his_request_matters_more_than_others() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let shed = SHED.replace("inFlight: 2", "inFlight: 3, from: 0.2");
    let gateway = Gateway::serve(&place, &config(&payments, &shed));
    payments.set(Mood::Hang);
    thread::scope(|scope| {
        // Of the levels of those that say nothing 2 may be in flight, of the highest 3.
        let inside: Vec<_> = (0..2).map(|_| scope.spawn(|| gateway.get("/").status)).collect();
        until_gauge(&gateway, "inFlight", 2);
        of_priority(&gateway, "criticalPlus").is_refused(503, "edge/node/shed", "shed");
        payments.set(Mood::Answer(200));
        for answered in inside {
            assert_eq!(answered.join().unwrap(), 200);
        }
    });
}

#[test]
fn a_quota_that_is_changed_by_the_api_forgets_nobody_who_is_over() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perHour: 2, key: tenant }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    for _ in 0..2 {
        assert_eq!(of_tenant(&gateway, "acme").status, 200);
    }
    of_tenant(&gateway, "acme").is_refused(429, "edge/node/quota", "rateLimit");
    let edit = serde_json::json!({
        "action": "replace",
        "name": "quota",
        "node": { "name": "quota", "kind": "rateLimit", "perHour": 3, "key": "tenant" },
    });
    let json = [("content-type", "application/json")];
    let target = "/api/chains/edge";
    let edited = request(
        gateway.admin(),
        "POST",
        target,
        &json,
        edit.to_string().as_bytes(),
    )
    .unwrap();
    assert_eq!(edited.status, 200, "{edited:?}");
    assert_eq!(of_tenant(&gateway, "acme").status, 200, "one more than before");
    let refused = of_tenant(&gateway, "acme");
    refused.is_refused(429, "edge/node/quota", "rateLimit");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(told.contains("limit=3 per hour, burst 3; "), "{told}");
}

/// Requests that are asked at once of an endpoint that takes its time.
const SLOW: usize = 300;

#[test]
fn an_endpoint_that_is_merely_slow_is_asked_by_several_hundred_at_once_by_the_listeners_default() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = leading_to(payments.addr()).keys("pool: { maxLeases: 1000 }");
    let gateway = Gateway::serve(&place, &config);
    payments.set(Mood::Hang);
    let mut clients: Vec<Connection> = (0..SLOW)
        .map(|_| Connection::open(gateway.addr()).unwrap())
        .collect();
    for client in &mut clients {
        client.send("GET", "/", &[], b"").unwrap();
    }
    // None has an answer before all are there.
    payments.reached_by(SLOW);
    payments.set(Mood::Answer(200));
    for client in &mut clients {
        assert_eq!(client.answer().unwrap().status, 200);
    }
    let metrics = gateway.ask("/metrics");
    let line = |name: &str| {
        let line = metrics.text().lines().find(|line| line.starts_with(name));
        line.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    };
    assert_eq!(line("hedgerow_listener_overloaded_total{"), Some(0));
    assert!(line("hedgerow_listener_bound{").unwrap() >= 16);
    assert!(line("hedgerow_listener_busy_percent{").unwrap() <= 100);
}
