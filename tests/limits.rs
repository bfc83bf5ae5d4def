//! Nodes that limit, in a gateway: who is refused, what he is told, and what is seen of it.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::{Answer, Endpoint, Gateway, Place};
use serde_json::Value;

/// A gateway with this node in front of its route.
fn config(payments: &Endpoint, node: &str) -> String {
    format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:8080, chain: edge, tenant: \"header:x-tenant\" }}
chains:
  edge:
    nodes:
      - {node}
      - {{ kind: route, rules: [ {{ path: /, upstream: payments }} ] }}
upstreams:
  payments:
    endpoints: [ \"{}\" ]
",
        payments.addr()
    )
}

fn of_tenant(gateway: &Gateway, tenant: &str) -> Answer {
    request(gateway.addr(), "GET", "/", &[("x-tenant", tenant)], b"").unwrap()
}

/// The limiting node, as the chain shows it.
fn node(gateway: &Gateway) -> Value {
    gateway.api("/api/chains/edge")["nodes"][0].clone()
}

/// The value of a metric of that node.
fn metric(gateway: &Gateway, name: &str, labels: &str) -> String {
    let metrics = gateway.ask("/metrics");
    let line = metrics.text().lines().find(|line| {
        let parts = labels.split(' ').all(|label| line.contains(label));
        line.starts_with(name) && parts
    });
    let line = line.unwrap_or_else(|| panic!("no {name} of {labels} in {}", metrics.text()));
    line.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn each_tenant_has_its_own_quota_and_is_told_when_it_may_come_again() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perMinute: 2, key: \"header:x-tenant\" }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    for _ in 0..2 {
        assert_eq!(of_tenant(&gateway, "acme").status, 200);
    }
    let refused = of_tenant(&gateway, "acme");
    refused.is_refused(429, "edge/node/quota", "rateLimit");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(
        told.contains("limit=2 per minute, burst 2; observed=acme: next in "),
        "{told}"
    );
    let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&after), "{after}");
    assert_eq!(of_tenant(&gateway, "globex").status, 200);
    assert_eq!(gateway.get("/").status, 200, "of nobody");
    assert_eq!(payments.calls(), 4, "what is refused is not forwarded");

    let node = node(&gateway);
    assert_eq!(
        (&node["refused"], &node["gauges"]["keys"]),
        (&1.into(), &2.into()),
        "{node}"
    );
    let labels = "chain=\"edge\" node=\"quota\"";
    assert_eq!(
        metric(&gateway, "hedgerow_chain_node_refused_total{", labels),
        "1"
    );
    let keys = format!("{labels} gauge=\"keys\"");
    assert_eq!(metric(&gateway, "hedgerow_chain_node_gauge{", &keys), "2");
}

#[test]
fn a_tenant_is_who_the_listener_says_and_one_that_is_over_stays_so_when_the_node_restarts() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perHour: 1, key: tenant }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    assert_eq!(of_tenant(&gateway, "acme").status, 200);
    of_tenant(&gateway, "acme").is_refused(429, "edge/node/quota", "rateLimit");
    gateway.restart("gateway/chains/edge/quota");
    of_tenant(&gateway, "acme").is_refused(429, "edge/node/quota", "rateLimit");
    assert_eq!(of_tenant(&gateway, "globex").status, 200);
}

#[test]
fn an_address_has_one_quota_over_all_its_connections() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let quota = "{ name: quota, kind: rateLimit, perHour: 3, key: address }";
    let gateway = Gateway::serve(&place, &config(&payments, quota));
    for _ in 0..3 {
        assert_eq!(gateway.get("/").status, 200);
    }
    let refused = gateway.get("/");
    refused.is_refused(429, "edge/node/quota", "rateLimit");
    let told = refused.header("x-hedgerow-refused").unwrap();
    assert!(told.contains("observed=127.0.0.1: next in "), "{told}");
}
