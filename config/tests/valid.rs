//! Documents that are accepted, and what they become.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    Balance, BreakerPolicy, Format, HalfOpen, HashKey, Hashing, KeyLimits, NodeKind, OpenFor, OverBudget,
    PanicBudget, RequestQuarantine, RetryPolicy, Revision, Route, Scope, SlowCall, SlowStart, TripWhen,
    Upstream, WindowLength,
};
use support::parse;

const YAML: &str = r#"
version: 1
listeners:
  - { bind: 127.0.0.1:8080, chain: edge, tenant: "header:X-Tenant" }
chains:
  edge:
    panicBudget: { rate: 0.2, minCalls: 50, per: 1m, then: failOpen }
    quarantine: { headers: [ X-Tenant, content-type ], crashes: 5, per: 2m, for: 1h }
    nodes:
      - name: choose
        kind: route
        rules: [ { path: /pay, upstream: payments }, { path: /, upstream: "web ui" } ]
upstreams:
  payments:
    endpoints: [ "127.0.0.1:9001", "[::1]:9002", payments.internal:9003 ]
    timeout: 2s
    connectTimeout: 250ms
    retry: { maxRetries: 0 }
    breaker:
      per: tenant
      maxKeys: 500
      idleFor: 1m
      window: { time: 1m }
      tripWhen: all
      failureRate: 0.25
      slowCall: { over: 3s, rate: 0.75 }
      consecutiveFailures: off
      consecutiveTimeouts: 4
      minCalls: 5
      openFor: { initial: 2s, max: 1h, jitter: 0 }
      halfOpen: { permits: 1, every: 10s, timeout: 2s, successes: 4, maxStay: 1m }
  web ui:
    endpoints: [ localhost:80 ]
"#;

const JSON: &str = r#"{
  "version": 1,
  "listeners": [ { "bind": "127.0.0.1:8080", "chain": "edge", "tenant": "header:x-tenant" } ],
  "chains": { "edge": { "panicBudget": { "ratePct": 20, "minCalls": 50, "perMs": 60000, "then": "failOpen" }, "quarantine": { "headers": [ "x-tenant", "content-type" ], "crashes": 5, "perMs": 120000, "forMs": 3600000 }, "nodes": [ { "name": "choose", "kind": "route", "rules": [
    { "path": "\/pay", "upstream": "payments" }, { "path": "/", "upstream": "web\u0020ui" } ] } ] } },
  "upstreams": {
    "payments": {
      "endpoints": [ "127.0.0.1:9001", "[::1]:9002", "payments.internal:9003" ],
      "timeoutMs": 2000, "connectTimeoutMs": 250, "retry": { "maxRetries": 0 },
      "breaker": { "per": "tenant", "maxKeys": 500, "idleForMs": 60000, "window": { "timeMs": 60000 }, "tripWhen": "all", "failureRatePct": 25,
        "slowCall": { "overMs": 3000, "ratePct": 75 }, "consecutiveFailures": null, "consecutiveTimeouts": 4, "minCalls": 5,
        "openFor": { "initialMs": 2000, "maxMs": 3600000, "jitterPct": 0 }, "halfOpen": { "permits": 1, "everyMs": 10000,
        "timeoutMs": 2000, "successes": 4, "maxStayMs": 60000 } }
    },
    "web ui": { "endpoints": [ "localhost:80" ] }
  }
}"#;

const TOML: &str = r#"
version = 1
[[listeners]]
bind = "127.0.0.1:8080"
chain = "edge"
tenant = "header:x-tenant"
[chains.edge.panicBudget]
rate = 0.2
minCalls = 50
per = "1m"
then = "failOpen"
[chains.edge.quarantine]
headers = ["X-tenant", "content-type"]
crashes = 5
per = "2m"
for = "1h"
[[chains.edge.nodes]]
name = "choose"
kind = "route"
rules = [ { path = "/pay", upstream = "payments" }, { path = "/", upstream = "web ui" } ]
[upstreams.payments]
endpoints = ["127.0.0.1:9001", "[::1]:9002", "payments.internal:9003"]
timeout = "2s"
connectTimeout = "250ms"
retry.maxRetries = 0
[upstreams.payments.breaker]
per = "tenant"
maxKeys = 500
idleFor = "1m"
window.time = "1m"
tripWhen = "all"
failureRate = 0.25
slowCall = { over = "3s", rate = 0.75 }
consecutiveFailures = "off"
consecutiveTimeouts = 4
minCalls = 5
openFor = { initial = "2s", max = "1h", jitter = 0.0 }
halfOpen = { permits = 1, every = "10s", timeout = "2s", successes = 4, maxStay = "1m" }
[upstreams."web ui"]
endpoints = ["localhost:80"]
"#;

