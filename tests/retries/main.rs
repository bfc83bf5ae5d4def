//! When a request is sent again, and what that costs.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the figures are worth seeing")]

mod bodies;
mod hedges;
mod rows;
mod rules;

use std::net::SocketAddr;

use hedgerow_tests::client::request;
use hedgerow_tests::{Answer, Gateway, Place};
use serde_json::Value;

/// A gateway in front of these endpoints, with these lines of its upstream, each with its indentation and its end; in front of
/// its route stands this node, if any, with a comma behind.
fn config(endpoints: &[SocketAddr], node: &str, upstream: &str) -> String {
    let endpoints: Vec<String> = endpoints.iter().map(|addr| format!("\"{addr}\"")).collect();
    format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:8080, chain: edge }}
chains:
  edge:
    nodes: [ {node} {{ kind: route, rules: [ {{ path: /, upstream: payments }} ] }} ]
upstreams:
  payments:
    endpoints: [ {} ]
    balance: roundRobin
{upstream}",
        endpoints.join(", ")
    )
}

/// A gateway in front of these endpoints, with these lines of its upstream.
fn before(endpoints: &[SocketAddr], upstream: &str) -> (Place, Gateway) {
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(endpoints, "", upstream));
    (place, gateway)
}

fn ask(gateway: &Gateway, method: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    request(gateway.addr(), method, "/", headers, body).unwrap()
}

/// What the gateway shows of its retries.
fn retries(gateway: &Gateway) -> Value {
    gateway.api("/api/upstreams")[0]["retries"].clone()
}
