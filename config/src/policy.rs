//! The numbers a breaker goes by.

use std::time::Duration;

use crate::check::{self, Violation};

/// The rules and times of a breaker.
///
/// Four rules can trip it, joined by [`trip_when`](Self::trip_when). A rule that is `None` is off; with all of them off
/// the breaker never trips by itself.
///
/// ```
/// use hedgerow_config::BreakerPolicy;
///
/// let policy = BreakerPolicy { failure_rate: None, ..BreakerPolicy::default() };
/// assert_eq!(policy.consecutive_failures, Some(7));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerPolicy {
    /// What the two rates are taken of (`window`). Default: the calls of the last 10 s.
    pub window: WindowLength,
    /// How the rules that are on are joined (`tripWhen`). Default: any.
    pub trip_when: TripWhen,
    /// Share of failed calls in the window, above 0 and at most 1, that trips (`failureRate`). Default 0.5.
    pub failure_rate: Option<f64>,
    /// Which calls are slow, and the share of them that trips (`slowCall`). Default off.
    pub slow_call: Option<SlowCall>,
    /// Failures in a row that trip, at least 1 (`consecutiveFailures`). Default 7.
    pub consecutive_failures: Option<u32>,
    /// Time-outs in a row that trip, at least 1 (`consecutiveTimeouts`). A time-out is a failure too; a failure that is
    /// none ends the row. Default 5.
    pub consecutive_timeouts: Option<u32>,
    /// Calls the window must hold before the two rates count, at least 1 (`minCalls`). Default 20. A window of fewer calls
    /// counts once it is full.
    pub min_calls: u32,
    /// How long it stays open (`openFor`).
    pub open_for: OpenFor,
    /// How it finds out whether to close (`halfOpen`).
    pub half_open: HalfOpen,
}

impl BreakerPolicy {
    /// The default with every rule off: it never trips by itself.
    pub fn off() -> Self {
        Self {
            failure_rate: None,
            slow_call: None,
            consecutive_failures: None,
            consecutive_timeouts: None,
            ..Self::default()
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// Every rule that they break, each with its key below `breaker`.
    ///
    /// ```
    /// use hedgerow_config::BreakerPolicy;
    ///
    /// let policy = BreakerPolicy { failure_rate: Some(1.5), min_calls: 0, ..BreakerPolicy::default() };
    /// let violations = policy.check().unwrap_err();
    /// assert_eq!(violations[0].key.to_string(), "failureRate");
    /// assert_eq!(violations[1].to_string(), "minCalls: expected at least 1, found 0");
    /// ```
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::breaker(self)
    }
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            window: WindowLength::default(),
            trip_when: TripWhen::Any,
            failure_rate: Some(0.5),
            slow_call: None,
            consecutive_failures: Some(7),
            consecutive_timeouts: Some(5),
            min_calls: 20,
            open_for: OpenFor::default(),
            half_open: HalfOpen::default(),
        }
    }
}

/// What there is one breaker of an upstream for (`per`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Each endpoint. A call goes to one whose breaker lets it through.
    #[default]
    Endpoint,
    /// The upstream as a whole.
    Upstream,
    /// Each rule of a route that leads to it.
    Route,
    /// Each tenant of the listener (`listeners[].tenant`).
    Tenant,
}

impl Scope {
    /// Its name, as in config and ids.
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Upstream => "upstream",
            Self::Route => "route",
            Self::Tenant => "tenant",
        }
    }
}

/// How many keys may have a breaker of their own, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// Keys at once, at least 1 (`maxKeys`). Calls of further ones share one breaker. Default 10,000.
    pub max_keys: u32,
    /// A key without a call for so long, at least, is dropped once its breaker is closed (`idleFor`). Default 10 min.
    pub idle_for: Duration,
}

impl KeyLimits {
    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// Every rule that they break, each with its key below `breaker`.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::keys(*self)
    }
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self {
            max_keys: 10_000,
            idle_for: Duration::from_secs(600),
        }
    }
}

/// What the two rates of a breaker are taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowLength {
    /// The calls that ended in the last stretch of time, exact to a twentieth of it (`window.time`).
    Time(Duration),
    /// Exactly the last so many calls, 1 to [`MOST_CALLS`](Self::MOST_CALLS) (`window.calls`). Their order is one for all
    /// threads, which costs each call an atomic read-modify-write on a shared line.
    Calls(u32),
}

impl WindowLength {
    /// The longest window of calls. Rates over more than these are what a window of time is for.
    pub const MOST_CALLS: u32 = 1_000;
}

impl Default for WindowLength {
    fn default() -> Self {
        Self::Time(Duration::from_secs(10))
    }
}

/// How the rules of a breaker are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TripWhen {
    /// The first rule that is crossed trips.
    #[default]
    Any,
    /// All rules that are on must be crossed at the same time.
    All,
}

/// The slow-call rule. A call that succeeds can be slow as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowCall {
    /// A call that takes longer than this is slow. Default 5 s.
    pub over: Duration,
    /// Share of slow calls in the window, above 0 and at most 1, that trips. Default 0.9.
    pub rate: f64,
}

impl Default for SlowCall {
    fn default() -> Self {
        Self {
            over: Duration::from_secs(5),
            rate: 0.9,
        }
    }
}

/// How long a breaker stays open: `initial`, doubled each time it opens again before it has stayed closed for `max`, up
/// to `max`; each time shortened by a random part of up to `jitter`. A callee that asks for more time (`Retry-After`) is
/// given it, up to `max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenFor {
    /// The first time. Default 1 s.
    pub initial: Duration,
    /// The longest. Default 60 s.
    pub max: Duration,
    /// The share of each time that is random, 0 to 1. Default 0.5.
    pub jitter: f64,
}

impl OpenFor {
    /// Always exactly `time`: no growth, no jitter.
    pub fn fixed(time: Duration) -> Self {
        Self {
            initial: time,
            max: time,
            jitter: 0.0,
        }
    }
}

impl Default for OpenFor {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(60),
            jitter: 0.5,
        }
    }
}

/// How a half-open breaker probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfOpen {
    /// Probes that may be under way at once, at least 1. Default 3.
    pub permits: u32,
    /// Time from one probe to the next; 0 is no pace: each probe that ends makes room for another at once. Default 0.
    pub every: Duration,
    /// A probe that takes longer than this has failed. Default 1.5 s.
    pub timeout: Duration,
    /// Successful probes that close it, at least 1; one failure opens it again. Default 2.
    pub successes: u32,
    /// How long it waits for probes that are under way: it opens again where one of them has not ended by then. Default
    /// 30 s.
    pub max_stay: Duration,
}

impl Default for HalfOpen {
    fn default() -> Self {
        Self {
            permits: 3,
            every: Duration::ZERO,
            timeout: Duration::from_millis(1_500),
            successes: 2,
            max_stay: Duration::from_secs(30),
        }
    }
}
