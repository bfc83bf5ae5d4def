//! How long a request may take: what it is given, what its endpoint is told, and what a breaker makes of it.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Mood, Place};

/// What a client says.
type Fields = &'static [(&'static str, &'static str)];

/// A gateway with this deadline node, in front of an upstream whose calls may take a minute.
fn config(payments: &Endpoint, deadline: &str) -> Config {
    let breaker = "consecutiveTimeouts: 3, consecutiveFailures: 3, openFor: 1h, window: { time: 1h }";
    Config::to("/", "payments", &[payments.addr()])
        .keys("timeout: 1m")
        .keys(&format!("breaker: {{ {breaker} }}"))
        .node(&format!("{{ kind: deadline, {deadline} }}"))
}

fn ask(gateway: &Gateway, headers: &[(&str, &str)]) -> Answer {
    request(gateway.addr(), "GET", "/", headers, b"").unwrap()
}

#[test]
fn an_endpoint_is_told_what_is_left_and_the_client_is_answered_when_it_is_over() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&payments, "default: 30s, max: 50s"));
    let cases: [(Fields, u64, bool); 4] = [
        (&[], 30_000, false),
        (&[("x-hedgerow-deadline-ms", "20000")], 20_000, false),
        (&[("grpc-timeout", "10S")], 10_000, true),
        (
            &[("x-hedgerow-deadline-ms", "80000"), ("grpc-timeout", "1H")],
            50_000,
            true,
        ),
    ];
    for (headers, given, by_grpc) in cases {
        assert_eq!(ask(&gateway, headers).status, 200);
        let head = payments.heads().pop().unwrap();
        let told = head.field("x-hedgerow-deadline-ms").unwrap();
        let left: u64 = told.parse().unwrap();
        assert!((given - 9_000..=given).contains(&left), "{told} of {given}");
        assert_eq!(
            head.field("grpc-timeout"),
            by_grpc.then(|| format!("{told}m")).as_deref()
        );
    }

    payments.set(Mood::Hang);
    let answer = ask(&gateway, &[("x-hedgerow-deadline-ms", "250")]);
    let who = format!("payments/endpoint/{}", payments.addr());
    answer.is_refused(504, &who, "deadline");
    let refused = answer.header("x-hedgerow-refused").unwrap();
    assert!(refused.ends_with("limit=250ms; observed=no answer"), "{refused}");
}

#[test]
fn a_client_in_a_hurry_opens_no_breaker_and_a_short_time_that_all_are_given_does() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&payments, "default: 40s"));
    payments.set(Mood::Hang);
    for _ in 0..4 {
        assert_eq!(ask(&gateway, &[("x-hedgerow-deadline-ms", "100")]).status, 504);
    }
    payments.set(Mood::Answer(200));
    assert_eq!(ask(&gateway, &[]).status, 200);
    let breaker = until(
        "the call that was answered",
        || gateway.breaker("payments", payments.addr()),
        |breaker| breaker["window"]["calls"] == 1,
    );
    assert_eq!(
        (&breaker["state"], &breaker["window"]["failures"]),
        (&"closed".into(), &0.into())
    );
    gateway.kill();

    let gateway = Gateway::serve(&place, &config(&payments, "default: 200ms"));
    payments.set(Mood::Hang);
    for _ in 0..3 {
        assert_eq!(ask(&gateway, &[]).status, 504);
    }
    until(
        "the breaker to open",
        || gateway.breaker("payments", payments.addr()),
        |breaker| breaker["state"] == "open",
    );
}

#[test]
fn what_cannot_be_done_in_time_is_not_begun_and_is_counted() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &config(&payments, "default: 30s, min: 1s"));
    let who = "edge/node/deadline";
    ask(&gateway, &[("x-hedgerow-deadline-ms", "999")]).is_refused(504, who, "deadline");
    ask(&gateway, &[("grpc-timeout", "0m")]).is_refused(504, who, "deadline");
    ask(&gateway, &[("grpc-timeout", "soon")]).is_refused(400, who, "deadline");
    assert_eq!(payments.calls(), 0);
    let metrics = gateway.ask("/metrics");
    let line = "hedgerow_chain_node_refused_total{chain=\"edge\",node=\"deadline\"} 3";
    assert!(
        metrics.text().lines().any(|found| found == line),
        "{}",
        metrics.text()
    );
}

#[test]
fn a_client_s_deadline_binds_without_a_node_and_nothing_is_told_where_it_says_none() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = Config::to("/", "payments", &[payments.addr()]).keys("timeout: 1m");
    let gateway = Gateway::serve(&place, &config);
    let cases: [(Fields, Option<u64>); 5] = [
        (&[], None),
        (&[("x-hedgerow-deadline-ms", "20000")], Some(20_000)),
        (&[("grpc-timeout", "10S")], Some(10_000)),
        (&[("x-hedgerow-deadline-ms", "80000")], Some(60_000)),
        (&[("grpc-timeout", "soon")], None),
    ];
    for (headers, given) in cases {
        assert_eq!(ask(&gateway, headers).status, 200);
        let head = payments.heads().pop().unwrap();
        let told = head
            .field("x-hedgerow-deadline-ms")
            .map(|told| told.parse().unwrap());
        match given {
            Some(given) => assert!(
                (given - 9_000..=given).contains(&told.unwrap()),
                "{told:?} of {given}"
            ),
            None => assert_eq!(told, None::<u64>, "{headers:?}"),
        }
    }

    payments.set(Mood::Hang);
    let answer = ask(&gateway, &[("grpc-timeout", "250m")]);
    let who = format!("payments/endpoint/{}", payments.addr());
    answer.is_refused(504, &who, "deadline");
    let calls = payments.calls();
    ask(&gateway, &[("x-hedgerow-deadline-ms", "0")]).is_refused(504, "edge", "deadline");
    assert_eq!(
        payments.calls(),
        calls,
        "nobody is called who cannot answer in time"
    );
}
