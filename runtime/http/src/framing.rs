//! Requests that are not passed on, because peers could read them differently.
//!
//! The server itself refuses several lengths, a length beside a transfer encoding, encodings other than `chunked`, and
//! a missing or repeated `Host` with 400 before any of our code runs. What it lets through and is still refused, stands
//! here.

use actix_http::header::{HOST, UPGRADE};
use actix_http::{ConnectionType, Method, RequestHead, Version};
use bytes::Bytes;
use hedgerow_view::Refusal;
use http::uri::PathAndQuery;

use crate::denied::Denied;

/// Checks a request's head, and returns the target to ask the endpoint for.
///
/// # Errors
/// What is wrong with it; `chain` says so.
pub(crate) fn check(head: &RequestHead, chain: &str) -> Result<PathAndQuery, Denied> {
    if head.method == Method::CONNECT {
        return Err(tunnel(chain, "CONNECT"));
    }
    if head.headers.contains_key(UPGRADE) || head.connection_type() == ConnectionType::Upgrade {
        return Err(tunnel(chain, "Upgrade"));
    }
    check_host(head, chain)?;
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    if !(target.starts_with('/') || (target == "*" && head.method == Method::OPTIONS)) {
        return Err(ambiguous(chain, "target", "a path", target));
    }
    PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(target.as_bytes()))
        .map_err(|_| ambiguous(chain, "target", "a path", target))
}

/// One host, spelled as a host, and the same as in the target where that names one too.
fn check_host(head: &RequestHead, chain: &str) -> Result<(), Denied> {
    let mut hosts = head.headers.get_all(HOST);
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (None, _) if head.version < Version::HTTP_11 => return Ok(()),
        (None, _) => return Err(ambiguous(chain, "host", "one Host", "none")),
        (Some(_), Some(_)) => return Err(ambiguous(chain, "host", "one Host", "several")),
    };
    let shown = String::from_utf8_lossy(host.as_bytes());
    let one_host = |byte: &u8| byte.is_ascii_graphic() && !b"/\\@,?#".contains(byte);
    if !host.as_bytes().iter().all(one_host) {
        return Err(ambiguous(chain, "host", "a host", &shown));
    }
    match head.uri.authority() {
        Some(target) if !target.as_str().eq_ignore_ascii_case(&shown) => {
            Err(ambiguous(chain, "host", target.as_str(), &shown))
        }
        _ => Ok(()),
    }
}

#[cold]
fn ambiguous(chain: &str, rule: &str, limit: &str, observed: &str) -> Denied {
    Denied::Ambiguous(Refusal::new(chain, rule, limit, observed))
}

#[cold]
fn tunnel(chain: &str, observed: &str) -> Denied {
    Denied::Tunnel(Refusal::new(chain, "tunnel", "requests and answers", observed))
}
