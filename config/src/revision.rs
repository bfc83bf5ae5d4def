//! A document that passed validation, resolved and numbered.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::check::{self, Violation};
use crate::{
    BreakerPolicy, KeyLimits, ListenerLimits, Network, Node, PanicBudget, RequestQuarantine, RetryPolicy,
    Scope,
};

/// A validated configuration. What it names exists: every chain that a listener serves and every upstream that a
/// route leads to is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Grows by one with every revision; the first is 1.
    pub number: u64,
    /// Where requests come in, in document order.
    pub listeners: Vec<Listener>,
    /// The chains, in document order; names are unique.
    pub chains: Vec<Chain>,
    /// The upstreams, in document order; names are unique.
    pub upstreams: Vec<Upstream>,
}

impl Revision {
    /// Checks what it says and that what it names exists.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::revision(self)
    }
}

/// An address that requests come in by, and the chain that they walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// The address to listen on.
    pub bind: SocketAddr,
    /// The name of the chain.
    pub chain: String,
    /// The header that says whose request it is (`tenant: "header:x-tenant"`), in lower case. Default: nobody says. Where there
    /// are trusted hops, they alone may say it.
    pub tenant: Option<String>,
    /// What it takes from its clients.
    pub limits: ListenerLimits,
    /// Who is believed what it says of the clients before it (`trustedHops`). Default: nobody.
    pub trusted_hops: Vec<Network>,
}

/// A named, ordered list of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Its nodes, in the order that a request meets them.
    pub nodes: Vec<Node>,
    /// The panic budget of the nodes that a document gives none of their own (`panicBudget`). Each node holds the one that
    /// it goes by.
    pub panic_budget: Option<PanicBudget>,
    /// Which requests are refused because those like them keep crashing a node (`quarantine`). Default: none.
    pub quarantine: Option<RequestQuarantine>,
}

impl Chain {
    /// One with these nodes, and otherwise the defaults.
    pub fn new(name: impl Into<String>, nodes: Vec<Node>) -> Self {
        Self {
            name: name.into(),
            nodes,
            panic_budget: Some(PanicBudget::default()),
            quarantine: None,
        }
    }

    /// Checks its name and its nodes; whether the upstreams exist, and whether every request is answered or led on, is for
    /// [`Revision::check`] to say.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::chain(self)
    }
}

/// A named service that can be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Its endpoints, at least one, without duplicates.
    pub endpoints: Vec<EndpointAddr>,
    /// Limit for the whole call (`timeout`). Default 15 s.
    pub timeout: Duration,
    /// Limit for opening a connection (`connectTimeout`). Default 1 s.
    pub connect_timeout: Duration,
    /// When a request is sent again (`retry`).
    pub retry: RetryPolicy,
    /// What there is one breaker for (`breaker.per`). Default: each endpoint.
    pub per: Scope,
    /// How many routes or tenants may have one, where there is one for each (`breaker.maxKeys`, `breaker.idleFor`).
    pub keys: KeyLimits,
    /// The rules and times of the breakers.
    pub breaker: BreakerPolicy,
}

impl Upstream {
    /// One with these endpoints, and otherwise the defaults.
    pub fn new(name: impl Into<String>, endpoints: Vec<EndpointAddr>) -> Self {
        Self {
            name: name.into(),
            endpoints,
            timeout: Self::TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            retry: RetryPolicy::default(),
            per: Scope::default(),
            keys: KeyLimits::default(),
            breaker: BreakerPolicy::default(),
        }
    }

    /// Checks its name, endpoints, times, retries and breaker.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::upstream(self)
    }

    /// Default of [`Upstream::timeout`].
    pub const TIMEOUT: Duration = Duration::from_secs(15);
    /// Default of [`Upstream::connect_timeout`].
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
}

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointAddr {
    text: String,
    host: String,
    port: u16,
}

impl EndpointAddr {
    /// Host name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
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
        Ok(Self {
            text: text.to_owned(),
            host: host.to_owned(),
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
