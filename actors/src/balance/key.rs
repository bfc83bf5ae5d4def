//! What calls have in common that go to the same endpoint.

use std::net::IpAddr;

use hedgerow_config::HashKey;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName};

use super::hash;
use crate::cookie::cookie;

/// Where a request has what it is led by.
#[derive(Debug)]
pub(crate) enum Key {
    Header(HeaderName),
    Cookie(Box<[u8]>),
    Address,
    Path,
}

impl Key {
    /// `None` for what no request can have: a config with it is refused.
    pub(crate) fn new(key: &HashKey) -> Option<Self> {
        Some(match key {
            HashKey::Header(name) => Self::Header(name.parse().ok()?),
            HashKey::Cookie(name) => Self::Cookie(name.as_bytes().into()),
            HashKey::Address => Self::Address,
            HashKey::Path => Self::Path,
        })
    }

    /// What follows from what a request has of it; `None` where it has nothing.
    pub(crate) fn of(&self, headers: &HeaderMap, peer: Option<IpAddr>, path: &str) -> Option<u64> {
        let hashed = |value: &[u8]| (!value.is_empty()).then(|| hash(value.iter().copied()));
        match self {
            Self::Header(name) => hashed(headers.get(name)?.as_bytes()),
            Self::Cookie(name) => hashed(cookie(headers.get(COOKIE)?.as_bytes(), name)?),
            Self::Address => Some(match peer?.to_canonical() {
                IpAddr::V4(address) => hash(address.octets()),
                IpAddr::V6(address) => hash(address.octets()),
            }),
            Self::Path => hashed(path.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_request_is_led_by_what_it_has_and_by_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.insert("x-user", "ada".parse().unwrap());
        headers.insert("x-empty", "".parse().unwrap());
        headers.insert(COOKIE, "a=1; sid=ada".parse().unwrap());
        let peer: IpAddr = "10.0.0.7".parse().unwrap();
        let of = |text: &str| {
            Key::new(&text.parse().unwrap())
                .unwrap()
                .of(&headers, Some(peer), "/ada")
        };
        let ada = Some(hash(*b"ada"));
        assert_eq!(of("header:X-User"), ada);
        assert_eq!(of("cookie:sid"), ada);
        assert_eq!(of("path"), Some(hash(*b"/ada")));
        assert_eq!(of("address"), Some(hash([10, 0, 0, 7])));
        for absent in ["header:x-none", "header:x-empty", "cookie:none"] {
            assert_eq!(of(absent), None, "{absent}");
        }
        let mapped: IpAddr = "::ffff:10.0.0.7".parse().unwrap();
        assert_eq!(Key::Address.of(&headers, Some(mapped), "/"), of("address"));
        assert_eq!(Key::Address.of(&headers, None, "/"), None);
    }
}
