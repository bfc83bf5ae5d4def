//! A breaker's state outlives the process: kill -9, and it goes on where it was.
#![allow(clippy::unwrap_used)]

use std::thread;

use hedgerow_tests::config::{Config, in_front_of};
use hedgerow_tests::patience::{stamp_ms, unix_ms, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place, breaker_id};
use serde_json::Value;

/// Failures in a row that trip the breaker.
const TRIPS_AT: usize = 3;
/// Probes that may be under way at once.
const PERMITS: usize = 3;
/// Two clocks of one machine, read one after the other.
const TOLERANCE_MS: u64 = 5;

/// A gateway in front of one endpoint, whose breaker stays open for exactly `open_for`.
fn config(payments: &Endpoint, open_for: &str) -> Config {
    let breaker = format!(
        "consecutiveFailures: {TRIPS_AT}, failureRate: off, openFor: {open_for}, \
         halfOpen: {{ permits: {PERMITS}, successes: 2 }}"
    );
    in_front_of(payments, &breaker)
}

/// Lets the endpoint fail until its breaker is open and the record of it on the disk. A short open time may be over
/// before it is looked at.
fn tripped(gateway: &Gateway, payments: &Endpoint) -> Value {
    payments.set(Mood::Answer(500));
    for _ in 0..TRIPS_AT {
        assert_eq!(
            gateway.get("/").status,
            500,
            "the endpoint's own answer is passed on"
        );
    }
    until(
        "a tripped breaker whose record is kept",
        || gateway.breaker("payments", payments.addr()),
        |breaker| breaker["state"] != "closed" && breaker["persisted"] == true,
    )
}

/// Whether the machine was fast enough for the trip to be seen while it lasts, and to be told with its journal, which
/// has it later than the breaker its record.
fn is_in_time(gateway: &Gateway, tripped: &Value) -> bool {
    let told = gateway.events().wait_for("breakerTransition", "closed to open");
    tripped["state"] == "open" && told["persisted"] == true
}

fn assert_near(found: u64, expected: u64, what: &str) {
    assert!(
        found.abs_diff(expected) <= TOLERANCE_MS,
        "{what}: {found} is not near {expected}"
    );
}

/// The causes of the transitions, in this life and in those before.
fn story(gateway: &Gateway, payments: &Endpoint) -> Vec<String> {
    let id = breaker_id("payments", payments.addr());
    let events = gateway.api("/api/events");
    let told = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["id"] == id.as_str());
    let kinds = ["breakerTransition", "breakerRestored"];
    told.filter(|event| kinds.iter().any(|kind| event["kind"] == *kind))
        .map(|event| event["cause"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until as much is told as expected, and sees that it begins so.
fn assert_tells(gateway: &Gateway, payments: &Endpoint, expected: &[&str]) {
    let told = until(
        "the story",
        || story(gateway, payments),
        |told| told.len() >= expected.len(),
    );
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(
            told.starts_with(expected),
            "{told:?} does not begin with {expected:?}"
        );
    }
}

#[test]
fn killed_while_open_it_is_open_for_the_remaining_time_then_probes_then_closes() {
    assert!(
        [4, 16].into_iter().any(goes_on_where_it_was),
        "the machine is too slow for this test"
    );
}

/// False where the gateway was not back before its breaker's time was over.
fn goes_on_where_it_was(open_for_s: u64) -> bool {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, &format!("{open_for_s}s"));
    let first = Gateway::serve(&place, &config);
    let before = tripped(&first, &payments);
    if !is_in_time(&first, &before) {
        return false;
    }
    let half_open_at = stamp_ms(&before["halfOpenAt"]);
    let planned = half_open_at - stamp_ms(&before["since"]);
    assert_near(planned, open_for_s * 1_000, "the open time");
    assert_tells(
        &first,
        &payments,
        &["closed to open: consecutiveFailures: limit 3, observed 3"],
    );
    let calls = payments.calls();
    assert_eq!(calls, TRIPS_AT);
    first.kill();

    // The endpoint is well again, and the gateway must not find out too early.
    payments.set(Mood::Answer(200));
    let second = Gateway::serve(&place, &config);
    let after = second.breaker("payments", payments.addr());
    let answer = second.get("/");
    let answered = unix_ms();
    if answered >= half_open_at {
        return false;
    }
    assert_eq!(
        (&after["state"], &after["persisted"]),
        (&"open".into(), &true.into()),
        "{after:#}"
    );
    assert_near(
        stamp_ms(&after["halfOpenAt"]),
        half_open_at,
        "halfOpenAt after the restart",
    );
    assert_eq!(after["lastTransition"], before["lastTransition"]);
    answer.is_refused(
        503,
        &breaker_id("payments", payments.addr()),
        "consecutiveFailures",
    );
    let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    let remaining = (half_open_at - answered).div_ceil(1000);
    assert!(
        (remaining..=open_for_s).contains(&retry_after),
        "{retry_after} s were told, {remaining} s are left"
    );
    assert_eq!(payments.calls(), calls, "no call may reach the endpoint");

    let turned = second.events().wait_for("breakerTransition", "open to halfOpen");
    let turned_at = stamp_ms(&turned["at"]);
    assert!(
        turned_at + TOLERANCE_MS >= half_open_at,
        "halfOpen {} ms too early",
        half_open_at - turned_at
    );
    assert_eq!(payments.calls(), calls, "it probes with real calls only");
    assert_eq!(second.breaker("payments", payments.addr())["state"], "halfOpen");

    for _ in 0..2 {
        assert_eq!(second.get("/").status, 200);
    }
    let closed = until(
        "a closed breaker whose record is kept",
        || second.breaker("payments", payments.addr()),
        |breaker| breaker["state"] == "closed" && breaker["persisted"] == true,
    );
    assert_eq!(
        (&closed["halfOpenAt"], &closed["window"]["failures"]),
        (&Value::Null, &0.into())
    );
    assert_eq!(second.get("/").status, 200);
    assert_tells(
        &second,
        &payments,
        &[
            "closed to open: consecutiveFailures: limit 3, observed 3",
            "restored: open for ",
            "open to halfOpen: openFor: ",
            "halfOpen to closed: halfOpen.successes: limit 2, observed 2",
        ],
    );
    true
}

