//! Under which names the listener is reached, and which origin is its own.

use std::net::IpAddr;

use actix_web::http::Uri;
use actix_web::http::uri::Authority;

/// The hosts that requests may name, beside loopback.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guests {
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) names: Vec<String>,
}

impl Guests {
    /// Whether a request may come under this authority. A name that is rebound to our address is no name of ours; an
    /// address cannot be rebound, so where we are bound to all of them, every one is ours.
    pub(crate) fn know(&self, authority: &Authority) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host();
        match address(host) {
            Some(ip) => {
                ip.is_loopback()
                    || self
                        .addresses
                        .iter()
                        .any(|bound| *bound == ip || bound.is_unspecified())
            }
            None => {
                host.eq_ignore_ascii_case("localhost")
                    || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }
}

/// Reads `127.0.0.1` or `[::1]`.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// Whether a page of this `Origin` was served under this authority: the same host and port.
pub(crate) fn same_origin(origin: &str, authority: &Authority) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else {
        return false;
    };
    let default_port = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    origin.authority().is_some_and(|from| {
        from.host().eq_ignore_ascii_case(authority.host())
            && from.port_u16().unwrap_or(default_port) == authority.port_u16().unwrap_or(default_port)
    })
}
