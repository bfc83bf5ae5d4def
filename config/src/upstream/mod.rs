//! What can be said of an upstream.
//!
//! | file | subject |
//! |---|---|
//! | `addr` | the address of an endpoint |
//! | `discovery` | where its endpoints come from, where they are not listed |
//! | `retry` | when a request is sent again |

mod addr;
mod discovery;
mod retry;

use std::time::Duration;

use crate::check::{self, Violation};
use crate::{BreakerPolicy, KeyLimits, Scope};

pub use addr::{EndpointAddr, InvalidEndpointAddr};
pub use discovery::{Discovery, DnsDiscovery, DnsRecords, RegistryDiscovery};
pub use retry::RetryPolicy;

/// A named service that can be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Its endpoints, without duplicates; at least one, unless they are discovered.
    pub endpoints: Vec<EndpointAddr>,
    /// Where its endpoints come from (`discovery`), in place of a list. Default: they are listed.
    pub discovery: Option<Discovery>,
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
            discovery: None,
            timeout: Self::TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            retry: RetryPolicy::default(),
            per: Scope::default(),
            keys: KeyLimits::default(),
            breaker: BreakerPolicy::default(),
        }
    }

    /// One whose endpoints are discovered, and otherwise the defaults.
    pub fn discovered(name: impl Into<String>, discovery: Discovery) -> Self {
        Self {
            discovery: Some(discovery),
            ..Self::new(name, Vec::new())
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
