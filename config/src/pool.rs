//! What a pool keeps and promises.

use std::time::Duration;

use crate::check::{self, Violation};

/// The limits and the contract of a pool (`pool`): of the connections of an upstream, or of resources of your own.
///
/// ```
/// use hedgerow_config::PoolPolicy;
///
/// let policy = PoolPolicy { max_leases: 8, ..PoolPolicy::default() };
/// assert_eq!(policy.check(), Ok(()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PoolPolicy {
    /// Leases that may be out at once, over all threads, 1 to [`MOST_LEASES`](Self::MOST_LEASES) (`maxLeases`). For an upstream:
    /// attempts under way, over all its endpoints. Default 200.
    pub max_leases: u32,
    /// Those that may wait for one (`maxWaiting`), 0 to [`MOST_LEASES`](Self::MOST_LEASES); further ones are refused at once.
    /// Default 1,024, as Envoy's `max_pending_requests`.
    pub max_waiting: u32,
    /// How long one waits, at most; the deadline of what it is for counts as well (`maxWait`). Default 5 s.
    pub max_wait: Duration,
    /// How many may go past the one who waits longest, before a lease is handed to it (`barging`), 0 to
    /// [`MOST_BARGING`](Self::MOST_BARGING). Default 0: first come, first served.
    pub barging: u32,
    /// How long what is idle is kept at least; it is closed soon afterwards (`minKeepAlive`). Default 30 s.
    pub min_keep_alive: Duration,
    /// How long it may live; each one's time is shortened by a random part of up to a tenth, so that they do not all end
    /// together. What is leased then is closed when it comes back (`maxLife`). Default 5 min; `None` is for ever.
    pub max_life: Option<Duration>,
    /// A lease that is out for longer is reported as a leak, with who took it and where (`longestLease`). Default 5 min;
    /// `None` is never.
    pub longest_lease: Option<Duration>,
    /// What is promised of the leases, and measured (`slo`).
    pub slo: Slo,
}

impl PoolPolicy {
    /// The most leases, and the most who may wait.
    pub const MOST_LEASES: u32 = 1_000_000;

    /// The most who may go past one.
    pub const MOST_BARGING: u32 = 1_000;

    /// Checks the numbers.
    ///
    /// # Errors
    /// Every rule that they break, each with its key below `pool`.
    ///
    /// ```
    /// use hedgerow_config::PoolPolicy;
    ///
    /// let policy = PoolPolicy { max_leases: 0, ..PoolPolicy::default() };
    /// let violations = policy.check().unwrap_err();
    /// assert_eq!(violations[0].to_string(), "maxLeases: expected at least 1, found 0");
    /// ```
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::pool(self)
    }
}

impl Default for PoolPolicy {
    fn default() -> Self {
        Self {
            max_leases: 200,
            max_waiting: 1_024,
            max_wait: Duration::from_secs(5),
            barging: 0,
            min_keep_alive: Duration::from_secs(30),
            max_life: Some(Duration::from_secs(300)),
            longest_lease: Some(Duration::from_secs(300)),
            slo: Slo::default(),
        }
    }
}

/// What a pool promises of its leases. A rule that is `None` is no promise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slo {
    /// Of a hundred leases 95 take no longer than this, from when they are asked for until they have brought what they were
    /// for (`p95Latency`). Default off.
    pub p95_latency: Option<Duration>,
    /// The share of leases, above 0 and at most 1, that may fail: were not to be had, or brought an error (`errorRate`).
    /// Default off.
    pub error_rate: Option<f64>,
    /// The time that both are measured over, up to now (`window`). Default 60 s.
    pub window: Duration,
}

impl Slo {
    /// Whether there is a promise at all.
    pub fn is_on(&self) -> bool {
        self.p95_latency.is_some() || self.error_rate.is_some()
    }
}

impl Default for Slo {
    fn default() -> Self {
        Self {
            p95_latency: None,
            error_rate: None,
            window: Duration::from_secs(60),
        }
    }
}

/// The contract of one pool, as a document of its own says it.
///
/// ```
/// use hedgerow_config::{Format, PoolContract, Source};
///
/// let text = "
/// pool: payments
/// maxLeases: 200
/// minKeepAliveMs: 30000
/// slo: { p95LatencyMs: 120, errorRatePct: 0.5 }
/// ";
/// let source = Source { name: "payments.yaml", format: Format::Yaml, text };
/// let contract = PoolContract::parse(&source, &|_| None)?;
/// assert_eq!((contract.name.as_str(), contract.policy.max_leases), ("payments", 200));
/// assert_eq!(contract.policy.slo.error_rate, Some(0.005));
/// # Ok::<(), hedgerow_config::Errors>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PoolContract {
    /// Whose it is (`pool`).
    pub name: String,
    /// What it says; what it does not speak of is the default.
    pub policy: PoolPolicy,
}

impl PoolContract {
    /// Checks the name and the numbers.
    ///
    /// # Errors
    /// Every rule that they break, each with its key from the top of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::pool_contract(self)
    }
}
