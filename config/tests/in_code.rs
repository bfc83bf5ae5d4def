//! A tree built in code is held to the same rules as a document.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_config::{
    Balance, BreakerPolicy, Chain, EndpointAddr, HalfOpen, HashKey, Hashing, Listener, ListenerLimits, Node,
    OpenFor, OutlierPolicy, Revision, Route, SlowCall, SlowStart, StaticReply, TripWhen, Upstream,
    WindowLength,
};

fn upstream(name: &str) -> Upstream {
    Upstream::new(name, vec!["127.0.0.1:9001".parse().unwrap()])
}

fn chain(name: &str, upstream: &str) -> Chain {
    Chain::new(name, vec![Node::new("route", Route::new().rule("/", upstream))])
}

fn violations(result: Result<(), Vec<hedgerow_config::Violation>>) -> Vec<String> {
    let found = result.err().into_iter().flatten();
    found.map(|violation| violation.to_string()).collect()
}

#[test]
fn how_calls_are_shared_is_checked() {
    let of = |balance, bounded_load| {
        let key = HashKey::Cookie("a b".to_owned());
        let hashing = Hashing { key, bounded_load };
        let mut upstream = Upstream {
            balance: if balance == "ringHash" {
                Balance::RingHash(hashing)
            } else {
                Balance::RoundRobin
            },
            slow_start: Some(SlowStart {
                time: Duration::ZERO,
                aggression: f64::NAN,
                min_weight: f64::NAN,
            }),
            outlier: OutlierPolicy {
                panic_below: f64::NAN,
                ..OutlierPolicy::default()
            },
            ..upstream("web")
        };
        upstream.weights.insert(upstream.endpoints[0].clone(), 2_000);
        violations(upstream.check()).join("\n")
    };
    let found = of("ringHash", Some(f64::INFINITY));
    for key in [
        "balance.key: expected a name",
        "balance.boundedLoad: expected a number above 1",
        "endpoints[0].weight: expected at most 1000, found 2000",
        "slowStart: expected a balancer that is not led by a key",
        "slowStart.for: expected a time longer than 0",
        "slowStart.aggression: expected a number above 0",
        "slowStart.minWeight: expected a share above 0",
        "outlier.panicBelow: expected a share from 0 to 1",
    ] {
        assert!(found.contains(key), "{key}: {found}");
    }
    let found = of("roundRobin", None);
    assert!(
        found.contains("endpoints[0].weight: expected no weight where each has its turn"),
        "{found}"
    );
}

#[test]
fn the_default_policy_is_right() {
    assert_eq!(BreakerPolicy::default().check(), Ok(()));
}

#[test]
fn a_policy_with_all_rules_off_is_right() {
    assert_eq!(BreakerPolicy::off().check(), Ok(()));
}

#[test]
fn every_number_of_a_policy_is_checked() {
    let policy = BreakerPolicy {
        window: WindowLength::Time(Duration::ZERO),
        trip_when: TripWhen::Any,
        failure_rate: Some(f64::NAN),
        slow_call: Some(SlowCall {
            over: Duration::ZERO,
            rate: 0.0,
        }),
        consecutive_failures: Some(0),
        consecutive_timeouts: Some(0),
        min_calls: 0,
        open_for: OpenFor {
            initial: Duration::from_secs(2),
            max: Duration::from_secs(1),
            jitter: f64::NAN,
        },
        half_open: HalfOpen {
            permits: 0,
            every: Duration::MAX,
            timeout: Duration::ZERO,
            successes: 0,
            max_stay: Duration::ZERO,
        },
    };
    let found = violations(policy.check());
    let keys: Vec<_> = found.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "window.time",
            "failureRate",
            "slowCall.over",
            "slowCall.rate",
            "consecutiveFailures",
            "consecutiveTimeouts",
            "minCalls",
            "halfOpen.permits",
            "halfOpen.successes",
            "halfOpen.every",
            "halfOpen.timeout",
            "halfOpen.maxStay",
            "openFor.max",
            "openFor.jitter",
        ]
    );
}

#[test]
fn a_fixed_time_of_zero_or_of_more_than_a_year_is_one_mistake() {
    for (time, rule) in [
        (Duration::ZERO, "longer than 0"),
        (Duration::MAX, "at most a year"),
    ] {
        let open_for = OpenFor::fixed(time);
        let policy = BreakerPolicy {
            open_for,
            ..BreakerPolicy::default()
        };
        let found = violations(policy.check());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("openFor.initial: ") && found[0].contains(rule),
            "{found:?}"
        );
    }
}