#[test]
fn killed_while_open_and_started_after_its_time_it_begins_half_open() {
    assert!(
        [1, 8].into_iter().any(begins_half_open),
        "the machine is too slow for this test"
    );
}

/// False where the gateway was not gone before its breaker's time was over.
fn begins_half_open(open_for_s: u64) -> bool {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, &format!("{open_for_s}s"));
    let first = Gateway::serve(&place, &config);
    let before = tripped(&first, &payments);
    let is_in_time = is_in_time(&first, &before);
    first.kill();
    if !is_in_time || unix_ms() >= stamp_ms(&before["halfOpenAt"]) {
        return false;
    }
    let half_open_at = stamp_ms(&before["halfOpenAt"]);
    until("the end of the open time", unix_ms, |now| *now > half_open_at);

    payments.set(Mood::Answer(200));
    let second = Gateway::serve(&place, &config);
    let after = second.breaker("payments", payments.addr());
    assert_eq!(after["state"], "halfOpen", "{after:#}");
    assert_eq!(payments.calls(), TRIPS_AT, "it probes with real calls only");
    for _ in 0..2 {
        assert_eq!(second.get("/").status, 200);
    }
    second
        .events()
        .wait_for("breakerTransition", "halfOpen to closed: halfOpen.successes");
    assert_tells(
        &second,
        &payments,
        &[
            "closed to open: consecutiveFailures: limit 3, observed 3",
            "open to halfOpen: restored: openFor ran out while down",
            "halfOpen to closed: ",
        ],
    );
    true
}

#[test]
fn still_sick_at_the_probe_it_opens_again_and_lets_through_no_more_than_its_permits() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, "2s");
    let first = Gateway::serve(&place, &config);
    tripped(&first, &payments);
    first.kill();

    let second = Gateway::serve(&place, &config);
    let mut events = second.events();
    events.wait_for("breakerTransition", "open to halfOpen");
    payments.set(Mood::Hang);
    let calls = payments.calls();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..PERMITS + 5)
            .map(|_| scope.spawn(|| second.get("/")))
            .collect();
        payments.reached_by(calls + PERMITS);
        until(
            "those beyond the permits to be refused",
            || clients.iter().filter(|client| client.is_finished()).count(),
            |refused| *refused == 5,
        );
        payments.set(Mood::Answer(500));
        let answers = clients.into_iter().map(|client| client.join().unwrap());
        answers.map(|answer| answer.status).collect()
    });
    assert_eq!(payments.calls(), calls + PERMITS);
    let of = |status| statuses.iter().filter(|answered| **answered == status).count();
    assert_eq!((of(500), of(503)), (PERMITS, 5), "{statuses:?}");

    events.wait_for("breakerTransition", "halfOpen to open: probe failed");
    let again = second.breaker("payments", payments.addr());
    assert_eq!(again["state"], "open", "{again:#}");
    assert!(stamp_ms(&again["halfOpenAt"]) > stamp_ms(&again["since"]));
    second
        .get("/")
        .is_refused(503, &breaker_id("payments", payments.addr()), "halfOpen");
    assert_eq!(payments.calls(), calls + PERMITS);
}

