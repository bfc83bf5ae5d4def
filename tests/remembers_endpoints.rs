//! What calls have taught of endpoints outlives the process: kill -9, and no call goes to one that was left alone.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

fn config(endpoints: &[&Endpoint]) -> Config {
    let addrs: Vec<_> = endpoints.iter().map(|endpoint| endpoint.addr()).collect();
    Config::to("/", "payments", &addrs)
}

fn post(gateway: &Gateway) -> Answer {
    request(gateway.addr(), "POST", "/", &[], b"charge").unwrap()
}

fn told(gateway: &Gateway, kind: &str) -> Vec<Value> {
    let Value::Array(events) = gateway.api("/api/events") else {
        unreachable!("events are a list")
    };
    events.into_iter().filter(|event| event["kind"] == kind).collect()
}

#[test]
fn after_kill_9_no_post_meets_an_endpoint_that_failed_once_before_it() {
    let (place, sick, well) = (Place::new(), Endpoint::start("sick"), Endpoint::start("well"));
    let config = config(&[&sick, &well]);
    let first = Gateway::serve(&place, &config);
    until(
        "both to be known",
        || {
            post(&first);
            (sick.calls(), well.calls())
        },
        |(sick, well)| *sick > 0 && *well > 0,
    );
    sick.set(Mood::Answer(500));
    // The balancer leaves it alone from here on: one failure is far from what its breaker trips at.
    until("a failure", || post(&first).status, |status| *status == 500);
    let breaker = first.breaker("payments", sick.addr());
    assert_eq!(breaker["state"], "closed");
    let kept = first.events().wait_for("endpointKept", "it is not well");
    assert_eq!(kept["persisted"], true);
    first.kill();

    let reached = sick.calls();
    let second = Gateway::serve(&place, &config);
    let statuses: Vec<u16> = (0..100).map(|_| post(&second).status).collect();
    assert_eq!(statuses, [200; 100]);
    assert_eq!(sick.calls(), reached);
    let restored = &told(&second, "endpointRestored")[0];
    assert_eq!(restored["id"], format!("payments/endpoint/{}", sick.addr()));
    assert_eq!(restored["path"], "gateway/upstreams/payments/reputation");
}
