//! Endpoints that are left out: outliers, and those that fail their health checks.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A gateway to one upstream of these endpoints, with these keys.
fn config(endpoints: &[&Endpoint], keys: &str) -> Config {
    let addrs: Vec<_> = endpoints.iter().map(|endpoint| endpoint.addr()).collect();
    in_turns(&addrs).keys("retry: off").keys(keys)
}

fn in_turns(endpoints: &[SocketAddr]) -> Config {
    Config::to("/", "payments", endpoints).keys("balance: roundRobin")
}

/// What the API shows of the endpoint at this place in the config.
fn shown(gateway: &Gateway, endpoint: usize) -> Value {
    gateway.api("/api/upstreams")[0]["endpoints"][endpoint].clone()
}

fn events(gateway: &Gateway, kind: &str) -> Vec<Value> {
    let Value::Array(events) = gateway.api("/api/events") else {
        unreachable!("events are a list")
    };
    events.into_iter().filter(|event| event["kind"] == kind).collect()
}

fn metric(gateway: &Gateway, series: &str) -> Option<u64> {
    let metrics = gateway.ask("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(series));
    line?.trim().parse().ok()
}

/// The breaker is the upstream's and has no rule that this would cross.
const PER_UPSTREAM: &str = "breaker: { per: upstream, failureRate: off, consecutiveFailures: off }";

#[test]
fn one_endpoint_that_fails_is_ejected_after_five_failures_and_comes_back() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let keys = format!("{PER_UPSTREAM}, outlier: {{ ejectFor: 2s, jitter: 0 }}");
    let gateway = Gateway::serve(&place, &config(&[&one, &other], &keys));
    one.set(Mood::Answer(500));
    let failed = until(
        "the ejection",
        || {
            (
                gateway.get("/").status,
                shown(&gateway, 0)["ejectedUntil"].clone(),
            )
        },
        |(_, until)| until.is_string(),
    );
    drop(failed);
    let (failures, reached) = (shown(&gateway, 0)["failures"].as_u64().unwrap(), one.calls());
    assert!((5..=6).contains(&failures), "{failures}");
    for _ in 0..20 {
        if shown(&gateway, 0)["ejectedUntil"].is_null() {
            break;
        }
        assert_eq!(gateway.get("/").status, 200);
    }
    assert_eq!(one.calls(), reached, "it was left alone");
    let ejected = &events(&gateway, "endpointEjected")[0];
    assert_eq!(ejected["id"], format!("payments/endpoint/{}", one.addr()));
    assert_eq!(ejected["path"], "gateway/upstreams/payments/outlier");
    let cause = ejected["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("consecutive: limit 5, observed 5; for "),
        "{cause}"
    );
    let labels = format!("{{endpoint=\"{}\",upstream=\"payments\"}}", one.addr());
    let ejections = format!("hedgerow_endpoint_ejections_total{labels} ");
    assert_eq!(metric(&gateway, &ejections), Some(1));

    one.set(Mood::Answer(200));
    until(
        "the return",
        || events(&gateway, "endpointReturned").len(),
        |returned| *returned == 1,
    );
    until(
        "a call at the endpoint that came back",
        || {
            assert_eq!(gateway.get("/").status, 200);
            one.calls()
        },
        |calls| *calls > reached,
    );
    assert_eq!(
        metric(&gateway, &format!("hedgerow_endpoint_ejected{labels} ")),
        Some(0)
    );
}

