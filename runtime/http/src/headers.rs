//! Which fields are passed on, and which are added.
//!
//! The server speaks the types of `http` 0.2, the wire those of `http` 1: fields are converted by their bytes, once.

use std::net::SocketAddr;

use actix_http::header::{self as server, HeaderMap as ServerMap};
use http::header::{self as wire, HeaderMap, HeaderName, HeaderValue};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const US: &str = "1.1 hedgerow";
const VIA_US: HeaderValue = HeaderValue::from_static(US);

/// Fields that are added to a request, at most.
const ADDED: usize = 4;

/// The fields to send to an endpoint: what came, less what belongs to the connection that it came by, plus who passed
/// it on.
pub(crate) fn to_endpoint(came: &ServerMap, peer: Option<SocketAddr>, id: &server::HeaderValue) -> HeaderMap {
    let named = Named::by(
        came.get_all(server::CONNECTION)
            .map(server::HeaderValue::as_bytes),
    );
    let mut headers = HeaderMap::with_capacity(came.len() + ADDED);
    for (name, value) in came {
        let name = name.as_str();
        // The server has already told the client to continue.
        if belongs_to_connection(name) || named.has(name) || name == "expect" {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            headers.append(name, value);
        }
    }
    if let Some(peer) = peer {
        let peer = peer.ip().to_canonical().to_string();
        append_to_list(&mut headers, FORWARDED_FOR, &peer);
    }
    headers.insert(FORWARDED_PROTO, HTTP);
    if headers.contains_key(wire::VIA) {
        append_to_list(&mut headers, wire::VIA, US);
    } else {
        headers.insert(wire::VIA, VIA_US);
    }
    if let Ok(id) = HeaderValue::from_bytes(id.as_bytes()) {
        headers.insert(REQUEST_ID, id);
    }
    headers
}

/// Copies the fields of an endpoint's answer, less those of its connection and its length, which the server writes.
pub(crate) fn to_client(came: &HeaderMap, headers: &mut ServerMap) {
    let named = Named::by(came.get_all(wire::CONNECTION).iter().map(HeaderValue::as_bytes));
    headers.reserve(came.len() + ADDED);
    for (name, value) in came {
        let name = name.as_str();
        // What this gateway says of itself is not for an endpoint to say.
        if belongs_to_connection(name) || named.has(name) || name == "content-length" || is_ours(name) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            server::HeaderName::from_bytes(name.as_bytes()),
            server::HeaderValue::from_bytes(value.as_bytes()),
        ) {
            headers.append(name, value);
        }
    }
}

fn is_ours(name: &str) -> bool {
    name == "x-hedgerow-refused" || name == "x-hedgerow-revision"
}

/// Joined into one field, as many readers look at the first alone.
fn append_to_list(headers: &mut HeaderMap, name: HeaderName, item: &str) {
    let mut list = Vec::new();
    for before in headers.get_all(&name) {
        list.extend_from_slice(before.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(item.as_bytes());
    if let Ok(list) = HeaderValue::from_maybe_shared(bytes::Bytes::from(list)) {
        headers.insert(name, list);
    }
}

/// The fields that speak of one connection, whoever sent them. Names are in lower case.
fn belongs_to_connection(name: &str) -> bool {
    matches!(
        name,
        "connection" | "keep-alive" | "te" | "trailer" | "transfer-encoding" | "upgrade"
    ) || name.starts_with("proxy-")
}

/// Whether a field says where a message ends or how its connection goes on: nobody but us writes those.
pub(crate) fn frames(name: &str) -> bool {
    belongs_to_connection(name) || name == "content-length"
}

/// What `Connection` names beyond `close` and `keep-alive`; nearly always nothing.
struct Named(Vec<String>);

impl Named {
    fn by<'a>(connection: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut names = Vec::new();
        for value in connection {
            for name in value.split(|byte| *byte == b',') {
                let name = name.trim_ascii();
                // Where a message goes and where it ends is not the sender's connection's business.
                let kept: [&[u8]; 5] = [b"", b"close", b"keep-alive", b"host", b"content-length"];
                if !kept.iter().any(|kept| name.eq_ignore_ascii_case(kept)) {
                    names.push(String::from_utf8_lossy(name).to_ascii_lowercase());
                }
            }
        }
        Self(names)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|named| named == name)
    }
}
