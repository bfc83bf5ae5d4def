//! Where the endpoints of an upstream come from, where they are not listed.

use std::net::SocketAddr;
use std::time::Duration;

/// Who says which endpoints an upstream has (`discovery`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// The domain name system (`discovery.dns`).
    Dns(DnsDiscovery),
    /// Those who register themselves (`discovery: registry`).
    Registry(RegistryDiscovery),
}

impl Discovery {
    /// What it is called where it is shown.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Registry(_) => "registry",
        }
    }
}

/// Endpoints by the records of a name.
///
/// ```
/// use hedgerow_config::{DnsDiscovery, DnsRecords};
///
/// let dns = DnsDiscovery::new("payments.internal", DnsRecords::Addresses { port: 8080 });
/// assert_eq!(dns.empty_answers, 2);
/// assert_eq!(dns.max_stale, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsDiscovery {
    /// The name that is looked up (`name`): one of RFC 1123, underscores allowed. With a dot at its end it is complete; else
    /// the system's search domains are tried, where the system's resolver is asked.
    pub name: String,
    /// Which records of it are meant (`port`, or `srv: true`).
    pub records: DnsRecords,
    /// The longest time between two look-ups (`every`), whatever the time to live of the answer; also the longest pause after one
    /// that failed. Default 30 s.
    pub every: Duration,
    /// The shortest time between two look-ups (`minTtl`), where the answer lives shorter or not at all. Default 1 s.
    pub min_ttl: Duration,
    /// How long endpoints stay that no answer confirms (`maxStale`), or for ever. Default: for ever. A resolver that is
    /// down says nothing about the endpoints.
    pub max_stale: Option<Duration>,
    /// Answers without an endpoint, in a row, until one is believed (`emptyAnswers`), at least 1. Default 2.
    pub empty_answers: u32,
    /// The server that is asked (`resolver`), as `127.0.0.1:5353`. Default: those of the system's `resolv.conf`.
    pub resolver: Option<SocketAddr>,
}

/// Which records of a name are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsRecords {
    /// A and AAAA: the addresses of the endpoints, which all have this port.
    Addresses {
        /// The port, never 0.
        port: u16,
    },
    /// SRV (RFC 2782): names, ports, priorities and weights of the endpoints.
    Services,
}

impl DnsDiscovery {
    /// By these records of this name, and otherwise the defaults.
    pub fn new(name: impl Into<String>, records: DnsRecords) -> Self {
        Self {
            name: name.into(),
            records,
            every: Self::EVERY,
            min_ttl: Self::MIN_TTL,
            max_stale: None,
            empty_answers: Self::EMPTY_ANSWERS,
            resolver: None,
        }
    }

    /// Default of [`every`](Self::every).
    pub const EVERY: Duration = Duration::from_secs(30);
    /// Default of [`min_ttl`](Self::min_ttl).
    pub const MIN_TTL: Duration = Duration::from_secs(1);
    /// Default of [`empty_answers`](Self::empty_answers).
    pub const EMPTY_ANSWERS: u32 = 2;
    /// The most of [`empty_answers`](Self::empty_answers).
    pub const MOST_EMPTY_ANSWERS: u32 = 1_000;
}

/// Endpoints that register themselves over the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryDiscovery {
    /// The service that they register for (`service`). Default: the name of the upstream.
    pub service: String,
}