#[test]
fn a_tree_without_listeners_is_right() {
    let revision = Revision {
        number: 7,
        listeners: Vec::new(),
        chains: vec![chain("edge", "web")],
        upstreams: vec![upstream("web")],
        telemetry: None,
    };
    assert_eq!(revision.check(), Ok(()));
}

#[test]
fn names_that_do_not_exist_or_exist_twice_are_told() {
    let revision = Revision {
        number: 1,
        listeners: vec![Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            chain: "edges".to_owned(),
            tenant: None,
            limits: ListenerLimits {
                utilization: Some(f64::NAN),
                header_count: 10_001,
                write_rate: 0,
                ..ListenerLimits::default()
            },
            trusted_hops: Vec::new(),
            expose: None,
        }],
        chains: vec![chain("edge", "shop"), chain("edge", "web")],
        upstreams: vec![upstream("web"), upstream("web")],
        telemetry: None,
    };
    assert_eq!(
        violations(revision.check()),
        [
            "listeners[0].chain: there is no chain `edges`; did you mean `edge`?",
            "listeners[0].limits.headerCount: expected at most 10000, found 10001; lower it",
            "listeners[0].limits.writeRate: expected at least 1, found 0",
            "listeners[0].limits.utilization: expected a share above 0 and at most 1 (1 is 100 percent), found NaN",
            "chains.edge.nodes[0].rules[0].upstream: there is no upstream `shop`; add it below `upstreams`",
            "chains.edge: the chain name `edge` is taken already by `chains.edge`; change or remove one of them",
            "upstreams.web: the upstream name `web` is taken already by `upstreams.web`; change or remove one of them",
        ]
    );
}

#[test]
fn an_upstream_and_a_chain_are_checked_by_themselves() {
    let mut bare = upstream("bare");
    bare.endpoints.clear();
    bare.timeout = Duration::ZERO;
    bare.breaker.min_calls = 0;
    let keys: Vec<_> = bare
        .check()
        .unwrap_err()
        .iter()
        .map(|found| found.key.to_string())
        .collect();
    assert_eq!(
        keys,
        [
            "upstreams.bare.endpoints",
            "upstreams.bare.timeout",
            "upstreams.bare.breaker.minCalls"
        ]
    );

    let odd = Node::new("odd", Route::new().rule("pay", "web"));
    let nameless = Chain::new("", vec![odd]);
    let keys: Vec<_> = nameless
        .check()
        .unwrap_err()
        .iter()
        .map(|found| found.key.to_string())
        .collect();
    assert_eq!(keys, ["chains.\"\"", "chains.\"\".nodes[0].rules[0].path"]);
}

#[test]
fn a_chain_of_a_gateway_whose_last_node_passes_requests_on_is_a_mistake_of_the_revision() {
    let open = Node::new("health", StaticReply::new(200).path("/health"));
    let chain = Chain::new("edge", vec![open]);
    assert_eq!(chain.check(), Ok(()));
    let revision = Revision {
        number: 1,
        listeners: Vec::new(),
        chains: vec![chain],
        upstreams: Vec::new(),
        telemetry: None,
    };
    let found = violations(revision.check());
    assert!(
        found[0].starts_with("chains.edge.nodes: expected a node of kind `route`"),
        "{found:?}"
    );
}

#[test]
fn an_endpoint_is_a_host_and_a_port_that_can_exist() {
    for right in ["a:1", "a_b.c-d:65535", "10.0.0.1:80", "[::1]:80", "1a.2b:80"] {
        assert_eq!(
            right.parse::<EndpointAddr>().map(|addr| addr.to_string()),
            Ok(right.to_owned())
        );
    }
    for wrong in [
        "",
        "a",
        "a:",
        ":1",
        "a:0",
        "a:65536",
        "a:+80",
        "a:-1",
        "::1:80",
        "[::1]",
        "[a]:1",
        "1.2.3:80",
        "256.1.1.1:80",
        "a..b:1",
        "a b:1",
        "http://a:1",
    ] {
        assert!(wrong.parse::<EndpointAddr>().is_err(), "{wrong}");
    }
}
