//! Who takes part, and how each of them is configured.

use std::net::SocketAddr;
use std::time::Duration;

use hedgerow_benches::peers::EnvoyConfig;

/// A proxy with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contestant {
    /// Ours; everything by default.
    Hedgerow,
    /// Ours, where endpoints take turns: none is chosen for how it did of late, so that its breaker alone isolates it.
    HedgerowTurns,
    /// Envoy with outlier detection as it comes.
    EnvoyDefault,
    /// Envoy that may eject every endpoint after five failures in a row.
    EnvoyOutlier,
    /// The same, and it retries once at another endpoint, as often as there is need.
    EnvoyRetry,
}

impl Contestant {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 5] = [
        Self::Hedgerow,
        Self::HedgerowTurns,
        Self::EnvoyDefault,
        Self::EnvoyOutlier,
        Self::EnvoyRetry,
    ];

    /// How it is called in the tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hedgerow => "hedgerow, defaults",
            Self::HedgerowTurns => "hedgerow, roundRobin",
            Self::EnvoyDefault => "Envoy, outlier detection as it comes",
            Self::EnvoyOutlier => "Envoy, outlier detection at 5",
            Self::EnvoyRetry => "Envoy, outlier detection at 5 and retry",
        }
    }

    /// Whether it is a peer, whose binary may not be there.
    pub(crate) const fn is_envoy(self) -> bool {
        matches!(self, Self::EnvoyDefault | Self::EnvoyOutlier | Self::EnvoyRetry)
    }

    /// Its config file.
    pub(crate) fn config(
        self,
        listen: SocketAddr,
        endpoints: [SocketAddr; 2],
        limit: Option<Duration>,
    ) -> String {
        match self {
            Self::Hedgerow => hedgerow(listen, endpoints, limit, ""),
            Self::HedgerowTurns => hedgerow(listen, endpoints, limit, "    balance: roundRobin\n"),
            Self::EnvoyDefault => envoy(listen, endpoints, limit, "", ""),
            Self::EnvoyOutlier => envoy(listen, endpoints, limit, OUTLIER, ""),
            Self::EnvoyRetry => envoy(listen, endpoints, limit, OUTLIER, RETRY),
        }
    }
}

/// Ours has nothing in it that has a default, but the limit of a call where the bench sets one.
fn hedgerow(
    listen: SocketAddr,
    [first, second]: [SocketAddr; 2],
    limit: Option<Duration>,
    balance: &str,
) -> String {
    let limit = limit.map_or_else(String::new, |limit| {
        format!("    timeout: {}ms\n", limit.as_millis())
    });
    format!(
        "version: 1\n\
         listeners:\n  - {{ bind: \"{listen}\", chain: edge }}\n\
         chains:\n  edge:\n    nodes:\n      - kind: route\n        rules: [ {{ path: /, upstream: target }} ]\n\
         upstreams:\n  target:\n    endpoints: [ \"{first}\", \"{second}\" ]\n{limit}{balance}"
    )
}

/// By default a tenth of the endpoints may be ejected, which is none of two.
const OUTLIER: &str = "consecutive_5xx: 5, max_ejection_percent: 100";

/// By default three retries may be under way at once, and the endpoint that has failed may be chosen again.
const RETRY: &str = "retry_policy: { retry_on: \"5xx,reset,connect-failure\", num_retries: 1, \
    host_selection_retry_max_attempts: 5, \
    retry_host_predicate: [ { name: envoy.retry_host_predicates.previous_hosts, typed_config: { \
    \"@type\": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } } ] }";

/// As many at once as there are.
const UNBOUND: &str = "    circuit_breakers: { thresholds: [ { max_connections: 10000, max_pending_requests: 10000, \
    max_requests: 10000, max_retries: 10000 } ] }\n";

fn envoy(
    listen: SocketAddr,
    endpoints: [SocketAddr; 2],
    limit: Option<Duration>,
    outlier: &str,
    retry: &str,
) -> String {
    let limit = limit.map(|limit| format!("timeout: {}s", limit.as_secs_f64()));
    let route: Vec<&str> = limit
        .as_deref()
        .into_iter()
        .chain(Some(retry).filter(|retry| !retry.is_empty()))
        .collect();
    let config = EnvoyConfig {
        listen,
        endpoints: &endpoints,
        route: &route,
        filters: "",
        cluster: &format!("{UNBOUND}    outlier_detection: {{ {outlier} }}\n"),
    };
    config.to_string()
}
