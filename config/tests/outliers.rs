//! What a document says of outliers and health checks.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    Consecutive, FailurePercentage, Format, HealthCheck, HealthCheckKind, LatencyFactor, OutlierPolicy,
    Scope, SuccessRate, Upstream,
};
use support::parse;

fn upstream(keys: &str) -> Upstream {
    let document = format!(
        "version: 1
listeners: [ {{ bind: \"127.0.0.1:8080\", chain: edge }} ]
chains: {{ edge: {{ nodes: [ {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }} }}
upstreams: {{ web: {{ endpoints: [ \"a:1\" ], {keys} }} }}
"
    );
    parse(Format::Yaml, &document).unwrap().upstreams.remove(0)
}

#[test]
fn a_streak_ejects_by_default_unless_each_endpoint_has_a_breaker_or_it_is_asked_for_there() {
    for (keys, expected) in [
        ("timeout: 1s", None),
        ("breaker: { per: upstream }", Some(5)),
        ("breaker: { per: tenant }, outlier: { consecutive: 3 }", Some(3)),
        ("breaker: { per: upstream }, outlier: { consecutive: off }", None),
        ("breaker: { per: upstream }, outlier: off", None),
        ("outlier: { consecutive: 2 }", Some(2)),
    ] {
        let upstream = upstream(keys);
        let consecutive = upstream.outlier.consecutive.under(upstream.per);
        assert_eq!(consecutive, expected, "{keys}");
        assert_eq!(upstream.outlier.is_on(upstream.per), expected.is_some(), "{keys}");
    }
}

#[test]
fn every_key_of_an_outlier_is_read() {
    let keys = "outlier: {
        consecutive: 4, every: 1s, ejectForMs: 2000, maxEjectFor: 3s, jitterPct: 20, maxEject: 0.3, alwaysEjectOne: false,
        panicBelowPct: 25, successRate: { factor: 2.5, minEndpoints: 3, minCalls: 4 },
        failurePercentage: { thresholdPct: 70, minEndpoints: 5, minCalls: 6 },
        latency: { factor: 4, quantilePct: 50, overMs: 7, minEndpoints: 8, minCalls: 9 } }";
    let expected = OutlierPolicy {
        consecutive: Consecutive::After(4),
        every: Duration::from_secs(1),
        eject_for: Duration::from_secs(2),
        max_eject_for: Duration::from_secs(3),
        jitter: 0.2,
        max_eject: 0.3,
        always_eject_one: false,
        panic_below: 0.25,
        success_rate: Some(SuccessRate {
            factor: 2.5,
            min_endpoints: 3,
            min_calls: 4,
        }),
        failure_percentage: Some(FailurePercentage {
            threshold: 0.7,
            min_endpoints: 5,
            min_calls: 6,
        }),
        latency: Some(LatencyFactor {
            factor: 4.0,
            quantile: 0.5,
            over: Duration::from_millis(7),
            min_endpoints: 8,
            min_calls: 9,
        }),
    };
    assert_eq!(upstream(keys).outlier, expected);
}

#[test]
fn the_longest_ejection_is_by_default_no_shorter_than_the_first() {
    for (keys, seconds) in [
        ("ejectFor: 1h", 3_600),
        ("ejectFor: 10s", 300),
        ("ejectFor: 1s, maxEjectFor: 2s", 2),
    ] {
        let read = upstream(&format!("outlier: {{ {keys} }}")).outlier;
        assert_eq!(read.max_eject_for, Duration::from_secs(seconds), "{keys}");
    }
}

#[test]
fn a_rule_that_says_nothing_has_its_defaults_and_one_that_is_off_or_missing_is_off() {
    let read = upstream("outlier: { successRate: {}, failurePercentage: {}, latency: {} }").outlier;
    assert_eq!(read.success_rate, Some(SuccessRate::default()));
    assert_eq!(read.failure_percentage, Some(FailurePercentage::default()));
    assert_eq!(read.latency, Some(LatencyFactor::default()));
    assert!(read.is_on(Scope::Endpoint));
    for keys in [
        "outlier: { successRate: off, failurePercentage: off, latency: off }",
        "outlier: {}",
    ] {
        assert_eq!(upstream(keys).outlier, OutlierPolicy::default(), "{keys}");
    }
}

#[test]
fn every_key_of_a_health_check_is_read_and_none_is_made_by_default() {
    assert_eq!(upstream("timeout: 1s").health_checks, []);
    assert_eq!(upstream("healthChecks: off").health_checks, []);
    let keys = "healthChecks: [ { kind: http, path: /healthz }, { kind: tcp },
        { kind: http, path: \"/deep?all\", expect: [ 200, 204 ], every: 2s, timeoutMs: 300, unhealthyAfter: 4,
          healthyAfter: 5, jitterPct: 30 } ]";
    let expected = [
        HealthCheck::new(HealthCheckKind::http("/healthz")),
        HealthCheck::new(HealthCheckKind::Tcp),
        HealthCheck {
            kind: HealthCheckKind::Http {
                path: "/deep?all".to_owned(),
                expect: vec![200, 204],
            },
            every: Duration::from_secs(2),
            timeout: Duration::from_millis(300),
            unhealthy_after: 4,
            healthy_after: 5,
            jitter: 0.3,
        },
    ];
    assert_eq!(upstream(keys).health_checks, expected);
}
