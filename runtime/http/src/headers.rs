//! Which fields are passed on, and which are added.

use std::net::{IpAddr, SocketAddr};

use http::Version;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::request_id::RequestId;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HTTP: HeaderValue = HeaderValue::from_static("http");
const US: &str = "1.1 hedgerow";
const VIA_US: HeaderValue = HeaderValue::from_static(US);

/// The fields that speak of one connection, whoever sent them, and how long a body is: the server behind and the wire
/// write that as they know it. `Trailer` is one where no trailers can follow.
static OF_CONNECTION: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-authentication-info"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

/// Whether a field says where a message ends or how its connection goes on: nobody but us writes those.
pub(crate) fn frames(name: &HeaderName) -> bool {
    OF_CONNECTION.contains(name) || *name == header::TRAILER
}

/// Fields that are added to a request at most.
const ADDED: usize = 6;

/// A client, with its address as it is told to endpoints: written once for all requests of its connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) addr: SocketAddr,
    field: HeaderValue,
}

impl Peer {
    pub(crate) fn at(addr: SocketAddr) -> Self {
        let text = addr.ip().to_canonical().to_string();
        Self {
            addr,
            field: HeaderValue::try_from(text).expect("an address is visible ASCII"),
        }
    }

    fn address(&self) -> IpAddr {
        self.addr.ip().to_canonical()
    }
}

/// Whether trailers may follow a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trailers {
    MayFollow,
    Cannot,
}

/// Whether the one who sent a request is believed what it says of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    Trusted,
    Stranger,
}

/// Takes away what a client says of its own connection, and of those before it where that is not its to say. Before the
/// nodes of a chain: what they write, the client can neither take away nor pass for its own.
pub(crate) fn from_client(headers: &mut HeaderMap, hop: Hop) {
    if headers.contains_key(header::CONNECTION) {
        remove_named(headers);
    }
    remove_claims(headers, hop);
}

/// Sends a request to another host. Its endpoint is still told whom it came for.
pub(crate) fn readdress(headers: &mut HeaderMap, host: HeaderValue) {
    if let Some(came_for) = headers.insert(header::HOST, host) {
        headers.entry(FORWARDED_HOST).or_insert(came_for);
    }
}

/// Makes the fields of a request that has passed the nodes those to send to an endpoint: less what frames it, plus who passed
/// it on.
pub(crate) fn to_endpoint(headers: &mut HeaderMap, peer: &Peer, id: &RequestId, trailers: Trailers) {
    headers.reserve(ADDED);
    let is_empty = headers.get(header::CONTENT_LENGTH).is_some_and(says_zero);
    strip(headers, trailers);
    if is_empty {
        // No length is not the same for every method (RFC 9110, section 8.6).
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    }
    // The server has already told the client to continue.
    headers.remove(header::EXPECT);
    forward(headers, peer);
    if headers.contains_key(header::VIA) {
        append_to_list(headers, header::VIA, US);
    } else {
        headers.insert(header::VIA, VIA_US);
    }
    id.write(headers);
}

/// Makes an endpoint's fields those to send to a client.
pub(crate) fn to_client(headers: &mut HeaderMap, trailers: Trailers) {
    if headers.contains_key(header::CONNECTION) {
        remove_named(headers);
    }
    strip(headers, trailers);
    // What this gateway says of itself is not for an endpoint to say.
    headers.remove("x-hedgerow-refused");
    headers.remove("x-hedgerow-revision");
}

fn strip(headers: &mut HeaderMap, trailers: Trailers) {
    // Most heads have none, or one.
    while let Some(name) = headers
        .keys()
        .find_map(|name| OF_CONNECTION.iter().find(|of| *of == name))
    {
        headers.remove(name);
    }
    if trailers == Trailers::Cannot {
        headers.remove(header::TRAILER);
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
            // Where a message goes and ends is not the sender's connection's business.
            if let Ok(name) = HeaderName::from_bytes(option.trim_ascii())
                && name != header::HOST
                && !frames(&name)
            {
                names.push(name);
            }
        }
    }
    for name in names {
        headers.remove(name);
    }
}

/// Removes what a stranger says of those before it; and, whoever says it, what is read as such a field where `_` and `-`
/// are one.
fn remove_claims(headers: &mut HeaderMap, hop: Hop) {
    let is_claim = |name: &&HeaderName| {
        let name = name.as_str();
        if name.contains('_') {
            claims(&name.replace('_', "-"))
        } else {
            hop == Hop::Stranger && claims(name)
        }
    };
    let found: Vec<HeaderName> = headers.keys().filter(is_claim).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// Whether a field of this name says who the client is, by what it came, or whom it asked.
fn claims(name: &str) -> bool {
    name == "forwarded" || name == "x-real-ip" || name.starts_with("x-forwarded-")
}

/// Says for whom, by what and to whom the request was sent to us.
fn forward(headers: &mut HeaderMap, peer: &Peer) {
    if headers.contains_key(FORWARDED_FOR) {
        append_to_list(headers, FORWARDED_FOR, &peer.address().to_string());
    } else {
        headers.insert(FORWARDED_FOR, peer.field.clone());
    }
    headers.entry(FORWARDED_PROTO).or_insert(HTTP);
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    // Only who believes it goes on with it; nobody needs it twice.
    if headers.contains_key(header::FORWARDED) {
        let element = match peer.address() {
            IpAddr::V4(peer) => format!("for={peer};proto=http"),
            IpAddr::V6(peer) => format!("for=\"[{peer}]\";proto=http"),
        };
        append_to_list(headers, header::FORWARDED, &element);
    }
}

/// A version of HTTP as the conventions of OpenTelemetry write it.
pub(crate) fn protocol_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use hedgerow_config::FRAMING_HEADERS;

    use super::*;

    #[test]
    fn no_config_may_name_exactly_the_fields_that_nobody_but_us_writes() {
        let ours = OF_CONNECTION.iter().chain([&header::TRAILER]);
        let ours: BTreeSet<&str> = ours.map(HeaderName::as_str).collect();
        assert_eq!(ours, BTreeSet::from(FRAMING_HEADERS));
    }
}
