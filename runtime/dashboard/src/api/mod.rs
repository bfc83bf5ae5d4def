//! The JSON API.

use actix_web::HttpRequest;

mod bodies;
pub(crate) mod operate;
pub(crate) mod read;
pub(crate) mod registry;
pub(crate) mod why;

pub(crate) use operate::{edit, instruct, operate, peer};
pub(crate) use read::{
    breaker, breakers, chain, chains, events, factories, metrics, pools, quarantine, since, tree, upstreams,
};
pub(crate) use registry::{deregister, heartbeat, register, registry, service};
pub(crate) use why::{denial, denials};

/// The tail of the path that a route has left open, still escaped where it must be: `%2F` is no separator, and a name
/// that holds `%` is not unescaped twice. (The `Path` extractor would have unescaped both.)
fn tail<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.match_info().query(name)
}

/// What the query says of this name, as it was sent.
fn asked<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut pairs = request
        .query_string()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}
