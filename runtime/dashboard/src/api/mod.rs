//! The JSON API.

use std::borrow::Cow;
use std::str::FromStr;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

mod bodies;
pub(crate) mod operate;
pub(crate) mod read;
pub(crate) mod registry;
pub(crate) mod why;

pub(crate) use operate::{edit, instruct, operate, peer, readmit};
pub(crate) use read::{
    breaker, breakers, chain, chains, events, factories, metrics, pools, quarantine, since, telemetry, tree,
    upstream, upstreams,
};
pub(crate) use registry::{deregister, heartbeat, register, registry, service};
pub(crate) use why::{denial, denials};

/// The rest of the path that a route has left open, still escaped where it must be: `%2F` is no separator, and a name
/// that holds `%` is not unescaped twice. (The `Path` extractor would have unescaped both.)
fn tail<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.match_info().query(name)
}

/// What a rest of the path may stand for: itself, and where it is one segment with escaped slashes, what it says unescaped. So it
/// comes from clients that are made of the document: a parameter is one segment to them.
fn readings(rest: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let is_escaped = !rest.contains('/') && rest.to_ascii_lowercase().contains("%2f");
    let whole = is_escaped.then(|| percent_decode_str(rest).decode_utf8().ok());
    std::iter::once(Cow::Borrowed(rest)).chain(whole.flatten())
}

/// Digits alone, as the document says: `+7` is no number.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

/// What the query says of this name, as it was sent.
fn asked<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut pairs = request
        .query_string()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}
