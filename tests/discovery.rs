//! Endpoints that are found by a name, through a gateway with a name server that answers as the test says.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use hedgerow_tests::config::Config;
use hedgerow_tests::names::{Record, Temper};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, NameServer, Place};
use serde_json::Value;

const NAME: &str = "_http._tcp.payments.internal";
const HOST: &str = "host.payments.internal";

/// A gateway whose one upstream is found by the records of a name, with these keys of it.
fn config(server: &NameServer, keys: &str) -> Config {
    let dns = format!("{keys}, resolver: \"{}\"", server.addr());
    Config::to("/", "payments", &[]).keys(&format!("discovery: {{ dns: {{ {dns} }} }}"))
}

/// A name server that knows where `HOST` is.
fn name_server() -> NameServer {
    let server = NameServer::start();
    server.set_addresses(HOST, 0, &["127.0.0.1"]);
    server
}

/// Has the name lead to these endpoints, in a record that lives no time at all.
fn lead(server: &NameServer, endpoints: &[&Endpoint]) {
    let record = |endpoint: &&Endpoint| Record::Service {
        ttl: 0,
        priority: 0,
        weight: 1,
        port: endpoint.addr().port(),
        target: HOST.to_owned(),
    };
    server.set(NAME, endpoints.iter().map(record));
}

fn by_services(server: &NameServer, times: &str) -> Config {
    config(server, &format!("name: {NAME}, srv: true, {times}"))
}

fn shown(gateway: &Gateway) -> Value {
    gateway.api("/api/upstreams")[0].clone()
}

fn addrs(upstream: &Value) -> Vec<SocketAddr> {
    let endpoints = upstream["endpoints"].as_array().unwrap().iter();
    let mut addrs: Vec<SocketAddr> = endpoints
        .map(|endpoint| endpoint["addr"].as_str().unwrap().parse().unwrap())
        .collect();
    addrs.sort_unstable();
    addrs
}

/// Waits until the upstream has exactly these endpoints.
fn until_led(gateway: &Gateway, endpoints: &[&Endpoint]) -> Value {
    let mut expected: Vec<SocketAddr> = endpoints.iter().map(|endpoint| endpoint.addr()).collect();
    expected.sort_unstable();
    until(
        "the endpoints that the name leads to",
        || shown(gateway),
        |upstream| addrs(upstream) == expected,
    )
}

fn until_state(gateway: &Gateway, state: &str) -> Value {
    until(
        state,
        || shown(gateway)["discovery"].clone(),
        |discovery| discovery["state"] == state,
    )
}

#[test]
fn a_gateway_is_ready_once_the_name_leads_somewhere_and_its_endpoints_follow_the_name() {
    let (place, server) = (Place::new(), name_server());
    let (one, other) = (Endpoint::start("one"), Endpoint::start("other"));
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 200ms, minTtl: 100ms"));
    let waiting = until(
        "what the gateway waits for",
        || gateway.ask("/readyz?verbose"),
        |answer| answer.text().contains("the name has no endpoints"),
    );
    assert_eq!(waiting.status, 503);
    assert!(
        waiting
            .text()
            .contains("[-] gateway/upstreams/payments: no endpoint yet from dns"),
        "{}",
        waiting.text()
    );
    gateway.get("/").is_refused(503, "payments", "endpoints");

    lead(&server, &[&one]);
    let mut events = gateway.events();
    events.wait_for("endpointJoined", &one.addr().to_string());
    gateway.is_ready();
    assert_eq!(gateway.get("/").text(), "one");
    assert_eq!(until_state(&gateway, "fresh")["source"], "dns");
    assert!(
        gateway
            .ask("/metrics")
            .text()
            .contains("hedgerow_discovery_members{")
    );

    lead(&server, &[&other]);
    events.wait_for("endpointLeft", &one.addr().to_string());
    until_led(&gateway, &[&other]);
    for _ in 0..4 {
        assert_eq!(gateway.get("/").text(), "other");
    }
    assert_eq!(
        gateway.actor("gateway/upstreams/payments/discovery")["kind"],
        "discovery"
    );
}