#[test]
fn closed_by_its_probes_it_is_closed_after_a_kill() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, "300ms");
    let first = Gateway::serve(&place, &config);
    let mut events = first.events();
    payments.set(Mood::Answer(500));
    for _ in 0..TRIPS_AT {
        first.get("/");
    }
    events.wait_for("breakerTransition", "open to halfOpen");
    payments.set(Mood::Answer(200));
    for _ in 0..2 {
        assert_eq!(first.get("/").status, 200);
    }
    events.wait_for("breakerTransition", "halfOpen to closed");
    until(
        "a record that is kept",
        || first.breaker("payments", payments.addr()),
        |breaker| breaker["persisted"] == true,
    );
    first.kill();

    let second = Gateway::serve(&place, &config);
    let after = second.breaker("payments", payments.addr());
    assert_eq!(
        (&after["state"], &after["persisted"]),
        (&"closed".into(), &true.into()),
        "{after:#}"
    );
    assert_eq!(after["lastTransition"]["to"], "closed");
    assert_eq!(second.get("/").status, 200);
}

#[test]
fn ended_by_a_signal_while_open_it_is_open_after_the_start() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, "60s");
    let mut first = Gateway::serve(&place, &config);
    let before = tripped(&first, &payments);
    first.terminate();
    assert_eq!(first.ended().0, Some(0));

    let second = Gateway::serve(&place, &config);
    let after = second.breaker("payments", payments.addr());
    assert_eq!(
        (&after["state"], &after["persisted"]),
        (&"open".into(), &true.into()),
        "{after:#}"
    );
    assert_near(
        stamp_ms(&after["halfOpenAt"]),
        stamp_ms(&before["halfOpenAt"]),
        "halfOpenAt after the start",
    );
    assert_eq!(second.get("/").status, 503);
    assert_eq!(payments.calls(), TRIPS_AT);
}

#[test]
fn without_the_state_directory_nothing_is_remembered() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments, "60s");
    let first = Gateway::serve(&place, &config);
    tripped(&first, &payments);
    first.kill();

    payments.set(Mood::Answer(200));
    let elsewhere = Place::new();
    let second = Gateway::serve(&elsewhere, &config);
    assert_eq!(second.breaker("payments", payments.addr())["state"], "closed");
    assert_eq!(second.get("/").status, 200);
}

#[test]
fn what_an_operator_has_forced_is_refused_by_and_stays_over_kill_9_until_it_is_released() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let (config, addr) = (config(&payments, "1s"), payments.addr());
    let first = Gateway::serve(&place, &config);
    assert_eq!(first.get("/").status, 200);
    let unknown = first.instruct("payments", addr, "explode");
    assert_eq!(unknown.status, 400, "{unknown:?}");
    let forced = first.instruct("payments", addr, "forceOpen");
    assert_eq!(forced.status, 200, "{forced:?}");
    let kept = until(
        "a forced breaker whose record is kept",
        || first.breaker("payments", addr),
        |breaker| breaker["state"] == "forcedOpen" && breaker["persisted"] == true,
    );
    let author = kept["lastTransition"]["author"].as_str().unwrap();
    assert!(author.starts_with("127.0.0.1:"), "{author}");
    let calls = payments.calls();
    assert_eq!(first.get("/").status, 503);
    first.kill();

    let second = Gateway::serve(&place, &config);
    let after = second.breaker("payments", addr);
    assert_eq!(
        (&after["state"], &after["lastTransition"]),
        (&"forcedOpen".into(), &kept["lastTransition"])
    );
    assert_eq!((second.get("/").status, payments.calls()), (503, calls));
    assert_eq!(second.instruct("payments", addr, "release").status, 200);
    until(
        "a breaker that has probed and closed",
        || {
            second.get("/");
            second.breaker("payments", addr)
        },
        |breaker| breaker["state"] == "closed",
    );
    assert_eq!(second.get("/").status, 200);
}
