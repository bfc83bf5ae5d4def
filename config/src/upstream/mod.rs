//! What can be said of an upstream.
//!
//! | file | subject |
//! |---|---|
//! | `addr` | the address of an endpoint |
//! | `retry` | when a request is sent again |
//! | `outlier` | when an endpoint is left out because it is worse than its siblings |
//! | `health` | how endpoints are asked whether they are well |

mod addr;
mod health;
mod outlier;
mod retry;

use std::time::Duration;

use crate::check::{self, Violation};
use crate::{BreakerPolicy, KeyLimits, Scope};

pub use addr::{EndpointAddr, InvalidEndpointAddr};
pub use health::{HealthCheck, HealthCheckKind};
pub use outlier::{Consecutive, FailurePercentage, LatencyFactor, OutlierPolicy, SuccessRate};
pub use retry::RetryPolicy;

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
            timeout: Self::TIMEOUT,
            connect_timeout: Self::CONNECT_TIMEOUT,
            retry: RetryPolicy::default(),
            per: Scope::default(),
            keys: KeyLimits::default(),
            breaker: BreakerPolicy::default(),
            outlier: OutlierPolicy::default(),
            health_checks: Vec::new(),
        }
    }

    /// Checks its name, endpoints, times, retries, breaker, outliers and health checks.
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