/// A document whose only upstream has `keys` beside its endpoints.
fn with(keys: &str) -> String {
    format!(
        "version: 1\nlisteners: [{{bind: \"127.0.0.1:0\", chain: edge}}]\n\
         chains: {{edge: {{nodes: [{{kind: route, rules: [{{path: /, upstream: web}}]}}]}}}}\n\
         upstreams:\n  web:\n    endpoints: [\"127.0.0.1:9001\"]\n{keys}"
    )
}

fn upstream(keys: &str) -> Upstream {
    let revision = parse(Format::Yaml, &with(keys)).unwrap();
    revision.upstreams.into_iter().next().unwrap()
}

#[test]
fn an_upstream_is_required_unless_it_is_said_that_it_is_not() {
    assert!(upstream("").required);
    assert!(upstream("    required: true\n").required);
    assert!(!upstream("    required: false\n").required);
}

fn breaker(keys: &str) -> BreakerPolicy {
    upstream(&format!("    breaker: {keys}\n")).breaker
}

#[test]
fn retries_can_be_turned_off() {
    for (keys, retry) in [
        ("    retry: off\n", RetryPolicy::off()),
        ("    retry: { maxRetries: 0 }\n", RetryPolicy::off()),
        ("    retry: { maxRetries: 1 }\n", RetryPolicy::default()),
        ("", RetryPolicy::default()),
    ] {
        assert_eq!(upstream(keys).retry, retry, "{keys}");
    }
}

#[test]
fn who_chooses_among_endpoints_and_by_what_is_as_the_document_says() {
    let hashing = |key, bounded_load| Hashing { key, bounded_load };
    let user = || HashKey::Header("x-user".to_owned());
    for (keys, balance) in [
        ("", Balance::P2cEwma),
        ("    balance: p2cEwma\n", Balance::P2cEwma),
        ("    balance: leastRequest\n", Balance::LeastRequest),
        ("    balance: { kind: roundRobin }\n", Balance::RoundRobin),
        ("    balance: weighted\n", Balance::Weighted),
        (
            "    balance: ringHash\n",
            Balance::RingHash(hashing(HashKey::Address, None)),
        ),
        (
            "    balance: { kind: maglev, key: \"header:x-user\", boundedLoad: 1.25 }\n",
            Balance::Maglev(hashing(user(), Some(1.25))),
        ),
        (
            "    balance: { kind: ringHash, key: path, boundedLoad: off }\n",
            Balance::RingHash(hashing(HashKey::Path, None)),
        ),
    ] {
        assert_eq!(upstream(keys).balance, balance, "{keys}");
    }
}

#[test]
fn slow_start_and_the_share_of_what_is_left_are_as_the_document_says() {
    let default = upstream("");
    assert_eq!((default.slow_start, default.outlier.panic_below), (None, 0.5));
    assert_eq!(upstream("    slowStart: off\n").slow_start, None);
    assert_eq!(
        upstream("    slowStart: {}\n").slow_start,
        Some(SlowStart::default())
    );
    let slow_start = SlowStart {
        time: Duration::from_millis(1_500),
        aggression: 2.0,
        min_weight: 0.2,
    };
    let keys = "    slowStart: { forMs: 1500, aggression: 2, minWeightPct: 20 }\n";
    assert_eq!(upstream(keys).slow_start, Some(slow_start));
    for (keys, share) in [
        ("panicBelow: 0.25", 0.25),
        ("panicBelowPct: 70", 0.7),
        ("panicBelow: off", 0.0),
    ] {
        let upstream = upstream(&format!("    outlier: {{ {keys} }}\n"));
        assert_eq!(upstream.outlier.panic_below, share, "{keys}");
    }
}

