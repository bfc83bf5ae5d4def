//! The JSON API.

use actix_web::HttpRequest;

mod operate;
mod read;
mod registry;

pub(crate) use operate::{edit, instruct, operate, peer};
pub(crate) use read::{
    breaker, breakers, chain, chains, events, factories, metrics, pools, quarantine, since, telemetry, tree,
    upstreams,
};
pub(crate) use registry::{deregister, heartbeat, register, registry, service};

/// The tail of the path that a route has left open, still escaped where it must be: `%2F` is no separator, and a name
/// that holds `%` is not unescaped twice. (The `Path` extractor would have unescaped both.)
fn tail(request: &HttpRequest) -> &str {
    request.match_info().query("tail")
}
