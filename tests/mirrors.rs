//! A share of the requests to one upstream is copied to another one, and nobody but that one notices.
#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use hedgerow_tests::client::request;
use hedgerow_tests::config::{Config, UNASKED};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, ClosedPort, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A gateway to `payments`, with these keys, and `next`, with those.
fn config(payments: &Endpoint, keys: &str, next: SocketAddr, next_keys: &str) -> Config {
    Config::to("/next", "next", &[next])
        .keys(UNASKED)
        .keys(next_keys)
        .and_to("/", "payments", &[payments.addr()])
        .keys(keys)
}

fn mirror(gateway: &Gateway) -> Value {
    let upstreams = gateway.api("/api/upstreams");
    let upstreams = upstreams.as_array().unwrap();
    let payments = upstreams.iter().find(|upstream| upstream["id"] == "payments");
    payments.unwrap()["mirror"].clone()
}

/// Waits until so many copies have ended.
fn sent(gateway: &Gateway, copies: u64) -> Value {
    until(
        "the copies to end",
        || mirror(gateway),
        |mirror| mirror["sent"] == copies && mirror["inFlight"] == 0,
    )
}

fn post(gateway: &Gateway, body: &[u8]) -> Answer {
    request(
        gateway.addr(),
        "POST",
        "/charge?now",
        &[("x-tenant", "acme")],
        body,
    )
    .unwrap()
}

#[test]
fn a_copy_says_what_the_request_says_and_that_it_is_one_and_its_answer_is_seen_by_nobody() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    next.set(Mood::Answer(500));
    let gateway = Gateway::serve(
        &place,
        &config(
            &payments,
            "mirror: { upstream: next }",
            next.addr(),
            "breaker: off",
        ),
    );
    let answer = post(&gateway, b"seven");
    assert_eq!((answer.status, answer.text()), (200, "payments"));
    let shown = sent(&gateway, 1);
    assert_eq!(
        (&shown["upstream"], &shown["failed"], &shown["skippedByBody"]),
        (&"next".into(), &1.into(), &0.into())
    );
    let (copies, originals) = (next.heads(), payments.heads());
    let of_post = |heads: &[hedgerow_tests::wire::Head]| {
        heads
            .iter()
            .find(|head| head.field("x-tenant") == Some("acme"))
            .unwrap()
            .clone()
    };
    let (copy, original) = (of_post(&copies), of_post(&originals));
    assert_eq!(copy.first, original.first);
    for field in ["host", "content-length", "x-request-id", "x-tenant"] {
        assert_eq!(copy.field(field), original.field(field), "{field}");
    }
    assert_eq!(copy.field("x-hedgerow-mirrored"), Some("1"));
    assert_eq!(original.field("x-hedgerow-mirrored"), None);
    let metrics = gateway.ask("/metrics");
    let series = "hedgerow_upstream_mirrored_total{to=\"next\",upstream=\"payments\"} 1";
    assert!(metrics.text().contains(series), "{}", metrics.text());
}

#[test]
fn as_many_are_copied_as_the_fraction_says() {
    const REQUESTS: u32 = 400;
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let keys = "mirror: { upstream: next, fraction: 0.25, maxInFlight: 1000 }";
    let gateway = Gateway::serve(&place, &config(&payments, keys, next.addr(), "breaker: off"));
    for _ in 0..REQUESTS {
        assert_eq!(gateway.get("/").status, 200);
    }
    let shown = until(
        "the copies to end",
        || mirror(&gateway),
        |mirror| mirror["inFlight"] == 0 && mirror["sent"].as_u64() > Some(0),
    );
    let copied = shown["sent"].as_u64().unwrap() as f64;
    // Five standard deviations of a binomial share.
    let (mean, far) = (
        f64::from(REQUESTS) * 0.25,
        5.0 * (f64::from(REQUESTS) * 0.25 * 0.75).sqrt(),
    );
    assert!((copied - mean).abs() < far, "{copied} of {REQUESTS}");
}

#[test]
fn a_mirror_that_hangs_delays_nobody_and_holds_no_more_copies_than_it_may() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    next.set(Mood::Hang);
    let keys = "mirror: { upstream: next, maxInFlight: 2 }";
    let gateway = Gateway::serve(&place, &config(&payments, keys, next.addr(), "timeout: 1h"));
    for _ in 0..20 {
        assert_eq!(post(&gateway, b"seven").status, 200);
    }
    let shown = mirror(&gateway);
    assert_eq!(
        (&shown["inFlight"], &shown["skippedByBound"]),
        (&2.into(), &18.into()),
        "{shown}"
    );
    next.set(Mood::Answer(200));
    sent(&gateway, 2);
}