#[test]
fn endpoints_have_the_weights_and_priorities_that_the_document_gives_them() {
    let text = with("").replace(
        "[\"127.0.0.1:9001\"]",
        "[\"a:1\", { addr: \"b:1\", weight: 3 }, { addr: \"c:1\", priority: 2 }, { addr: \"d:1\", priority: 0 }]",
    );
    let revision = parse(Format::Yaml, &text).unwrap();
    let upstream = &revision.upstreams[0];
    let weights: Vec<_> = upstream
        .endpoints
        .iter()
        .map(|addr| upstream.weight(addr))
        .collect();
    assert_eq!(weights, [1, 3, 1, 1]);
    let addrs = upstream.endpoints.iter();
    let priorities: Vec<_> = addrs.map(|addr| upstream.priority(addr)).collect();
    assert_eq!(priorities, [0, 0, 2, 0]);
}

#[test]
fn every_key_arrives_in_the_revision() {
    let Revision {
        number,
        listeners,
        chains,
        upstreams,
        telemetry,
    } = parse(Format::Yaml, YAML).unwrap();
    assert_eq!(number, 1);
    assert_eq!(telemetry, None);
    assert_eq!(listeners[0].bind, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(listeners[0].chain, "edge");
    assert_eq!(chains[0].name, "edge");
    let quarantine = RequestQuarantine {
        crashes: 5,
        per: Duration::from_secs(120),
        lasts: Duration::from_secs(3_600),
        ..RequestQuarantine::by(["x-tenant", "content-type"])
    };
    assert_eq!(chains[0].quarantine, Some(quarantine));
    let node = &chains[0].nodes[0];
    let NodeKind::Route(route) = &node.kind else {
        panic!("no route")
    };
    assert_eq!(node.name, "choose");
    assert_eq!(*route, Route::new().rule("/pay", "payments").rule("/", "web ui"));
    let payments = &upstreams[0];
    let endpoints: Vec<_> = payments
        .endpoints
        .iter()
        .map(|endpoint| endpoint.as_str())
        .collect();
    assert_eq!(
        endpoints,
        ["127.0.0.1:9001", "[::1]:9002", "payments.internal:9003"]
    );
    assert_eq!(payments.timeout, Duration::from_secs(2));
    assert_eq!(payments.connect_timeout, Duration::from_millis(250));
    assert_eq!(payments.retry, RetryPolicy::off());
    assert_eq!(listeners[0].tenant.as_deref(), Some("x-tenant"));
    assert_eq!(payments.per, Scope::Tenant);
    let (max_keys, idle_for) = (500, Duration::from_secs(60));
    assert_eq!(payments.keys, KeyLimits { max_keys, idle_for });
    let policy = &payments.breaker;
    let seconds = Duration::from_secs;
    assert_eq!(policy.window, WindowLength::Time(seconds(60)));
    assert_eq!(policy.trip_when, TripWhen::All);
    let (over, rate) = (seconds(3), 0.75);
    assert_eq!(policy.slow_call, Some(SlowCall { over, rate }));
    assert_eq!(policy.consecutive_timeouts, Some(4));
    assert_eq!(policy.failure_rate, Some(0.25));
    assert_eq!(policy.consecutive_failures, None);
    assert_eq!(policy.min_calls, 5);
    let (initial, max, jitter) = (Duration::from_secs(2), Duration::from_secs(3600), 0.0);
    assert_eq!(policy.open_for, OpenFor { initial, max, jitter });
    let probing = HalfOpen {
        permits: 1,
        every: seconds(10),
        timeout: seconds(2),
        successes: 4,
        max_stay: seconds(60),
    };
    assert_eq!(policy.half_open, probing);
    assert_eq!(upstreams[1].breaker, BreakerPolicy::default());
    assert_eq!(upstreams[1].per, Scope::Endpoint);
    assert_eq!(upstreams[1].keys, KeyLimits::default());
    assert_eq!(upstreams[1].timeout, Upstream::TIMEOUT);
    assert_eq!(upstreams[1].retry, RetryPolicy::default());
    assert_eq!(upstreams[1].connect_timeout, Upstream::CONNECT_TIMEOUT);
}

#[test]
fn the_three_formats_say_the_same() {
    let yaml = parse(Format::Yaml, YAML).unwrap();
    assert_eq!(parse(Format::Json, JSON).unwrap(), yaml);
    assert_eq!(parse(Format::Toml, TOML).unwrap(), yaml);
    assert_eq!(parse(Format::Yaml, JSON).unwrap(), yaml);
}

fn budgets(of_the_chain: &str, of_the_node: &str) -> (Option<PanicBudget>, Option<PanicBudget>) {
    let text = format!(
        "version: 1\nlisteners: [ {{ bind: '127.0.0.1:8080', chain: edge }} ]\nchains: {{ edge: {{ {of_the_chain}nodes: [ \
         {{ {of_the_node}kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }} }}\n\
         upstreams: {{ web: {{ endpoints: [ \"a:1\" ] }} }}\n"
    );
    let chain = parse(Format::Yaml, &text).unwrap().chains.remove(0);
    (chain.panic_budget, chain.nodes[0].panic_budget)
}

#[test]
fn a_node_has_the_panic_budget_of_its_chain_where_it_says_nothing_else_and_a_route_is_never_passed_by() {
    let default = PanicBudget::default();
    let open = PanicBudget {
        min_calls: 50,
        then: OverBudget::FailOpen,
        ..default
    };
    let closed = PanicBudget {
        then: OverBudget::FailClosed,
        ..open
    };
    let seldom = PanicBudget {
        per: Duration::from_secs(60),
        ..closed
    };
    let chain = "panicBudget: { minCalls: 50, then: failOpen }, ";
    assert_eq!(budgets("", ""), (Some(default), Some(default)));
    assert_eq!(budgets(chain, ""), (Some(open), Some(closed)));
    assert_eq!(
        budgets(chain, "panicBudget: { per: 1m }, "),
        (Some(open), Some(seldom))
    );
    assert_eq!(budgets(chain, "panicBudget: off, "), (Some(open), None));
    assert_eq!(budgets("panicBudget: off, ", ""), (None, None));
    assert_eq!(
        budgets("panicBudget: off, ", "panicBudget: {}, "),
        (None, Some(default))
    );
}

#[test]
fn a_node_without_a_name_is_called_by_its_kind() {
    assert_eq!(
        parse(Format::Yaml, &with("")).unwrap().chains[0].nodes[0].name,
        "route"
    );
}

#[test]
fn a_rule_is_turned_off_by_off_or_null_and_a_breaker_as_a_whole() {
    assert_eq!(breaker("{ failureRate: off }").failure_rate, None);
    assert_eq!(breaker("{ failureRate: null }").failure_rate, None);
    assert_eq!(breaker("{ failureRatePct: off }").failure_rate, None);
    assert_eq!(breaker("{ failureRate: ~ }").consecutive_failures, Some(7));
    assert_eq!(breaker("{ consecutiveTimeouts: off }").consecutive_timeouts, None);
    assert_eq!(breaker("{ slowCall: off }").slow_call, None);
    assert_eq!(breaker("{ slowCall: {} }").slow_call, Some(SlowCall::default()));
    for off in ["off", "null", "\"off\""] {
        assert_eq!(breaker(off), BreakerPolicy::off(), "{off}");
    }
}

#[test]
fn a_window_is_by_time_or_by_calls() {
    let time = Duration::from_secs(3);
    assert_eq!(
        breaker("{ window: { time: 3s } }").window,
        WindowLength::Time(time)
    );
    assert_eq!(
        breaker("{ window: { calls: 100 } }").window,
        WindowLength::Calls(100)
    );
    assert_eq!(breaker("{ window: {} }").window, WindowLength::default());
}

#[test]
fn one_time_for_open_for_is_always_exactly_that_time() {
    let fixed = OpenFor::fixed(Duration::from_millis(500));
    assert_eq!(breaker("{ openFor: 500ms }").open_for, fixed);
    assert_eq!(breaker("{ openForMs: 500 }").open_for, fixed);
}

#[test]
fn every_unit_of_time_is_understood() {
    for (text, time) in [
        ("1ms", Duration::from_millis(1)),
        ("20s", Duration::from_secs(20)),
        ("3m", Duration::from_secs(180)),
        ("2h", Duration::from_secs(7200)),
    ] {
        assert_eq!(
            upstream(&format!("    timeout: {text}\n")).timeout,
            time,
            "{text}"
        );
    }
}

#[test]
fn variables_are_substituted_in_every_format() {
    let web = upstream(
        "    timeout: ${TIMEOUT:-3s}\n    breaker: { failureRate: \"${RATE}\", minCalls: \"${EMPTY:-9}\" }\n",
    );
    assert_eq!(web.timeout, Duration::from_secs(3));
    assert_eq!(web.breaker.failure_rate, Some(0.25));
    assert_eq!(web.breaker.min_calls, 9);

    let toml = TOML
        .replace("\"127.0.0.1:9001\"", "\"${HOST}:${PORT}\"")
        .replace("= 0.25", "= \"${RATE}\"");
    assert_eq!(
        parse(Format::Toml, &toml).unwrap(),
        parse(Format::Yaml, YAML).unwrap()
    );
    let json = JSON
        .replace("\"127.0.0.1:9001\"", "\"${HOST}:${PORT}\"")
        .replace(": 25,", ": \"${NONE:-25}\",");
    assert_eq!(
        parse(Format::Json, &json).unwrap(),
        parse(Format::Yaml, YAML).unwrap()
    );
}

#[test]
fn two_dollars_write_a_literal_substitution() {
    let text = YAML.replace("name: choose", "name: \"$${PORT}$$\"");
    let revision = parse(Format::Yaml, &text).unwrap();
    assert_eq!(revision.chains[0].nodes[0].name, "${PORT}$$");
}

#[test]
fn a_substituted_number_may_be_a_name() {
    let text = with("")
        .replace("upstream: web}", "upstream: \"${PORT}\"}")
        .replace("  web:", "  9001:");
    assert_eq!(parse(Format::Yaml, &text).unwrap().upstreams[0].name, "9001");
}

#[test]
fn an_alias_repeats_what_it_stands_for() {
    let text = with(
        "    breaker: &careful { minCalls: 3 }\n  other: { endpoints: [\"127.0.0.1:9002\"], breaker: *careful }\n",
    );
    let revision = parse(Format::Yaml, &text).unwrap();
    assert_eq!(revision.upstreams[1].breaker.min_calls, 3);
    assert_eq!(revision.upstreams[0].breaker, revision.upstreams[1].breaker);
}

#[test]
fn names_upstreams_and_chains_that_nothing_uses_are_fine() {
    let text = with("  spare: { endpoints: [\"127.0.0.1:9009\"] }\n");
    assert_eq!(parse(Format::Yaml, &text).unwrap().upstreams.len(), 2);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let windows = format!("\u{feff}{}", YAML.replace('\n', "\r\n"));
    assert_eq!(
        parse(Format::Yaml, &windows).unwrap(),
        parse(Format::Yaml, YAML).unwrap()
    );
    let windows = format!("\u{feff}{}", TOML.replace('\n', "\r\n"));
    assert_eq!(
        parse(Format::Toml, &windows).unwrap(),
        parse(Format::Yaml, YAML).unwrap()
    );
    let windows = format!("\u{feff}{}", JSON.replace('\n', "\r\n"));
    assert_eq!(
        parse(Format::Json, &windows).unwrap(),
        parse(Format::Yaml, YAML).unwrap()
    );
}

#[test]
fn what_was_parsed_passes_the_check_of_trees_built_in_code() {
    assert_eq!(parse(Format::Yaml, YAML).unwrap().check(), Ok(()));
}
