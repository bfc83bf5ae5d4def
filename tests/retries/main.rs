//! When a request is sent again, and what that costs.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "the figures are worth seeing")]

mod bodies;
mod hedges;
mod rows;
mod rules;

use std::net::SocketAddr;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::{Answer, Gateway, Place};
use serde_json::Value;

/// A gateway in front of these endpoints, with these keys of its upstream.
fn config(endpoints: &[SocketAddr], keys: &str) -> Config {
    Config::to("/", "payments", endpoints)
        .keys("balance: roundRobin")
        .keys(keys)
}

fn before(endpoints: &[SocketAddr], keys: &str) -> (Place, Gateway) {
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(endpoints, keys));
    (place, gateway)
}

fn ask(gateway: &Gateway, method: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    request(gateway.addr(), method, "/", headers, body).unwrap()
}

/// What the gateway shows of its retries.
fn retries(gateway: &Gateway) -> Value {
    gateway.api("/api/upstreams")[0]["retries"].clone()
}