#[test]
fn a_copy_makes_room_for_the_next_one_as_soon_as_its_answer_was_read() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let keys = "mirror: { upstream: next, maxInFlight: 1 }";
    let gateway = Gateway::serve(&place, &config(&payments, keys, next.addr(), ""));
    // A copy whose place was kept for a second would have let hundreds of requests go by.
    let requests = 500;
    for _ in 0..requests {
        assert_eq!(post(&gateway, b"seven").status, 200);
    }
    let shown = until(
        "the copies to end",
        || mirror(&gateway),
        |mirror| mirror["inFlight"] == 0,
    );
    assert!(shown["sent"].as_u64() > Some(requests / 10), "{shown}");
}

/// A gateway that was told to end while one copy is under way, which `next` does not answer yet.
fn draining(place: &Place, payments: &Endpoint, next: &Endpoint) -> Gateway {
    next.set(Mood::Hang);
    let keys = "mirror: { upstream: next }";
    let gateway = Gateway::serve(place, &config(payments, keys, next.addr(), "timeout: 1h"));
    assert_eq!(post(&gateway, b"seven").status, 200);
    next.reached_by(1);
    gateway.terminate();
    gateway
}

#[test]
fn a_drain_waits_for_the_copies_that_are_under_way() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let mut gateway = draining(&place, &payments, &next);
    until(
        "the listener to close",
        || TcpStream::connect(gateway.addr()).err().map(|error| error.kind()),
        |refused| *refused == Some(ErrorKind::ConnectionRefused),
    );
    assert_eq!(mirror(&gateway)["inFlight"], 1);
    next.set(Mood::Answer(200));
    assert_eq!(gateway.ended().0, Some(0));
    let log = gateway.log();
    assert!(log.contains("every request was answered"), "{log}");
}

#[test]
fn a_drain_gives_up_copies_that_are_under_way_at_its_limit() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let mut gateway = draining(&place, &payments, &next);
    let (code, took) = gateway.ended();
    assert_eq!(code, Some(0));
    assert!(took >= Duration::from_secs(10), "it was given its time: {took:?}");
    let log = gateway.log();
    assert!(
        log.contains("at the drain limit connections or copies were left"),
        "{log}"
    );
}

#[test]
fn a_mirror_that_is_gone_is_left_alone_by_its_own_breaker_and_costs_nobody_anything() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), ClosedPort::new());
    let breaker = "breaker: { consecutiveFailures: 3, failureRate: off, openFor: 1h }";
    let keys = "mirror: { upstream: next }";
    let gateway = Gateway::serve(&place, &config(&payments, keys, next.addr(), breaker));
    let shown = until(
        "copies to be refused",
        || {
            assert_eq!(gateway.get("/").status, 200);
            mirror(&gateway)
        },
        |mirror| mirror["refused"].as_u64() > Some(0),
    );
    assert_eq!(shown["sent"], shown["failed"]);
    assert_eq!(gateway.breaker("next", next.addr())["state"], "open");
    assert_eq!(gateway.breaker("payments", payments.addr())["state"], "closed");
}

#[test]
fn a_body_is_copied_as_far_as_it_is_kept_for_retries_and_a_longer_one_is_not() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let keys = "mirror: { upstream: next }, retry: { replayBytes: 16 }";
    let gateway = Gateway::serve(&place, &config(&payments, keys, next.addr(), ""));
    assert_eq!(post(&gateway, &[b'x'; 17]).status, 200);
    let shown = mirror(&gateway);
    assert_eq!(
        (&shown["skippedByBody"], &shown["inFlight"]),
        (&1.into(), &0.into())
    );
    assert_eq!(post(&gateway, &[b'x'; 16]).status, 200);
    let shown = sent(&gateway, 1);
    assert_eq!(
        (&shown["skippedByBody"], &shown["failed"]),
        (&1.into(), &0.into())
    );
}

#[test]
fn mirrors_of_mirrors_copy_nothing_twice() {
    let (place, payments, next) = (Place::new(), Endpoint::start("payments"), Endpoint::start("next"));
    let (one, other) = ("mirror: { upstream: next }", "mirror: { upstream: payments }");
    let gateway = Gateway::serve(&place, &config(&payments, one, next.addr(), other));
    gateway.is_ready();
    assert_eq!(gateway.get("/").text(), "payments");
    sent(&gateway, 1);
    let marked = [("x-hedgerow-mirrored", "1")];
    let copy = request(gateway.addr(), "GET", "/", &marked, b"").unwrap();
    assert_eq!(copy.text(), "payments");
    assert_eq!(gateway.get("/next").text(), "next");
    // The copy of the last one has arrived, so that those that should not be had their time.
    until("the copy", || payments.calls(), |calls| *calls >= 3);
    assert_eq!((payments.calls(), next.calls()), (3, 2));
    assert_eq!(mirror(&gateway)["sent"], 1);
}
