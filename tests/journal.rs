//! The events of a gateway outlive it: what was shown as persisted is shown again after kill -9.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::{Config, in_front_of};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place, breaker_id};
use serde_json::Value;

/// A gateway whose breaker trips at the first failure and is probed soon after.
fn config(payments: &Endpoint) -> Config {
    in_front_of(
        payments,
        "consecutiveFailures: 1, failureRate: off, openFor: 20ms, halfOpen: { permits: 1, successes: 1 }",
    )
}

/// Trips the breaker and closes it again, and returns the transition that closed it.
fn trip_and_close(gateway: &Gateway, payments: &Endpoint) -> Value {
    let from = events(gateway, 0).last().map_or(0, seq);
    let told = |cause: &str| {
        let found = || {
            let told = events(gateway, from);
            told.into_iter()
                .find(|event| event["cause"].as_str().unwrap().starts_with(cause))
        };
        until(cause, found, Option::is_some).unwrap()
    };
    payments.set(Mood::Answer(500));
    gateway.get("/");
    told("open to halfOpen");
    payments.set(Mood::Answer(200));
    gateway.get("/");
    told("halfOpen to closed")
}

fn events(gateway: &Gateway, since: u64) -> Vec<Value> {
    let events = gateway.api(&format!("/api/events?since={since}"));
    events.as_array().unwrap().clone()
}

fn seq(event: &Value) -> u64 {
    event["seq"].as_u64().unwrap()
}

fn gaps(events: &[Value]) -> Vec<&Value> {
    events
        .iter()
        .filter(|event| event["kind"] == "journalGap")
        .collect()
}

#[test]
fn s1_no_event_that_was_shown_as_persisted_is_missing_after_kill_9() {
    const ROUNDS: usize = 10;
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments);
    let id = breaker_id("payments", payments.addr());
    let mut shown: Vec<Value> = Vec::new();
    for round in 0..ROUNDS {
        let gateway = Gateway::serve(&place, &config);
        // That it was killed is told once the journal has it.
        let all = until(
            "the gap that the last kill left",
            || events(&gateway, 0),
            |all| gaps(all).len() >= round,
        );
        for event in &shown {
            assert!(all.contains(event), "round {round}: missing: {event:#}");
        }
        let numbers: Vec<u64> = all.iter().map(seq).collect();
        assert!(
            numbers.is_sorted_by(|one, next| one < next),
            "round {round}: {numbers:?}"
        );
        assert_eq!(gaps(&all).len(), round, "one for each kill");
        let last = shown.last().map_or(0, seq);
        // More may have been told since the first look.
        let later = events(&gateway, last);
        let known: Vec<&Value> = all.iter().filter(|event| seq(event) > last).collect();
        let again: Vec<&Value> = later.iter().take(known.len()).collect();
        assert_eq!(again, known, "since is as before");

        // A disk that takes too long for the journal has them told without it.
        let closed = until(
            "a transition that the journal has",
            || trip_and_close(&gateway, &payments),
            |closed| closed["persisted"] == true,
        );
        assert_eq!(closed["id"], id.as_str());
        // A kill at the very moment at which it is shown.
        let now = events(&gateway, last);
        gateway.kill();
        shown.extend(now.into_iter().filter(|event| event["persisted"] == true));
    }
    assert!(shown.len() >= ROUNDS, "{shown:#?}");
}

#[test]
fn after_an_end_in_order_every_event_is_shown_again_and_nothing_is_said_to_be_missing() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments);
    let mut first = Gateway::serve(&place, &config);
    trip_and_close(&first, &payments);
    let before = events(&first, 0);
    first.terminate();
    assert_eq!(first.ended().0, Some(0));

    let second = Gateway::serve(&place, &config);
    let after = events(&second, 0);
    assert_eq!(after[..before.len()], before);
    assert_eq!(gaps(&after), [] as [&Value; 0]);
    let numbers: Vec<u64> = after.iter().map(seq).collect();
    let expected: Vec<u64> = (1..=after.len() as u64).collect();
    assert_eq!(numbers, expected, "no number is left out or used twice");
    let mut stream = second.events();
    let first_of_stream = stream.next_event();
    assert_eq!(seq(&first_of_stream), 1, "the stream begins with them too");
}

#[test]
fn the_count_of_events_is_that_of_the_process_and_not_of_the_journal() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let config = config(&payments);
    let first = Gateway::serve(&place, &config);
    trip_and_close(&first, &payments);
    first.kill();
    let second = Gateway::serve(&place, &config);
    let metrics = request(second.admin(), "GET", "/metrics", &[], b"").unwrap();
    let count = metrics
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("hedgerow_events_total "));
    let count: f64 = count.unwrap().parse().unwrap();
    assert!(count < 500.0, "{count} events in a process that has just begun");
}
