//! What can be said of an upstream.
//!
//! | file | subject |
//! |---|---|
//! | `addr` | the address of an endpoint |
//! | `balance` | which endpoint a call goes to, and how one that joins is brought to its share |
//! | `discovery` | where its endpoints come from, where they are not listed |
//! | `hedge` | when another attempt is made while one is waited for |
//! | `mirror` | which requests are copied to another upstream |
//! | `retry` | when a request is sent again |
//! | `outlier` | when an endpoint is left out because it is worse than its siblings |
//! | `health` | how endpoints are asked whether they are well |

mod addr;
mod balance;
mod discovery;
mod health;
mod hedge;
mod mirror;
mod outlier;
mod retry;

use std::collections::HashMap;
use std::time::Duration;

use crate::check::{self, Violation};
use crate::{BreakerPolicy, KeyLimits, PoolPolicy, Scope};

pub use addr::{EndpointAddr, InvalidEndpointAddr};
pub use balance::{Balance, HashKey, Hashing, InvalidHashKey, SlowStart};
pub use discovery::{Discovery, DnsDiscovery, DnsRecords, RegistryDiscovery};
pub use health::{HealthCheck, HealthCheckKind};
pub use hedge::{HedgeAfter, HedgePolicy};
pub use mirror::MirrorPolicy;
pub use outlier::{Consecutive, FailurePercentage, LatencyFactor, OutlierPolicy, SuccessRate};
pub use retry::{RetryBackoff, RetryBudget, RetryCause, RetryPolicy};

/// A named service that can be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Its endpoints, without duplicates; at least one, unless they are discovered.
    pub endpoints: Vec<EndpointAddr>,
    /// Where its endpoints come from (`discovery`), in place of a list. Default: they are listed.
    pub discovery: Option<Discovery>,
    /// How much of the calls each gets beside the others, 1 to [`MOST_WEIGHT`](Self::MOST_WEIGHT), where that is not 1
    /// (`endpoints[].weight`).
    pub weights: HashMap<EndpointAddr, u32>,
    /// When each gets calls, where that is not 0: the lowest number first, the next where nobody of a better one is available
    /// (`endpoints[].priority`).
    pub priorities: HashMap<EndpointAddr, u16>,
    /// Which endpoint a call goes to (`balance`). Default: by times of answer and calls under way.
    pub balance: Balance,
    /// How an endpoint that joins is brought to its share (`slowStart`). Default: it has it at once.
    pub slow_start: Option<SlowStart>,
    /// Limit for the whole call (`timeout`). Default 15 s.
    pub timeout: Duration,
    /// Limit for opening a connection (`connectTimeout`). Default 1 s.
    pub connect_timeout: Duration,
    /// Whether the gateway is not ready before an endpoint of it was reached (`required`). Default: it is not.
    pub required: bool,
    /// When a request is sent again (`retry`).
    pub retry: RetryPolicy,
    /// When another attempt is made while one is still waited for (`hedge`). Default: never.
    pub hedge: Option<HedgePolicy>,
    /// Which requests are copied to another upstream (`mirror`). Default: none.
    pub mirror: Option<MirrorPolicy>,
    /// What there is one breaker for (`breaker.per`). Default: each endpoint.
    pub per: Scope,
    /// How many routes or tenants may have one, where there is one for each (`breaker.maxKeys`, `breaker.idleFor`).
    pub keys: KeyLimits,
    /// The rules and times of the breakers.
    pub breaker: BreakerPolicy,
    /// How many attempts may be under way, how long connections are kept, and what is promised of them (`pool`).
    pub pool: PoolPolicy,
    /// When an endpoint is left out because it is worse than its siblings (`outlier`).
    pub outlier: OutlierPolicy,
    /// How its endpoints are asked whether they are well (`healthChecks`). Default: they are not.
    pub health_checks: Vec<HealthCheck>,
}

impl Upstream {
    /// One with these endpoints, and otherwise the defaults.
    pub fn new(name: impl Into<String>, endpoints: Vec<EndpointAddr>) -> Self {
        Self {
            name: name.into(),
            endpoints,
            discovery: None,
            weights: HashMap::new(),
            priorities: HashMap::new(),
            balance: Balance::default(),
            slow_start: None,
            timeout: Self::TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            required: true,
            retry: RetryPolicy::default(),
            hedge: None,
            mirror: None,
            per: Scope::default(),
            keys: KeyLimits::default(),
            breaker: BreakerPolicy::default(),
            pool: PoolPolicy::default(),
            outlier: OutlierPolicy::default(),
            health_checks: Vec::new(),
        }
    }

    /// One whose endpoints are discovered, and otherwise the defaults.
    pub fn discovered(name: impl Into<String>, discovery: Discovery) -> Self {
        Self {
            discovery: Some(discovery),
            ..Self::new(name, Vec::new())
        }
    }

    /// The weight of an endpoint: 1 where nothing is said of it.
    pub fn weight(&self, addr: &EndpointAddr) -> u32 {
        self.weights.get(addr).copied().unwrap_or(1)
    }

    /// The priority of an endpoint: 0 where nothing is said of it.
    pub fn priority(&self, addr: &EndpointAddr) -> u16 {
        self.priorities.get(addr).copied().unwrap_or(0)
    }

    /// Checks its name, endpoints, balancing, times, retries, breaker, pool, outliers and health checks.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::upstream(self)
    }

    /// The greatest weight of an endpoint.
    pub const MOST_WEIGHT: u32 = 1_000;
    /// Default of [`Upstream::timeout`].
    pub const TIMEOUT: Duration = Duration::from_secs(15);
    /// Default of [`Upstream::connect_timeout`].
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
}
