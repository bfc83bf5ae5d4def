//! The keys of each map, but those of nodes, which stand with their kinds. A key that has a meaning but that this version does not act on is an error of its own kind.

/// The keys that a map may have.
pub(super) struct Keys {
    built: &'static [&'static str],
    also: &'static [&'static str],
    planned: &'static [&'static str],
}

impl Keys {
    /// Those that this version acts on, also with their unit at the end.
    pub(super) const fn of(built: &'static [&'static str]) -> Self {
        Self {
            built,
            also: &[],
            planned: &[],
        }
    }

    /// These, and those of another map, too.
    pub(super) const fn and(self, other: &Self) -> Self {
        Self {
            also: other.built,
            ..self
        }
    }

    /// The same, with those that have a meaning and that this version does not act on; also meant with a unit at their end.
    pub(super) const fn planning(self, planned: &'static [&'static str]) -> Self {
        Self { planned, ..self }
    }

    /// Those that this version acts on.
    pub(super) fn built(&self) -> impl Iterator<Item = &'static str> {
        self.built.iter().chain(self.also).copied()
    }

    /// The first of them.
    pub(super) fn first(&self) -> &'static str {
        self.built[0]
    }

    /// Those that have a meaning and that it does not act on.
    pub(super) fn planned(&self) -> impl Iterator<Item = &'static str> {
        self.planned.iter().copied()
    }
}

pub(super) const ROOT: Keys = Keys::of(&["version", "listeners", "chains", "upstreams", "telemetry"]);

pub(super) const TELEMETRY: Keys = Keys::of(&[
    "otlp",
    "sample",
    "samplePct",
    "slow",
    "slowMs",
    "accessLog",
    "service",
    "resource",
    "export",
    "metricsEvery",
    "metricsEveryMs",
    "exportTimeout",
    "exportTimeoutMs",
    "queue",
    "flushTime",
    "flushTimeMs",
]);

/// What is exported.
pub(super) const SIGNALS: Keys = Keys::of(&crate::Signal::NAMES);

pub(super) const LISTENER: Keys = Keys::of(&["bind", "chain", "tenant", "expose", "limits", "trustedHops"]);

pub(super) const LIMITS: Keys = Keys::of(&[
    "targetBytes",
    "headerBytes",
    "headerCount",
    "bodyBytes",
    "headerTime",
    "headerTimeMs",
    "bodyTime",
    "bodyTimeMs",
    "bodyRate",
    "idleTime",
    "idleTimeMs",
    "writeTime",
    "writeTimeMs",
    "writeRate",
    "halfClosedTime",
    "halfClosedTimeMs",
    "connections",
    "connectionsPerAddress",
    "requests",
    "requestsWaiting",
    "requestWait",
    "requestWaitMs",
    "utilization",
    "utilizationPct",
]);

pub(super) const CHAIN: Keys = Keys::of(&["nodes", "panicBudget", "quarantine"]);

pub(super) const QUARANTINE: Keys = Keys::of(&["headers", "crashes", "per", "perMs", "for", "forMs"]);

pub(super) const PANIC_BUDGET: Keys = Keys::of(&["rate", "ratePct", "minCalls", "per", "perMs", "then"]);

/// What becomes of requests that meet a node over its panic budget.
pub(super) const OVER_BUDGET: Keys = Keys::of(&["failClosed", "failOpen"]);

pub(super) const UPSTREAM: Keys = Keys::of(&[
    "endpoints",
    "discovery",
    "timeout",
    "timeoutMs",
    "connectTimeout",
    "connectTimeoutMs",
    "required",
    "retry",
    "hedge",
    "mirror",
    "breaker",
    "balance",
    "slowStart",
    "outlier",
    "pool",
    "healthChecks",
]);

pub(super) const MIRROR: Keys = Keys::of(&["upstream", "fraction", "fractionPct", "maxInFlight"]);

pub(super) const POOL: Keys = Keys::of(&[
    "maxLeases",
    "maxWaiting",
    "maxWait",
    "maxWaitMs",
    "barging",
    "minKeepAlive",
    "minKeepAliveMs",
    "maxLife",
    "maxLifeMs",
    "longestLease",
    "longestLeaseMs",
    "slo",
]);

/// A document that is the contract of one pool: its name, and the keys of [`POOL`].
pub(super) const POOL_CONTRACT: Keys = Keys::of(&["pool"]).and(&POOL);

pub(super) const SLO: Keys = Keys::of(&[
    "p95Latency",
    "p95LatencyMs",
    "errorRate",
    "errorRatePct",
    "window",
    "windowMs",
]);

