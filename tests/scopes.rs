//! What a breaker stands for: an endpoint, the upstream, a route, a tenant.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::{Config, ONE_TRY};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A gateway with two routes to one upstream of these endpoints, and these keys of its breaker.
fn config(endpoints: &[&Endpoint], breaker: &str) -> Config {
    let addrs: Vec<_> = endpoints.iter().map(|endpoint| endpoint.addr()).collect();
    Config::to("/pay", "payments", &addrs)
        .also("/")
        .keys("balance: roundRobin")
        .keys(ONE_TRY)
        .keys(&format!(
            "breaker: {{ {breaker}, openFor: 1h, consecutiveFailures: 3 }}"
        ))
        .listener("tenant: \"header:X-Tenant\"")
}

/// A request of this tenant.
fn call(gateway: &Gateway, tenant: &str, target: &str) -> Answer {
    request(gateway.addr(), "GET", target, &[("x-tenant", tenant)], b"").unwrap()
}

fn breakers(gateway: &Gateway) -> Vec<Value> {
    let Value::Array(breakers) = gateway.api("/api/breakers") else {
        unreachable!("breakers are a list")
    };
    breakers
}

/// Waits until the breaker with this id is open, and that is on the disk.
fn until_open(gateway: &Gateway, id: &str) -> Value {
    until(
        "an open breaker whose record is kept",
        || {
            breakers(gateway)
                .into_iter()
                .find(|breaker| breaker["id"] == id)
                .unwrap_or_default()
        },
        |breaker| breaker["state"] == "open" && breaker["persisted"] == true,
    )
}

#[test]
fn one_for_the_upstream_counts_the_calls_of_all_its_endpoints_and_refuses_them_all() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let gateway = Gateway::serve(&place, &config(&[&one, &other], "per: upstream"));
    assert_eq!(breakers(&gateway).len(), 1);
    one.set(Mood::Answer(500));
    other.set(Mood::Answer(500));
    for _ in 0..3 {
        assert_eq!(gateway.get("/pay").status, 500);
    }
    let open = until_open(&gateway, "payments");
    assert_eq!(open["path"], "gateway/upstreams/payments/breaker");
    gateway
        .get("/pay")
        .is_refused(503, "payments", "consecutiveFailures");
    let calls = [one.calls(), other.calls()];
    assert!(calls == [2, 1] || calls == [1, 2], "in turn: {calls:?}");
}

#[test]
fn one_for_each_tenant_refuses_the_one_that_fails_also_after_a_crash_and_serves_the_others() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&[&payments], "per: tenant");
    let gateway = Gateway::serve(&place, &config);
    assert_eq!(call(&gateway, "globex", "/").status, 200);
    assert_eq!(
        breakers(&gateway),
        [] as [Value; 0],
        "nothing is wrong with anybody"
    );
    payments.set(Mood::Answer(500));
    for _ in 0..3 {
        assert_eq!(call(&gateway, "acme", "/").status, 500);
    }
    payments.set(Mood::Answer(200));
    let who = "payments/tenant/acme";
    let open = until_open(&gateway, who);
    assert_eq!(open["path"], "gateway/upstreams/payments/breakers/keys/acme");
    call(&gateway, "acme", "/").is_refused(503, who, "consecutiveFailures");
    assert_eq!(call(&gateway, "globex", "/").status, 200);
    assert_eq!(gateway.get("/").status, 200, "nobody's");
    gateway.kill();

    let gateway = Gateway::serve(&place, &config);
    call(&gateway, "acme", "/").is_refused(503, who, "consecutiveFailures");
    assert_eq!(call(&gateway, "globex", "/").status, 200);
    let closed = gateway.act(&format!("/api/breakers/{who}"), "close", &[]);
    assert_eq!(closed.status, 200, "{closed:?}");
    assert_eq!(call(&gateway, "acme", "/").status, 200);
}

#[test]
fn whose_call_it_is_was_read_before_the_nodes_which_cannot_change_it() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let edits = "{ kind: headers, request: { set: { x-tenant: globex } } }";
    let config = config(&[&payments], "per: tenant").node(edits);
    let gateway = Gateway::serve(&place, &config);
    payments.set(Mood::Answer(500));
    for _ in 0..3 {
        assert_eq!(call(&gateway, "acme", "/").status, 500);
    }
    until_open(&gateway, "payments/tenant/acme");
}

#[test]
fn a_tenant_that_is_said_twice_is_nobody_s() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&[&payments], "per: tenant"));
    payments.set(Mood::Answer(500));
    for _ in 0..3 {
        let both = [("x-tenant", "acme"), ("x-tenant", "globex")];
        assert_eq!(
            request(gateway.addr(), "GET", "/", &both, b"").unwrap().status,
            500
        );
    }
    let who = "payments/others/tenant";
    until_open(&gateway, who);
    gateway.get("/").is_refused(503, who, "consecutiveFailures");
    assert_eq!(call(&gateway, "acme", "/").status, 500);
}

#[test]
fn one_for_each_route_refuses_the_calls_of_its_rule_alone() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&[&payments], "per: route"));
    payments.set(Mood::Answer(500));
    for _ in 0..3 {
        assert_eq!(gateway.get("/pay/1").status, 500);
    }
    payments.set(Mood::Answer(200));
    let who = "payments/route/edge:%2Fpay";
    until_open(&gateway, who);
    gateway.get("/pay/2").is_refused(503, who, "consecutiveFailures");
    assert_eq!(gateway.get("/other").status, 200);
}

#[test]
fn an_answer_that_breaks_off_counts_for_its_tenant() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&[&payments], "per: tenant"));
    payments.set(Mood::BreakOff);
    for _ in 0..3 {
        let broken = request(gateway.addr(), "GET", "/", &[("x-tenant", "acme")], b"");
        assert!(broken.is_err(), "{broken:?}");
    }
    // Each is a success at its head and a failure at its end: the run is never longer than one.
    let seen = until(
        "the failures of the tenant",
        || breakers(&gateway),
        |breakers| {
            breakers
                .first()
                .is_some_and(|breaker| breaker["window"]["failures"] == 3)
        },
    );
    assert_eq!(seen[0]["id"], "payments/tenant/acme");
    assert_eq!(seen[0]["state"], "closed");
}

#[test]
fn keys_that_strangers_invent_are_bounded_and_have_no_series_of_their_own() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&[&payments], "per: tenant, maxKeys: 3"));
    payments.set(Mood::Answer(500));
    for number in 0..10 {
        assert_eq!(
            call(&gateway, &format!("invented-{number}"), "/").status,
            if number < 6 { 500 } else { 503 }
        );
    }
    until_open(&gateway, "payments/others/tenant");
    let metrics = gateway.ask("/metrics");
    let metrics = metrics.text();
    for line in [
        "hedgerow_keys{name=\"payments\",scope=\"tenant\"} 3",
        "hedgerow_keys_most{name=\"payments\",scope=\"tenant\"} 3",
        "hedgerow_keys_not_closed{name=\"payments\",scope=\"tenant\"} 1",
        "hedgerow_keys_turned_away_total{name=\"payments\",scope=\"tenant\"} 7",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
    assert!(!metrics.contains("invented"), "{metrics}");
}
