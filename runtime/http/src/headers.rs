//! Which fields are passed on, and which are added.

use std::net::SocketAddr;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const US: &str = "1.1 hedgerow";
const VIA_US: HeaderValue = HeaderValue::from_static(US);

/// The fields that speak of one connection, whoever sent them, and how long a body is: the server behind and the wire
/// write that as they know it.
const OF_CONNECTION: [HeaderName; 11] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-authentication-info"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

/// Makes a client's fields those to send to an endpoint: what came, less what belongs to the connection that it came by,
/// plus who passed it on.
pub(crate) fn to_endpoint(headers: &mut HeaderMap, peer: SocketAddr, id: &HeaderValue) {
    let is_empty = headers.get(header::CONTENT_LENGTH).is_some_and(says_zero);
    strip(headers);
    if is_empty {
        // No length is not the same for every method (RFC 9110, section 8.6).
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    }
    // The server has already told the client to continue.
    headers.remove(header::EXPECT);
    let peer = peer.ip().to_canonical().to_string();
    append_to_list(headers, FORWARDED_FOR, &peer);
    headers.insert(FORWARDED_PROTO, HTTP);
    if headers.contains_key(header::VIA) {
        append_to_list(headers, header::VIA, US);
    } else {
        headers.insert(header::VIA, VIA_US);
    }
    headers.insert(REQUEST_ID, id.clone());
}

/// Makes an endpoint's fields those to send to a client.
pub(crate) fn to_client(headers: &mut HeaderMap) {
    strip(headers);
    // What this gateway says of itself is not for an endpoint to say.
    headers.remove("x-hedgerow-refused");
    headers.remove("x-hedgerow-revision");
}

fn strip(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        remove_named(headers);
    }
    for name in &OF_CONNECTION {
        headers.remove(name);
    }
}

fn says_zero(length: &HeaderValue) -> bool {
    length.as_bytes().iter().all(|digit| *digit == b'0')
}

/// Removes what `Connection` names, beyond `close` and `keep-alive`.
#[cold]
fn remove_named(headers: &mut HeaderMap) {
    let mut names = Vec::new();
    for value in headers.get_all(header::CONNECTION) {
        for option in value.as_bytes().split(|byte| *byte == b',') {
            // Where a message goes is not the sender's connection's business.
            if let Ok(name) = HeaderName::from_bytes(option.trim_ascii())
                && name != header::HOST
            {
                names.push(name);
            }
        }
    }
    for name in names {
        headers.remove(name);
    }
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
