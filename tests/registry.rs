//! Endpoints that register themselves, through a gateway.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::thread;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Place};
use serde_json::{Value, json};

fn config() -> Config {
    Config::to("/", "payments", &[]).keys("discovery: registry")
}

fn ask(gateway: &Gateway, method: &str, target: &str, body: &Value) -> Answer {
    ask_as(gateway, method, target, body, &[])
}

fn ask_as(gateway: &Gateway, method: &str, target: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
    let headers = [&[("content-type", "application/json")], more].concat();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    request(gateway.admin(), method, target, &headers, body.as_bytes()).unwrap()
}

fn register(gateway: &Gateway, id: &str, addr: SocketAddr, ttl_ms: u64) -> String {
    let target = format!("/api/registry/payments/{id}");
    let answer = ask(gateway, "PUT", &target, &json!({ "addr": addr, "ttlMs": ttl_ms }));
    assert_eq!(answer.status, 200, "{answer:?}");
    let made = answer.json();
    assert_eq!(made["persisted"], true, "{made:#}");
    made["version"].as_str().unwrap().to_owned()
}

fn beat(gateway: &Gateway, id: &str, version: &str) -> Answer {
    let target = format!("/api/registry/payments/{id}/heartbeat");
    ask(gateway, "POST", &target, &json!({ "version": version }))
}

fn version(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["version"].as_str().unwrap().to_owned()
}

/// Waits until requests are answered by this endpoint.
fn until_served(gateway: &Gateway, by: &str) {
    until(by, || gateway.get("/").text().to_owned(), |text| text == by);
}

#[test]
fn who_registers_is_called_until_it_leaves() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let gateway = Gateway::serve(&place, &config());
    let unready = gateway.ask("/readyz?verbose");
    assert_eq!(unready.status, 503);
    assert!(
        unready.text().contains("nobody is registered"),
        "{}",
        unready.text()
    );
    assert_eq!(gateway.api("/api/registry/payments"), json!([]));

    let first = register(&gateway, "a", one.addr(), 60_000);
    until_served(&gateway, "one");
    assert_eq!(gateway.ask("/readyz").status, 200);
    let second = version(&beat(&gateway, "a", &first));
    assert_ne!(first, second);

    let shown = gateway.api("/api/registry")[0].clone();
    assert_eq!(shown["service"], "payments", "{shown:#}");
    assert_eq!((&shown["id"], &shown["state"]), (&"a".into(), &"live".into()));
    assert_eq!((&shown["heartbeats"], &shown["weight"]), (&1.into(), &1.into()));
    assert_eq!(gateway.actor("gateway/registry")["kind"], "registry");

    register(&gateway, "b", other.addr(), 60_000);
    let left = ask(&gateway, "DELETE", "/api/registry/payments/a", &Value::Null);
    assert_eq!(left.status, 200, "{left:?}");
    until(
        "one endpoint",
        || {
            gateway.api("/api/upstreams")[0]["endpoints"]
                .as_array()
                .unwrap()
                .len()
        },
        |count| *count == 1,
    );
    assert_eq!(gateway.get("/").text(), "other");
    assert!(
        gateway
            .ask("/metrics")
            .text()
            .contains("hedgerow_registrations{state=\"live\"} 1")
    );
}

#[test]
fn who_had_registered_is_known_after_a_crash_and_goes_on_with_its_version() {
    let (place, one) = (Place::new(), Endpoint::start("one"));
    let gateway = Gateway::serve(&place, &config());
    let mut held = register(&gateway, "a", one.addr(), 5_000);
    for _ in 0..3 {
        held = version(&beat(&gateway, "a", &held));
    }
    gateway.kill();

    let gateway = Gateway::serve(&place, &config());
    until_served(&gateway, "one");
    let next = version(&beat(&gateway, "a", &held));
    version(&beat(&gateway, "a", &next));
    let late = beat(&gateway, "a", &held);
    late.is_problem(409, "not done");
}

#[test]
fn who_is_not_heard_of_is_suspect_and_ends_while_the_others_are_called() {
    let place = Place::new();
    let endpoints = ["one", "two", "three"].map(Endpoint::start);
    let gateway = Gateway::serve(&place, &config());
    let mut events = gateway.events();
    for (endpoint, ttl_ms) in endpoints.iter().zip([1_000, 600_000, 600_000]) {
        register(&gateway, &endpoint.addr().to_string(), endpoint.addr(), ttl_ms);
    }
    let dead = endpoints[0].addr().to_string();
    events.wait_for("registrationSuspect", &dead);
    events.wait_for("registrationExpired", &dead);
    events.wait_for("endpointLeft", &dead);
    for _ in 0..6 {
        assert_ne!(gateway.get("/").text(), "one");
    }
    beat(&gateway, &dead, "1.1").is_problem(404, "not found");
}