#[test]
fn an_operator_puts_an_ejected_endpoint_back_which_is_audited_and_told_with_its_cause() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let keys = format!("{PER_UPSTREAM}, outlier: {{ ejectFor: 1h, jitter: 0 }}");
    let gateway = Gateway::serve(&place, &config(&[&one, &other], &keys));
    let readmit = |endpoint: &str| {
        let body = format!("{{\"action\":\"readmit\",\"endpoint\":\"{endpoint}\"}}");
        let fields = [("content-type", "application/json")];
        request(
            gateway.admin(),
            "POST",
            "/api/upstreams/payments",
            &fields,
            body.as_bytes(),
        )
        .unwrap()
    };
    let one_addr = one.addr().to_string();
    assert_eq!(readmit(&one_addr).status, 409, "it is not ejected");
    assert_eq!(readmit("127.0.0.1:1").status, 404);
    one.set(Mood::Answer(500));
    until(
        "the ejection",
        || (gateway.get("/").status, shown(&gateway, 0)),
        |(_, shown)| shown["ejectedUntil"].is_string(),
    );
    one.set(Mood::Answer(200));
    let answer = readmit(&one_addr);
    assert_eq!(answer.status, 200, "{answer:?}");
    let upstream: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(upstream["endpoints"][0]["ejectedUntil"], Value::Null);
    let reached = one.calls();
    // Turns are taken by each worker for itself.
    until(
        "a call at the endpoint that was put back",
        || {
            assert_eq!(gateway.get("/").status, 200);
            one.calls()
        },
        |calls| *calls > reached,
    );
    let returned = &events(&gateway, "endpointReturned")[0];
    assert_eq!(returned["id"], format!("payments/endpoint/{one_addr}"));
    let cause = returned["cause"].as_str().unwrap();
    assert!(cause.starts_with("readmitted by 127.0.0.1:"), "{cause}");
    let audits = events(&gateway, "audit");
    let done = audits
        .iter()
        .filter(|audit| audit["path"] == "gateway/upstreams/payments/outlier");
    let done: Vec<&str> = done.map(|audit| audit["cause"].as_str().unwrap()).collect();
    let order = format!("readmit {{\"endpoint\":\"{one_addr}\"}} ordered by 127.0.0.1:");
    assert!(done.last().unwrap().starts_with(&order), "{done:?}");
}

#[test]
fn an_endpoint_that_answers_nobody_is_ejected_and_the_others_answer() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let keys = format!("timeout: 200ms, {PER_UPSTREAM}, outlier: {{ consecutive: 2, ejectFor: 1h }}");
    let gateway = Gateway::serve(&place, &config(&[&one, &other], &keys));
    one.set(Mood::Hang);
    until(
        "the ejection",
        || {
            (
                gateway.get("/").status,
                shown(&gateway, 0)["ejectedUntil"].clone(),
            )
        },
        |(_, until)| until.is_string(),
    );
    for _ in 0..10 {
        assert_eq!(gateway.get("/").status, 200);
    }
}

#[test]
fn a_breaker_for_each_endpoint_leaves_streaks_alone_unless_they_are_asked_for() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let gateway = Gateway::serve(&place, &config(&[&one, &other], "timeout: 5s"));
    let tree = gateway.api("/api/tree").to_string();
    assert!(!tree.contains("payments/outlier"), "{tree}");
    drop(gateway);
    let keys = "outlier: { consecutive: 2, ejectFor: 1h }";
    let gateway = Gateway::serve(&place, &config(&[&one, &other], keys));
    one.set(Mood::Answer(500));
    until(
        "the ejection",
        || (gateway.get("/").status, shown(&gateway, 0)),
        |(_, shown)| shown["ejectedUntil"].is_string() && shown["state"] == "closed",
    );
}

/// Checks that are quick, and turn after two.
const CHECKS: &str = "healthChecks: [ { kind: http, path: \"/healthz?deep\", every: 50ms, timeout: 500ms, \
                      unhealthyAfter: 2, healthyAfter: 2 } ]";

