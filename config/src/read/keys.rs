//! The keys of each map, but those of nodes, which stand with their kinds. A key that has a meaning but that this version does not act on is an error of its own kind.

/// The keys that a map may have.
pub(super) struct Keys {
    /// Those that this version acts on, also with their unit at the end.
    pub(super) built: &'static [&'static str],
    /// Those that have a meaning and that it does not act on; also meant with a unit at their end.
    pub(super) planned: &'static [&'static str],
}

pub(super) const ROOT: Keys = Keys {
    built: &["version", "listeners", "chains", "upstreams", "telemetry"],
    planned: &[],
};

pub(super) const TELEMETRY: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

/// What is exported.
pub(super) const SIGNALS: Keys = Keys {
    built: &crate::Signal::NAMES,
    planned: &[],
};

pub(super) const LISTENER: Keys = Keys {
    built: &["bind", "chain", "tenant", "limits", "trustedHops"],
    planned: &[],
};

pub(super) const LIMITS: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

pub(super) const CHAIN: Keys = Keys {
    built: &["nodes", "panicBudget", "quarantine"],
    planned: &[],
};

pub(super) const QUARANTINE: Keys = Keys {
    built: &["headers", "crashes", "per", "perMs", "for", "forMs"],
    planned: &[],
};

pub(super) const PANIC_BUDGET: Keys = Keys {
    built: &["rate", "ratePct", "minCalls", "per", "perMs", "then"],
    planned: &[],
};

/// What becomes of requests that meet a node over its panic budget.
pub(super) const OVER_BUDGET: Keys = Keys {
    built: &["failClosed", "failOpen"],
    planned: &[],
};

pub(super) const UPSTREAM: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

pub(super) const MIRROR: Keys = Keys {
    built: &["upstream", "fraction", "fractionPct", "maxInFlight"],
    planned: &[],
};

pub(super) const POOL: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

/// A document that is the contract of one pool: its name, and the keys of [`POOL`].
pub(super) const POOL_CONTRACT: Keys = Keys {
    built: &[
        "pool",
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
    ],
    planned: &[],
};

pub(super) const SLO: Keys = Keys {
    built: &[
        "p95Latency",
        "p95LatencyMs",
        "errorRate",
        "errorRatePct",
        "window",
        "windowMs",
    ],
    planned: &[],
};

pub(super) const ENDPOINT: Keys = Keys {
    built: &["addr", "weight"],
    planned: &[],
};

pub(super) const BALANCE: Keys = Keys {
    built: &["kind", "key", "boundedLoad"],
    planned: &[],
};

/// Which endpoint a call goes to.
pub(super) const BALANCERS: Keys = Keys {
    built: &crate::Balance::NAMES,
    planned: &[],
};

pub(super) const SLOW_START: Keys = Keys {
    built: &["for", "forMs", "aggression", "minWeight", "minWeightPct"],
    planned: &[],
};

/// Where endpoints come from.
pub(super) const DISCOVERY: Keys = Keys {
    built: &["dns", "registry"],
    planned: &["etcd"],
};

pub(super) const DNS: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

pub(super) const REGISTRY: Keys = Keys {
    built: &["service"],
    planned: &[],
};

pub(super) const RETRY: Keys = Keys {
    built: &[
        "maxRetries",
        "backoff",
        "budget",
        "on",
        "perTryTimeout",
        "perTryTimeoutMs",
        "replayBytes",
        "idempotentBy",
    ],
    planned: &[],
};

pub(super) const RETRY_BACKOFF: Keys = Keys {
    built: &["initial", "initialMs", "max", "maxMs"],
    planned: &[],
};

pub(super) const RETRY_BUDGET: Keys = Keys {
    built: &["ratio", "ratioPct", "min"],
    planned: &[],
};

pub(super) const HEDGE: Keys = Keys {
    built: &["after", "afterMs", "max"],
    planned: &[],
};

pub(super) const OUTLIER: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

pub(super) const SUCCESS_RATE: Keys = Keys {
    built: &["factor", "minEndpoints", "minCalls"],
    planned: &[],
};

pub(super) const FAILURE_PERCENTAGE: Keys = Keys {
    built: &["threshold", "thresholdPct", "minEndpoints", "minCalls"],
    planned: &[],
};

pub(super) const LATENCY_FACTOR: Keys = Keys {
    built: &[
        "factor",
        "quantile",
        "quantilePct",
        "over",
        "overMs",
        "minEndpoints",
        "minCalls",
    ],
    planned: &[],
};

/// What is asked of an endpoint.
pub(super) const HEALTH_CHECK_KIND: Keys = Keys {
    built: &["http", "tcp"],
    planned: &[],
};

/// Of a health check of kind `tcp`.
pub(super) const HEALTH_CHECK: Keys = Keys {
    built: &[
        "kind",
        "every",
        "everyMs",
        "timeout",
        "timeoutMs",
        "unhealthyAfter",
        "healthyAfter",
        "jitter",
        "jitterPct",
    ],
    planned: &[],
};

/// Of a health check of kind `http`.
pub(super) const HTTP_HEALTH_CHECK: Keys = Keys {
    built: &[
        "kind",
        "path",
        "expect",
        "every",
        "everyMs",
        "timeout",
        "timeoutMs",
        "unhealthyAfter",
        "healthyAfter",
        "jitter",
        "jitterPct",
    ],
    planned: &[],
};

pub(super) const BREAKER: Keys = Keys {
    built: &[
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
    ],
    planned: &[],
};

pub(super) const WINDOW: Keys = Keys {
    built: &["time", "timeMs", "calls"],
    planned: &[],
};

pub(super) const SLOW_CALL: Keys = Keys {
    built: &["over", "overMs", "rate", "ratePct"],
    planned: &[],
};

pub(super) const OPEN_FOR: Keys = Keys {
    built: &["initial", "initialMs", "max", "maxMs", "jitter", "jitterPct"],
    planned: &[],
};

pub(super) const HALF_OPEN: Keys = Keys {
    built: &[
        "permits",
        "every",
        "everyMs",
        "timeout",
        "timeoutMs",
        "successes",
        "maxStay",
        "maxStayMs",
    ],
    planned: &[],
};

/// What there is one breaker for.
pub(super) const PER: Keys = Keys {
    built: &["endpoint", "upstream", "route", "tenant"],
    planned: &[],
};

/// How the rules of a breaker are joined.
pub(super) const TRIP_WHEN: Keys = Keys {
    built: &["any", "all"],
    planned: &[],
};