#[test]
fn d3_while_the_resolver_fails_or_is_silent_requests_go_where_they_went() {
    let (place, server, one) = (Place::new(), name_server(), Endpoint::start("one"));
    lead(&server, &[&one]);
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 200ms, minTtl: 100ms"));
    until_led(&gateway, &[&one]);
    for temper in [Temper::Failing, Temper::Silent] {
        server.turn(temper);
        let stale = until_state(&gateway, "stale");
        assert!(stale["problem"].is_string(), "{stale:#}");
        for _ in 0..4 {
            assert_eq!(gateway.get("/").status, 200);
        }
        assert_eq!(gateway.ask("/readyz").status, 200, "it is as good as before");
        server.turn(Temper::Helpful);
        until_state(&gateway, "fresh");
    }
    until_led(&gateway, &[&one]);
    assert_eq!(
        gateway
            .api("/api/events")
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["kind"] == "endpointLeft")
            .count(),
        0
    );
}

#[test]
fn d3_after_kill_9_a_gateway_whose_resolver_is_dead_calls_those_that_the_name_led_to() {
    let (place, server, one) = (Place::new(), name_server(), Endpoint::start("one"));
    lead(&server, &[&one]);
    let config = by_services(&server, "every: 200ms, minTtl: 100ms");
    let first = Gateway::serve(&place, &config);
    until_led(&first, &[&one]);
    assert_eq!(first.get("/").text(), "one");
    // The record of the breaker comes after that of the answer, and both are on the disk when it is.
    assert_eq!(first.instruct("payments", one.addr(), "disable").status, 200);
    until(
        "a record that is kept",
        || first.breaker("payments", one.addr()),
        |breaker| breaker["persisted"] == true && breaker["state"] == "disabled",
    );
    first.kill();

    server.turn(Temper::Failing);
    let second = Gateway::serve(&place, &config);
    until_led(&second, &[&one]);
    second.is_ready();
    assert_eq!(second.get("/").text(), "one");
    let discovery = until_state(&second, "stale");
    assert!(discovery["problem"].is_string(), "{discovery:#}");
    second.events().wait_for("discoveryRestored", "dns ");
    assert_eq!(second.breaker("payments", one.addr())["state"], "disabled");
    server.turn(Temper::Helpful);
    until_state(&second, "fresh");
}

#[test]
fn d3_an_answer_without_endpoints_is_believed_when_it_was_given_twice() {
    let (place, server, one) = (Place::new(), name_server(), Endpoint::start("one"));
    lead(&server, &[&one]);
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 200ms, minTtl: 100ms"));
    until_led(&gateway, &[&one]);
    server.turn(Temper::Denying);
    until_led(&gateway, &[]);
    gateway.get("/").is_refused(503, "payments", "endpoints");
    server.turn(Temper::Helpful);
    until_led(&gateway, &[&one]);
    assert_eq!(gateway.get("/").text(), "one");
}

#[test]
fn d4_a_name_that_does_not_exist_for_a_moment_loses_nobody() {
    let (place, server, one) = (Place::new(), name_server(), Endpoint::start("one"));
    lead(&server, &[&one]);
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 30s, minTtl: 100ms"));
    until_led(&gateway, &[&one]);
    server.turn(Temper::Denying);
    let doubted = until_state(&gateway, "stale");
    assert_eq!(
        doubted["problem"],
        "an answer without endpoints is doubted: 1 of 2 in a row"
    );
    assert_eq!(gateway.get("/").text(), "one");
    server.turn(Temper::Helpful);
    until_state(&gateway, "fresh");
    assert_eq!(gateway.get("/").text(), "one");
}

