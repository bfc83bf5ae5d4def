//! What the gateway takes for a failure of an endpoint, for a time-out and for neither, and how long it leaves one alone
//! that asks for it.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use hedgerow_tests::config::{in_front_of, in_front_of_addr};
use hedgerow_tests::patience::{stamp_ms, unix_ms, until};
use hedgerow_tests::{Answer, Endpoint, FullPort, Gateway, Mood, Place, breaker_id};
use serde_json::Value;

/// Two clocks of one machine, read one after the other by two processes that share its cores.
const TOLERANCE_MS: u64 = 100;

/// A gateway in front of one endpoint, with these keys of its breaker.
fn serve(breaker: &str) -> (Place, Endpoint, Gateway) {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let gateway = Gateway::serve(&place, &in_front_of(&payments, breaker));
    (place, payments, gateway)
}

fn until_state(gateway: &Gateway, endpoint: SocketAddr, state: &str) -> Value {
    until(
        state,
        || gateway.breaker("payments", endpoint),
        |breaker| breaker["state"] == state,
    )
}

/// Makes so many calls, each of which is answered so.
fn calls(gateway: &Gateway, times: usize, status: u16) -> Vec<Answer> {
    let answers: Vec<_> = (0..times).map(|_| gateway.get("/")).collect();
    for answer in &answers {
        assert_eq!(answer.status, status, "{answer:?}");
    }
    answers
}

/// Waits until the window of a breaker holds so many calls, and returns how many of them failed.
fn failures(gateway: &Gateway, endpoint: SocketAddr, calls: usize) -> Value {
    let breaker = until(
        "the calls in the window",
        || gateway.breaker("payments", endpoint),
        |breaker| breaker["window"]["calls"] == calls,
    );
    assert_eq!(breaker["state"], "closed", "{breaker:#}");
    breaker["window"]["failures"].clone()
}

/// Checks that a breaker that is open refuses, and says for how long within the limits of when it may be half-open.
fn assert_refused_until(gateway: &Gateway, half_open_at: u64) {
    let before = unix_ms();
    let answer = gateway.get("/");
    let after = unix_ms();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("x-hedgerow-refused").is_some(), "{answer:?}");
    let told: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    let seconds = |ms: u64| ms.div_ceil(1_000);
    let least = seconds((half_open_at - TOLERANCE_MS).saturating_sub(after));
    let most = seconds((half_open_at + TOLERANCE_MS).saturating_sub(before));
    assert!(
        (least..=most).contains(&told),
        "{told} s, not from {least} to {most}"
    );
}

#[test]
fn answers_below_500_trip_nothing_however_many_they_are() {
    let (_place, payments, gateway) =
        serve("window: { time: 60s }, consecutiveFailures: 3, failureRate: 0.1, minCalls: 5");
    payments.add(Some(("retry-after", "60")));
    let statuses = [404, 429, 400, 401, 403, 408, 409, 302];
    for status in statuses {
        payments.set(Mood::Answer(status));
        calls(&gateway, 10, status);
    }
    assert_eq!(failures(&gateway, payments.addr(), 10 * statuses.len()), 0);
}

#[test]
fn an_endpoint_that_answers_429_to_its_probe_has_not_recovered() {
    let (_place, payments, gateway) = serve(
        "consecutiveFailures: 3, failureRate: off, openFor: { initial: 100ms, max: 60s, jitter: 0 }, \
         halfOpen: { permits: 1, successes: 1 }",
    );
    payments.set(Mood::Answer(500));
    calls(&gateway, 3, 500);
    until_state(&gateway, payments.addr(), "halfOpen");
    payments.set(Mood::Answer(429));
    payments.add(Some(("retry-after", "3")));
    let before = unix_ms();
    calls(&gateway, 1, 429);
    let after = unix_ms();
    let open = until_state(&gateway, payments.addr(), "open");
    assert_eq!(open["lastTransition"]["from"], "halfOpen", "{open:#}");
    assert_eq!(open["lastTransition"]["cause"], "probe failed");
    let half_open_at = stamp_ms(&open["halfOpenAt"]);
    let asked = before + 3_000 - TOLERANCE_MS..=after + 3_000 + TOLERANCE_MS;
    assert!(
        asked.contains(&half_open_at),
        "{half_open_at} is not in {asked:?}"
    );
    assert_refused_until(&gateway, half_open_at);
}