#[test]
fn d5_strangers_are_refused() {
    let (place, one) = (Place::new(), Endpoint::start("one"));
    let file = place.file("mesh.yaml", &config());
    let args = ["--config", file.to_str().unwrap(), "--admin-token", "secret"];
    let gateway = Gateway::start(&place, &args, &[]);
    let target = "/api/registry/payments/a";
    let said = json!({ "addr": one.addr() });
    let token = [("authorization", "Bearer secret")];
    for (method, target) in [
        ("PUT", target),
        ("DELETE", target),
        ("POST", "/api/registry/payments/a/heartbeat"),
    ] {
        ask(&gateway, method, target, &said).is_problem(401, "token needed");
    }
    let made = ask_as(&gateway, "PUT", target, &said, &token);
    let held = version(&made);

    let stolen = json!({ "addr": "127.0.0.1:1" });
    ask_as(&gateway, "PUT", target, &stolen, &token).is_problem(409, "not done");
    let guessed = json!({ "addr": "127.0.0.1:1", "version": "1.0" });
    ask_as(&gateway, "PUT", target, &guessed, &token).is_problem(409, "not done");
    let unknown = "/api/registry/payments/b/heartbeat";
    ask_as(&gateway, "POST", unknown, &json!({ "version": held }), &token).is_problem(404, "not found");
    let leaves = format!("{target}?version=1.0");
    ask_as(&gateway, "DELETE", &leaves, &Value::Null, &token).is_problem(409, "not done");
    for misspelt in ["verson=1.0", "version", "version=1.0&force=1"] {
        let leaves = format!("{target}?{misspelt}");
        let refused = ask_as(&gateway, "DELETE", &leaves, &Value::Null, &token);
        refused.is_problem(400, "bad query");
        assert!(refused.text().contains("`version`"), "{refused:?}");
    }
    let odd = json!({ "addr": "nowhere", "colour": "red" });
    ask_as(&gateway, "PUT", target, &odd, &token).is_problem(400, "bad arguments");
    let long = json!({ "addr": "a".repeat(20_000) });
    ask_as(&gateway, "PUT", target, &long, &token).is_problem(413, "body too large");
    assert_eq!(gateway.api("/api/registry")[0]["addr"], one.addr().to_string());
    gateway.ask("/api/registry/nobody").is_problem(404, "not found");
}

#[test]
fn an_instance_of_any_name_is_shown_with_the_path_that_it_is_asked_for_by() {
    let (place, one) = (Place::new(), Endpoint::start("one"));
    let gateway = Gateway::serve(&place, &config());
    let target = "/api/registry/payments/a%2Fb%20%3Cc%3E";
    let made = ask(&gateway, "PUT", target, &json!({ "addr": one.addr() }));
    assert_eq!(made.status, 200, "{made:?}");
    let shown = &gateway.api("/api/registry")[0];
    assert_eq!(
        (&shown["id"], &shown["service"]),
        (&json!("a/b <c>"), &json!("payments"))
    );
    let path = shown["path"].as_str().unwrap();
    assert_eq!(format!("/api/registry/{path}"), target);
    let left = ask(&gateway, "DELETE", &format!("/api/registry/{path}"), &Value::Null);
    assert_eq!(left.status, 200, "{left:?}");
}

#[test]
fn d5_a_service_has_room_for_a_thousand_registrations() {
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config());
    let said = json!({ "addr": "127.0.0.1:9" });
    thread::scope(|scope| {
        for group in 0..8 {
            let (gateway, said) = (&gateway, &said);
            scope.spawn(move || {
                for id in 0..125 {
                    let target = format!("/api/registry/elsewhere/{group}-{id}");
                    let answer = ask(gateway, "PUT", &target, said);
                    assert_eq!(answer.status, 200, "{answer:?}");
                }
            });
        }
    });
    ask(&gateway, "PUT", "/api/registry/elsewhere/more", &said).is_problem(429, "no room");
    assert_eq!(
        ask(&gateway, "PUT", "/api/registry/elsewhere/0-0", &said).status,
        200,
        "it is there already"
    );
    assert_eq!(
        ask(&gateway, "PUT", "/api/registry/payments/a", &said).status,
        200,
        "there is room for others"
    );
}
