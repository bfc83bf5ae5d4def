//! The JSON API.

use std::borrow::Cow;
use std::ops::RangeBounds;
use std::str::FromStr;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use crate::problem::NotDone;

mod bodies;
pub(crate) mod body;
pub(crate) mod operate;
mod order;
pub(crate) mod read;
pub(crate) mod registry;
pub(crate) mod why;

pub(crate) use operate::{edit, instruct, operate, readmit};
pub(crate) use read::{
    breaker, breakers, chain, chains, config, events, factories, metrics, pools, quarantine, since,
    telemetry, tree, upstream, upstreams,
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

/// The number that the query says of this name, where it says one. Digits alone, as the document says: `+7` is none.
fn number<T: FromStr + PartialOrd>(
    request: &HttpRequest,
    name: &str,
    allowed: impl RangeBounds<T>,
    meaning: &str,
) -> Result<Option<T>, NotDone> {
    let Some(text) = asked(request, name) else {
        return Ok(None);
    };
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_digits.then(|| text.parse().ok()).flatten();
    match number.filter(|number| allowed.contains(number)) {
        None => Err(NotDone::bad("bad query", format!("`{name}` is {meaning}"))),
        within => Ok(within),
    }
}

/// What the query says of this name, as it was sent.
fn asked<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut pairs = request
        .query_string()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}