#[test]
fn a_health_check_takes_a_sick_endpoint_out_and_in_again() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    let gateway = Gateway::serve(&place, &config(&[&one, &other], CHECKS));
    let health = |expected: &'static str| {
        until(
            "the endpoint's health",
            || shown(&gateway, 0)["health"].clone(),
            |health| health == expected,
        );
    };
    health("healthy");
    let asked = one.heads()[0].clone();
    assert_eq!(asked.field("host"), Some(one.addr().to_string().as_str()));
    assert!(asked.field("user-agent").unwrap().starts_with("hedgerow-health/"));
    one.set(Mood::Answer(503));
    health("unhealthy");
    for _ in 0..10 {
        assert_eq!(gateway.get("/").text(), "other");
    }
    let told = &events(&gateway, "endpointUnhealthy")[0];
    let cause = "unhealthyAfter: limit 2, observed 2; http /healthz?deep: status 503";
    assert_eq!(told["cause"], cause);
    let labels = format!("{{endpoint=\"{}\",upstream=\"payments\"}}", one.addr());
    assert_eq!(
        metric(&gateway, &format!("hedgerow_endpoint_unhealthy{labels} ")),
        Some(1)
    );

    one.set(Mood::Answer(200));
    health("healthy");
    until(
        "a call at it",
        || gateway.get("/").text().to_owned(),
        |name| name == "one",
    );
    assert_eq!(events(&gateway, "endpointHealthy").len(), 1);
}

#[test]
fn a_check_of_connections_finds_one_that_is_closed_and_one_that_hangs_delays_no_other() {
    let (place, closed, well) = (
        Place::new(),
        hedgerow_tests::ClosedPort::new(),
        Endpoint::start("well"),
    );
    let hangs = Endpoint::start("hangs");
    hangs.set(Mood::Hang);
    let checks =
        "healthChecks: [ { kind: tcp, every: 50ms }, { kind: http, path: /, every: 50ms, timeout: 1h } ]";
    let config = in_turns(&[hangs.addr(), closed.addr(), well.addr()]).keys(checks);
    let gateway = Gateway::serve(&place, &config);
    until(
        "what is known of the endpoints",
        || [0, 1, 2].map(|endpoint| shown(&gateway, endpoint)["health"].clone()),
        |health| *health == ["unknown", "unhealthy", "healthy"],
    );
    // Either check may be the first to find it out.
    let told = events(&gateway, "endpointUnhealthy");
    let by_tcp = |event: &Value| {
        event["cause"]
            .as_str()
            .unwrap()
            .contains("tcp: connection refused")
    };
    assert!(told.iter().any(by_tcp), "{told:?}");
}

#[test]
fn p8_checks_under_way_while_the_gateway_stands_still_make_nobody_unhealthy() {
    let (place, one) = (Place::new(), Endpoint::start("one"));
    let checks = "healthChecks: [ { kind: http, path: /, every: 100ms, timeout: 2s, unhealthyAfter: 1 } ]";
    let gateway = Gateway::serve(&place, &config(&[&one], checks));
    until(
        "health",
        || shown(&gateway, 0)["health"].clone(),
        |health| health == "healthy",
    );
    // A check is under way when the gateway stops, and its time is long over when it goes on. It has long enough for a busy
    // machine to stop the gateway before that.
    let before = one.calls();
    one.set(Mood::Hang);
    one.reached_by(before + 1);
    gateway.suspend();
    let since = now();
    until(
        "more than the limit to pass",
        || since.elapsed(),
        |passed| *passed > Duration::from_millis(2_000 + 1_500),
    );
    one.set(Mood::Answer(200));
    thread::scope(|scope| {
        scope.spawn(|| gateway.resume());
    });
    let checks = shown(&gateway, 0)["healthChecks"].as_u64().unwrap();
    until(
        "further checks",
        || shown(&gateway, 0)["healthChecks"].as_u64().unwrap(),
        |made| *made > checks + 3,
    );
    assert_eq!(events(&gateway, "endpointUnhealthy"), [] as [Value; 0]);
    assert_eq!(shown(&gateway, 0)["health"], "healthy");
}

#[test]
fn where_every_endpoint_is_sick_requests_go_to_all_of_them() {
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    one.set(Mood::Answer(404));
    other.set(Mood::Answer(404));
    let gateway = Gateway::serve(&place, &config(&[&one, &other], CHECKS));
    until(
        "both to be unhealthy",
        || [0, 1].map(|endpoint| shown(&gateway, endpoint)["health"].clone()),
        |health| *health == ["unhealthy", "unhealthy"],
    );
    assert_eq!(gateway.get("/").status, 404);
}