#[test]
fn d4_a_hundred_addresses_that_live_no_time_are_all_endpoints_and_are_not_asked_for_without_a_pause() {
    let (place, server) = (Place::new(), NameServer::start());
    let all: Vec<String> = (1..=100).map(|host| format!("127.0.1.{host}")).collect();
    server.set_addresses(
        "payments.internal",
        0,
        &all.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let gateway = Gateway::serve(&place, &config(&server, "name: payments.internal, port: 9"));
    until(
        "a hundred endpoints",
        || addrs(&shown(&gateway)).len(),
        |count| *count == 100,
    );
    let shown = shown(&gateway)["discovery"].clone();
    assert_eq!((&shown["members"], &shown["failures"]), (&100.into(), &0.into()));
    // Each look-up is two questions over UDP, and one of them again over TCP.
    let (asked, look_ups) = (server.asked(), shown["lookUps"].as_u64().unwrap());
    assert!(
        look_ups <= 60,
        "once a second at most: {look_ups}, {asked} questions"
    );
}

#[test]
fn a_lower_priority_is_called_while_the_better_one_is_sick_and_not_before_or_after() {
    let (place, server) = (Place::new(), name_server());
    let (best, next) = (Endpoint::start("best"), Endpoint::start("next"));
    let record = |endpoint: &Endpoint, priority| Record::Service {
        ttl: 0,
        priority,
        weight: 1,
        port: endpoint.addr().port(),
        target: HOST.to_owned(),
    };
    server.set(NAME, [record(&best, 10), record(&next, 20)]);
    let checks = "healthChecks: [ { kind: http, path: /, every: 50ms, unhealthyAfter: 1, healthyAfter: 1 } ]";
    let config = by_services(&server, "every: 200ms, minTtl: 100ms").keys(checks);
    let gateway = Gateway::serve(&place, &config);
    let upstream = until_led(&gateway, &[&best, &next]);
    let priorities = upstream["endpoints"].as_array().unwrap().iter();
    let priorities: Vec<&Value> = priorities.map(|endpoint| &endpoint["priority"]).collect();
    assert_eq!(priorities, [10, 20]);
    let health = |expected: &'static str| {
        until(
            "the health of the better one",
            || shown(&gateway)["endpoints"][0]["health"].clone(),
            |health| health == expected,
        );
    };
    health("healthy");
    let answers = || {
        (0..20)
            .map(|_| gateway.get("/").text().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(answers(), ["best"; 20]);
    best.set(hedgerow_tests::Mood::Answer(503));
    health("unhealthy");
    assert_eq!(answers(), ["next"; 20]);
    best.set(hedgerow_tests::Mood::Answer(200));
    health("healthy");
    assert_eq!(answers(), ["best"; 20]);
}

#[test]
fn connections_to_an_endpoint_that_has_left_are_closed() {
    let (place, server) = (Place::new(), name_server());
    let (one, other) = (Endpoint::start("one"), Endpoint::start("other"));
    lead(&server, &[&one, &other]);
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 200ms, minTtl: 100ms"));
    until_led(&gateway, &[&one, &other]);
    for _ in 0..8 {
        assert_eq!(gateway.get("/").status, 200);
    }
    assert!(one.open_connections() > 0);
    lead(&server, &[&other]);
    until_led(&gateway, &[&other]);
    until(
        "no connection to who has left",
        || {
            // A worker closes them when it has something to do.
            assert_eq!(gateway.get("/").text(), "other");
            one.open_connections()
        },
        |open| *open == 0,
    );
}

#[test]
fn what_an_endpoint_had_begun_when_it_left_is_answered() {
    let (place, server) = (Place::new(), name_server());
    let (one, other) = (Endpoint::start("one"), Endpoint::start("other"));
    lead(&server, &[&one]);
    let gateway = Gateway::serve(&place, &by_services(&server, "every: 200ms, minTtl: 100ms"));
    until_led(&gateway, &[&one]);
    one.set(hedgerow_tests::Mood::Hang);
    let addr = gateway.addr();
    let waits =
        std::thread::spawn(move || hedgerow_tests::client::request(addr, "GET", "/", &[], b"").unwrap());
    one.reached_by(1);
    lead(&server, &[&other]);
    until_led(&gateway, &[&other]);
    one.set(hedgerow_tests::Mood::Answer(200));
    assert_eq!(waits.join().unwrap().text(), "one");
}

#[test]
fn a_breaker_goes_on_with_what_it_had_learned_when_its_endpoint_comes_back() {
    let (place, server) = (Place::new(), name_server());
    let (one, other) = (Endpoint::start("one"), Endpoint::start("other"));
    lead(&server, &[&one]);
    let config = by_services(&server, "every: 200ms, minTtl: 100ms")
        .keys("breaker: { consecutiveFailures: 1, openFor: 1h }");
    let gateway = Gateway::serve(&place, &config);
    until_led(&gateway, &[&one]);
    one.set(hedgerow_tests::Mood::Answer(500));
    assert_eq!(gateway.get("/").status, 500);
    until(
        "an open breaker whose record is kept",
        || gateway.breaker("payments", one.addr()),
        |breaker| breaker["state"] == "open" && breaker["persisted"] == true,
    );
    lead(&server, &[&other]);
    until_led(&gateway, &[&other]);
    lead(&server, &[&one]);
    until_led(&gateway, &[&one]);
    assert_eq!(gateway.breaker("payments", one.addr())["state"], "open");
    assert_eq!(gateway.get("/").status, 503);
}
