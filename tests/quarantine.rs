//! Requests that keep crashing a node, through the gateway.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Answer, Endpoint, Gateway, Place};

const CHAIN: &str = "gateway/chains/edge";

fn gateway(place: &Place, web: &Endpoint) -> Gateway {
    let config = Config::to("/", "web", &[web.addr()])
        .chain("quarantine: { headers: [ X-Tenant ], crashes: 3, per: 1h, for: 2h }")
        .node("{ name: chaos, kind: inject, header: x-inject, allow: [panic], panicBudget: off }");
    Gateway::serve(place, &config)
}

fn send(gateway: &Gateway, path: &str, tenant: &str, faults: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("x-tenant", tenant)];
    headers.extend(faults);
    request(gateway.addr(), "GET", path, &headers, b"").unwrap()
}

fn crash(gateway: &Gateway, times: usize) {
    for _ in 0..times {
        let crashed = send(gateway, "/pay?id=1", "acme", &[("x-inject", "panic")]);
        crashed.is_refused(500, "edge/node/chaos", "nodeCrashed");
    }
}

/// The events of a kind, once there are so many.
fn events(gateway: &Gateway, kind: &str, many: usize) -> Vec<String> {
    until(
        kind,
        || {
            let events = gateway.api("/api/events");
            let of_kind = events
                .as_array()
                .unwrap()
                .iter()
                .filter(|event| event["kind"] == kind);
            let causes = of_kind.map(|event| event["cause"].as_str().unwrap().to_owned());
            causes.collect::<Vec<_>>()
        },
        |events| events.len() >= many,
    )
}

#[test]
fn what_crashed_a_node_three_times_is_refused_at_the_door_until_it_is_released_and_all_else_passes() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = gateway(&place, &web);
    crash(&gateway, 3);
    // Whether it would crash again is not tried.
    let refused = send(&gateway, "/pay", "acme", &[]);
    refused.is_refused(503, "edge/node/chaos", "quarantine");
    let said = refused.header("x-hedgerow-refused").unwrap();
    assert!(
        said.starts_with(
            "edge/node/chaos; rule=quarantine; limit=3 crashes in 3600s; observed=3 crashes of fingerprint "
        ),
        "{said}"
    );
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_600..=7_200).contains(&seconds), "{seconds}");

    assert_eq!(send(&gateway, "/pay", "other", &[]).status, 200);
    assert_eq!(send(&gateway, "/pay/1", "acme", &[]).status, 200);
    assert_eq!(web.calls(), 2);

    let held = gateway.api("/api/quarantine");
    assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
    let entry = &held[0];
    let fingerprint = entry["fingerprint"].as_str().unwrap();
    assert!(said.ends_with(fingerprint));
    assert_eq!(
        (&entry["path"], &entry["what"], &entry["of"]),
        (&CHAIN.into(), &"request".into(), &"chaos".into())
    );
    assert_eq!((&entry["crashes"], &entry["refused"]), (&3.into(), &1.into()));
    let told = events(&gateway, "requestQuarantined", 1);
    assert_eq!(
        told,
        [format!(
            "`GET /pay` with fingerprint {fingerprint}, after 3 crashes"
        )]
    );
    let metrics = gateway.ask("/metrics");
    for line in [
        "hedgerow_chain_quarantined{chain=\"edge\"} 1",
        "hedgerow_chain_quarantine_refused_total{chain=\"edge\"} 1",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line}");
    }

    assert!(
        gateway.actor(CHAIN)["actions"]
            .as_array()
            .unwrap()
            .contains(&"release".into())
    );
    let released = gateway.order(CHAIN, "release", &[]);
    assert_eq!(released.status, 200, "{released:?}");
    assert_eq!(gateway.api("/api/quarantine"), serde_json::json!([]));
    assert_eq!(send(&gateway, "/pay", "acme", &[]).status, 200);
    let told = events(&gateway, "requestReleased", 1);
    assert!(
        told[0].starts_with(&format!(
            "fingerprint {fingerprint}, after 1 refusals: by 127.0.0.1:"
        )),
        "{told:?}"
    );
}

#[test]
fn a_request_that_crashes_now_and_then_and_succeeds_in_between_is_never_refused() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = gateway(&place, &web);
    for _ in 0..3 {
        crash(&gateway, 2);
        assert_eq!(send(&gateway, "/pay", "acme", &[]).status, 200);
    }
    crash(&gateway, 4);
    assert_eq!(send(&gateway, "/pay", "acme", &[]).status, 200);
    assert_eq!(gateway.api("/api/quarantine"), serde_json::json!([]));
}