#[test]
fn an_endpoint_that_says_when_to_come_back_is_left_alone_until_then_and_no_longer_than_may_be() {
    let breaker = "consecutiveFailures: 1, failureRate: off, openFor: { initial: 2s, max: 60s, jitter: 0 }";
    let date = |unix_ms: u64| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(unix_ms));
    // On a full second, as a date has no parts of one.
    let soon = (unix_ms() / 1_000 + 40) * 1_000;
    // What is asked for, and until when the breaker is open, by when the call was made.
    type Until = fn(u64, u64) -> u64;
    let cases: [(String, Until); 6] = [
        ("3".into(), |called, _| called + 3_000),
        (date(soon), |_, soon| soon),
        ("86400".into(), |called, _| called + 60_000),
        (date(unix_ms() + 86_400_000), |called, _| called + 60_000),
        (date(unix_ms() - 86_400_000), |called, _| called + 2_000),
        ("soon".into(), |called, _| called + 2_000),
    ];
    for (asked, until) in cases {
        let (_place, payments, gateway) = serve(breaker);
        payments.set(Mood::Answer(503));
        payments.add(Some(("retry-after", &asked)));
        let before = unix_ms();
        let answers = calls(&gateway, 1, 503);
        let after = unix_ms();
        assert_eq!(
            answers[0].header("retry-after"),
            Some(&*asked),
            "the endpoint's own answer"
        );
        let open = until_state(&gateway, payments.addr(), "open");
        let half_open_at = stamp_ms(&open["halfOpenAt"]);
        // Its own open time begins when the breaker has looked, just after the call.
        let opened = stamp_ms(&open["since"]).max(after);
        let expected = until(before, soon) - TOLERANCE_MS..=until(opened, soon) + TOLERANCE_MS;
        assert!(
            expected.contains(&half_open_at),
            "{asked}: {half_open_at} is not in {expected:?}"
        );
        assert_refused_until(&gateway, half_open_at);
        assert_eq!(payments.calls(), 1);
    }
}

#[test]
fn an_endpoint_that_lets_nobody_in_in_time_has_timed_out() {
    let (place, full) = (Place::new(), FullPort::new());
    let breaker = "consecutiveTimeouts: 2, consecutiveFailures: off, failureRate: off, openFor: 60s";
    let gateway = Gateway::serve(&place, &in_front_of_addr(full.addr(), breaker));
    let id = breaker_id("payments", full.addr());
    for answer in calls(&gateway, 2, 504) {
        answer.is_refused(504, &id, "connectTimeout");
    }
    let open = until_state(&gateway, full.addr(), "open");
    assert_eq!(
        open["lastTransition"]["cause"],
        "consecutiveTimeouts: limit 2, observed 2"
    );
    gateway.get("/").is_refused(503, &id, "consecutiveTimeouts");
}

#[test]
fn an_answer_of_504_is_a_failure_and_no_time_out() {
    let (_place, payments, gateway) =
        serve("window: { time: 60s }, consecutiveTimeouts: 2, consecutiveFailures: 4, failureRate: off");
    payments.set(Mood::Answer(504));
    calls(&gateway, 3, 504);
    assert_eq!(failures(&gateway, payments.addr(), 3), 3);
    calls(&gateway, 1, 504);
    let open = until_state(&gateway, payments.addr(), "open");
    assert_eq!(
        open["lastTransition"]["cause"],
        "consecutiveFailures: limit 4, observed 4"
    );
}

#[test]
fn an_endpoint_that_resets_its_connections_has_failed() {
    let (_place, payments, gateway) =
        serve("consecutiveTimeouts: 2, consecutiveFailures: 3, failureRate: off, openFor: 60s");
    let id = breaker_id("payments", payments.addr());
    payments.set(Mood::Reset);
    for answer in calls(&gateway, 3, 502) {
        answer.is_refused(502, &id, "reset");
        let refused = answer.header("x-hedgerow-refused").unwrap();
        assert!(refused.to_lowercase().contains("reset by peer"), "{refused}");
    }
    let open = until_state(&gateway, payments.addr(), "open");
    assert_eq!(
        open["lastTransition"]["cause"],
        "consecutiveFailures: limit 3, observed 3"
    );
    assert_eq!(payments.calls(), 0, "it read nothing of what it was asked");
}