pub(super) const ENDPOINT: Keys = Keys::of(&["addr", "weight", "priority"]);

pub(super) const BALANCE: Keys = Keys::of(&["kind", "key", "boundedLoad"]);

/// Which endpoint a call goes to.
pub(super) const BALANCERS: Keys = Keys::of(&crate::Balance::NAMES);

pub(super) const SLOW_START: Keys = Keys::of(&["for", "forMs", "aggression", "minWeight", "minWeightPct"]);

/// Where endpoints come from.
pub(super) const DISCOVERY: Keys = Keys::of(&["dns", "registry"]).planning(&["etcd"]);

pub(super) const DNS: Keys = Keys::of(&[
    "name",
    "port",
    "srv",
    "every",
    "everyMs",
    "minTtl",
    "minTtlMs",
    "maxStale",
    "maxStaleMs",
    "emptyAnswers",
    "resolver",
]);

pub(super) const REGISTRY: Keys = Keys::of(&["service"]);

pub(super) const RETRY: Keys = Keys::of(&[
    "maxRetries",
    "backoff",
    "budget",
    "on",
    "perTryTimeout",
    "perTryTimeoutMs",
    "replayBytes",
    "idempotentBy",
]);

pub(super) const RETRY_BACKOFF: Keys = Keys::of(&["initial", "initialMs", "max", "maxMs"]);

pub(super) const RETRY_BUDGET: Keys = Keys::of(&["ratio", "ratioPct", "min"]);

pub(super) const HEDGE: Keys = Keys::of(&["after", "afterMs", "max"]);

pub(super) const OUTLIER: Keys = Keys::of(&[
    "consecutive",
    "successRate",
    "failurePercentage",
    "latency",
    "every",
    "everyMs",
    "ejectFor",
    "ejectForMs",
    "maxEjectFor",
    "maxEjectForMs",
    "jitter",
    "jitterPct",
    "maxEject",
    "maxEjectPct",
    "alwaysEjectOne",
    "panicBelow",
    "panicBelowPct",
]);

pub(super) const SUCCESS_RATE: Keys = Keys::of(&["factor", "minEndpoints", "minCalls"]);

pub(super) const FAILURE_PERCENTAGE: Keys =
    Keys::of(&["threshold", "thresholdPct", "minEndpoints", "minCalls"]);

pub(super) const LATENCY_FACTOR: Keys = Keys::of(&[
    "factor",
    "quantile",
    "quantilePct",
    "over",
    "overMs",
    "minEndpoints",
    "minCalls",
]);

/// What is asked of an endpoint.
pub(super) const HEALTH_CHECK_KIND: Keys = Keys::of(&["http", "tcp"]);

/// Of a health check of kind `tcp`.
pub(super) const HEALTH_CHECK: Keys = Keys::of(&[
    "kind",
    "every",
    "everyMs",
    "timeout",
    "timeoutMs",
    "unhealthyAfter",
    "healthyAfter",
    "jitter",
    "jitterPct",
]);

/// Of a health check of kind `http`.
pub(super) const HTTP_HEALTH_CHECK: Keys = Keys::of(&["path", "expect"]).and(&HEALTH_CHECK);

pub(super) const BREAKER: Keys = Keys::of(&[
    "per",
    "maxKeys",
    "idleFor",
    "idleForMs",
    "window",
    "tripWhen",
    "failureRate",
    "failureRatePct",
    "slowCall",
    "consecutiveFailures",
    "consecutiveTimeouts",
    "minCalls",
    "openFor",
    "openForMs",
    "halfOpen",
]);

pub(super) const WINDOW: Keys = Keys::of(&["time", "timeMs", "calls"]);

pub(super) const SLOW_CALL: Keys = Keys::of(&["over", "overMs", "rate", "ratePct"]);

pub(super) const OPEN_FOR: Keys = Keys::of(&["initial", "initialMs", "max", "maxMs", "jitter", "jitterPct"]);

pub(super) const HALF_OPEN: Keys = Keys::of(&[
    "permits",
    "every",
    "everyMs",
    "timeout",
    "timeoutMs",
    "successes",
    "maxStay",
    "maxStayMs",
]);

/// What there is one breaker for.
pub(super) const PER: Keys = Keys::of(&["endpoint", "upstream", "route", "tenant"]);

/// How the rules of a breaker are joined.
pub(super) const TRIP_WHEN: Keys = Keys::of(&["any", "all"]);
