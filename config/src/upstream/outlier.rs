//! When an endpoint is left out because it is clearly worse than its siblings.

use std::time::Duration;

use crate::Scope;

/// When an endpoint is left out of the choice for a while, because it is clearly worse than its siblings (`outlier`).
///
/// Four rules can eject it; one that is off says nothing. An upstream with one endpoint ejects none: there is nothing to
/// compare it with.
///
/// ```
/// use hedgerow_config::{OutlierPolicy, Scope, SuccessRate};
///
/// let policy = OutlierPolicy { success_rate: Some(SuccessRate::default()), ..OutlierPolicy::default() };
/// assert_eq!(policy.consecutive.under(Scope::Upstream), Some(5));
/// assert_eq!(policy.consecutive.under(Scope::Endpoint), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierPolicy {
    /// Failures in a row that eject (`consecutive`).
    pub consecutive: Consecutive,
    /// How far the share of successes may lie below that of all endpoints (`successRate`). Default off.
    pub success_rate: Option<SuccessRate>,
    /// Which share of failures ejects, whatever the others do (`failurePercentage`). Default off.
    pub failure_percentage: Option<FailurePercentage>,
    /// How much slower than the others it may be (`latency`). Default off.
    pub latency: Option<LatencyFactor>,
    /// How often the shares and times are looked at, each time as of the calls since the last look (`every`). A streak is
    /// looked at when it is long enough. Default 10 s.
    pub every: Duration,
    /// For how long it is left out the first time (`ejectFor`); so much longer with each further time, and so much less with
    /// each `every` between. Default 30 s.
    pub eject_for: Duration,
    /// The longest (`maxEjectFor`), at least `ejectFor`. Default 300 s; in a document where `ejectFor` is longer, that.
    pub max_eject_for: Duration,
    /// The share of each time that is random, 0 to 1: so much at most is taken off (`jitter`). Default 0.1.
    pub jitter: f64,
    /// The share of the endpoints that may be ejected at once, 0 to 1 (`maxEject`). Default 0.1.
    pub max_eject: f64,
    /// Whether one may be ejected in any case, however few there are (`alwaysEjectOne`). Default true.
    pub always_eject_one: bool,
    /// Where a smaller share of the endpoints than this is neither ejected nor unhealthy, all are given calls, as most of
    /// them cannot be outliers; 0 to 1, 0 is never (`panicBelow`). Default 0.5.
    pub panic_below: f64,
}

impl OutlierPolicy {
    /// The default with every rule off: it ejects nobody.
    pub fn off() -> Self {
        Self {
            consecutive: Consecutive::Off,
            ..Self::default()
        }
    }

    /// Whether a rule is on, where breakers have this scope.
    pub fn is_on(&self, per: Scope) -> bool {
        self.consecutive.under(per).is_some() || self.compares()
    }

    /// Whether a rule is on that compares endpoints, or looks at their shares.
    pub fn compares(&self) -> bool {
        self.success_rate.is_some() || self.failure_percentage.is_some() || self.latency.is_some()
    }
}

impl Default for OutlierPolicy {
    fn default() -> Self {
        Self {
            consecutive: Consecutive::default(),
            success_rate: None,
            failure_percentage: None,
            latency: None,
            every: Duration::from_secs(10),
            eject_for: Duration::from_secs(30),
            max_eject_for: Duration::from_secs(300),
            jitter: 0.1,
            max_eject: 0.1,
            always_eject_one: true,
            panic_below: 0.5,
        }
    }
}

/// How many failures in a row eject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consecutive {
    /// 5; off where each endpoint has a breaker of its own, which sees the same run.
    #[default]
    ByScope,
    /// None.
    Off,
    /// So many, at least 1.
    After(u32),
}

impl Consecutive {
    /// The failures in a row that eject, where breakers have this scope. `None` is off.
    pub fn under(self, per: Scope) -> Option<u32> {
        match (self, per) {
            (Self::Off, _) | (Self::ByScope, Scope::Endpoint) => None,
            (Self::ByScope, _) => Some(5),
            (Self::After(failures), _) => Some(failures),
        }
    }
}

/// Ejects endpoints whose share of successes lies more than `factor` standard deviations below the mean of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuccessRate {
    /// Standard deviations, above 0 (`factor`). Default 1.9.
    pub factor: f64,
    /// Endpoints with enough calls that there must be, at least 2 (`minEndpoints`). Default 5.
    pub min_endpoints: u32,
    /// Calls between two looks that an endpoint must have to be compared, at least 1 (`minCalls`). Default 100.
    pub min_calls: u32,
}

impl Default for SuccessRate {
    fn default() -> Self {
        Self {
            factor: 1.9,
            min_endpoints: 5,
            min_calls: 100,
        }
    }
}

/// Ejects endpoints of whose calls too large a share failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailurePercentage {
    /// The share that ejects, above 0 and at most 1 (`threshold`). Default 0.85.
    pub threshold: f64,
    /// As of [`SuccessRate::min_endpoints`]. Default 5.
    pub min_endpoints: u32,
    /// As of [`SuccessRate::min_calls`]. Default 50.
    pub min_calls: u32,
}

impl Default for FailurePercentage {
    fn default() -> Self {
        Self {
            threshold: 0.85,
            min_endpoints: 5,
            min_calls: 50,
        }
    }
}

/// Ejects endpoints that are slower than their siblings: whose quantile of latency is more than `factor` times the median of
/// the others'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyFactor {
    /// How often the median, above 1 (`factor`). Default 3.
    pub factor: f64,
    /// Which quantile of an endpoint's times is compared, above 0 and at most 1 (`quantile`). Default 0.95.
    pub quantile: f64,
    /// One that is no slower than this is no outlier, however fast the others are (`over`). Default 100 ms.
    pub over: Duration,
    /// As of [`SuccessRate::min_endpoints`]. Default 3.
    pub min_endpoints: u32,
    /// As of [`SuccessRate::min_calls`]. Default 100.
    pub min_calls: u32,
}

impl Default for LatencyFactor {
    fn default() -> Self {
        Self {
            factor: 3.0,
            quantile: 0.95,
            over: Duration::from_millis(100),
            min_endpoints: 3,
            min_calls: 100,
        }
    }
}
