//! The keys of each map, but those of nodes, which stand with their kinds. A key that has a meaning but that this version does not act on is an error of its own kind.

/// The keys that a map may have.
pub(super) struct Keys {
    /// Those that this version acts on, also with their unit at the end.
    pub(super) built: &'static [&'static str],
    /// Those that have a meaning and that it does not act on; also meant with a unit at their end.
    pub(super) planned: &'static [&'static str],
}

pub(super) const ROOT: Keys = Keys {
    built: &["version", "listeners", "chains", "upstreams"],
    planned: &["telemetry", "pool", "maxLeases", "minKeepAlive", "slo"],
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
        "timeout",
        "timeoutMs",
        "connectTimeout",
        "connectTimeoutMs",
        "retry",
        "hedge",
        "breaker",
        "balance",
        "slowStart",
        "outlier",
    ],
    planned: &["pool"],
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

pub(super) const OUTLIER: Keys = Keys {
    built: &["panicBelow", "panicBelowPct"],
    planned: &[
        "consecutive",
        "every",
        "ejectFor",
        "maxEjectFor",
        "maxEject",
        "alwaysEjectOne",
    ],
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
