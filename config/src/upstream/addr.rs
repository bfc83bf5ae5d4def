//! The address of an endpoint.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Host and port of an endpoint: `127.0.0.1:9001`, `[::1]:9001`, `payments.internal:9001`.
///
/// ```
/// use hedgerow_config::EndpointAddr;
///
/// let addr: EndpointAddr = "payments.internal:9001".parse()?;
/// assert_eq!((addr.host(), addr.port()), ("payments.internal", 9001));
/// assert!("payments.internal".parse::<EndpointAddr>().is_err());
/// # Ok::<(), hedgerow_config::InvalidEndpointAddr>(())
/// ```
///
/// A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointAddr {
    text: Arc<str>,
    host: (usize, usize),
    port: u16,
}

impl EndpointAddr {
    /// Host name or address, without brackets.
    pub fn host(&self) -> &str {
        let (begin, end) = self.host;
        &self.text[begin..end]
    }

    /// The port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for EndpointAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text is not `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an endpoint address: write host:port, as in 127.0.0.1:9001 (port 1 to 65535)")]
pub struct InvalidEndpointAddr {
    text: String,
}

impl FromStr for EndpointAddr {
    type Err = InvalidEndpointAddr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidEndpointAddr {
            text: text.to_owned(),
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        // The parser of numbers alone would accept a sign.
        let all_digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port
            .parse::<u16>()
            .ok()
            .filter(|port| *port != 0 && all_digits)
            .ok_or_else(invalid)?;
        let (bracketed, host) = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) => (true, inner),
            None => (false, host),
        };
        let legal = if bracketed {
            host.parse::<std::net::Ipv6Addr>().is_ok()
        } else {
            is_host(host)
        };
        if !legal {
            return Err(invalid());
        }
        let begin = usize::from(bracketed);
        Ok(Self {
            text: text.into(),
            host: (begin, begin + host.len()),
            port,
        })
    }
}

/// A name of RFC 1123, underscores allowed; what consists of numbers and dots must be an address.
fn is_host(host: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = host.len() <= 253
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(legal));
    let is_numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_name && (!is_numeric || host.parse::<std::net::Ipv4Addr>().is_ok())
}
