//! A second attempt beside one that is waited for.

use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Mood};

use super::{ask, before, retries};

/// Requests under way at each endpoint.
fn in_flight(gateway: &Gateway) -> Vec<u64> {
    let upstream = gateway.api("/api/upstreams")[0].clone();
    let endpoints = upstream["endpoints"].as_array().unwrap();
    endpoints
        .iter()
        .map(|endpoint| endpoint["inFlight"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_request_that_is_waited_for_too_long_is_asked_of_another_endpoint_and_the_first_answer_counts() {
    let (silent, well) = (Endpoint::start("silent"), Endpoint::start("well"));
    silent.set(Mood::Hang);
    let keys = "timeout: 1m, breaker: off, hedge: { after: 20ms }";
    let (_place, gateway) = before(&[silent.addr(), well.addr()], keys);
    for _ in 0..10 {
        assert_eq!(ask(&gateway, "GET", &[], b"").text(), "well");
    }
    let told = retries(&gateway);
    assert_eq!(
        (&told["hedges"], &told["hedgesWon"]),
        (&5.into(), &5.into()),
        "{told}"
    );
    // The others were given up, and say nothing of their endpoint.
    until(
        "attempts under way",
        || in_flight(&gateway),
        |under_way| *under_way == [0, 0],
    );
    let endpoints = gateway.api("/api/upstreams")[0]["endpoints"].clone();
    assert_eq!(endpoints[0]["failures"], 0, "{endpoints}");
    assert_eq!(silent.calls(), 5);
    silent.set(Mood::Close);
}

#[test]
fn without_a_budget_nothing_is_hedged() {
    let (slow, well) = (Endpoint::start("slow"), Endpoint::start("well"));
    slow.set(Mood::Hang);
    let keys = "timeout: 300ms, breaker: off, retry: { maxRetries: 0, budget: { ratio: 0, min: 0 } }, hedge: { after: 1ms }";
    let (_place, gateway) = before(&[slow.addr(), well.addr()], keys);
    let statuses = [(); 2].map(|()| ask(&gateway, "GET", &[], b"").status);
    assert!(statuses.contains(&504) && statuses.contains(&200), "{statuses:?}");
    let told = retries(&gateway);
    assert_eq!(told["hedges"], 0, "{told}");
    assert!(told["stoppedByBudget"].as_u64().unwrap() > 0, "{told}");
    slow.set(Mood::Close);
}

#[test]
fn a_failure_waits_for_the_hedge_and_is_retried_where_that_fails_too() {
    let (sick, silent) = (Endpoint::start("sick"), Endpoint::start("silent"));
    sick.set(Mood::Answer(503));
    silent.set(Mood::Hang);
    let keys =
        "timeout: 1m, breaker: off, retry: { maxRetries: 1, perTryTimeout: 200ms }, hedge: { after: 20ms }";
    let (_place, gateway) = before(&[silent.addr(), sick.addr()], keys);
    // Silent first: hedged at the sick one, whose answer is no reason to end; then both again.
    let statuses = [(); 2].map(|()| ask(&gateway, "GET", &[], b"").status);
    assert!(statuses.iter().all(|status| *status >= 500), "{statuses:?}");
    let told = retries(&gateway);
    assert!(
        told["hedges"].as_u64().unwrap() >= 1 && told["retries"].as_u64().unwrap() >= 2,
        "{told}"
    );
    until(
        "attempts under way",
        || in_flight(&gateway),
        |under_way| *under_way == [0, 0],
    );
    silent.set(Mood::Close);
}
