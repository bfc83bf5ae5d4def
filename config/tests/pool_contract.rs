//! The contract of one pool, as a document of its own.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_config::{Errors, Format, PoolContract, PoolPolicy, Revision, Slo, Source};

fn parse(format: Format, text: &str) -> Result<PoolContract, Errors> {
    let name = "payments.yaml";
    PoolContract::parse(&Source { name, text, format }, &|_| None)
}

const OF_THE_REPORT: &str = "\
pool: payments
maxLeases: 200
minKeepAliveMs: 30000
slo:
  p95LatencyMs: 120
  errorRatePct: 0.5
";

#[test]
fn the_contract_of_the_field_report_loads_as_it_stands() {
    let contract = parse(Format::Yaml, OF_THE_REPORT).unwrap();
    let expected = PoolContract {
        name: "payments".to_owned(),
        policy: PoolPolicy {
            max_leases: 200,
            min_keep_alive: Duration::from_secs(30),
            slo: Slo {
                p95_latency: Some(Duration::from_millis(120)),
                error_rate: Some(0.005),
                ..Slo::default()
            },
            ..PoolPolicy::default()
        },
    };
    assert_eq!(contract, expected);
}

#[test]
fn each_key_says_what_it_is_named_after_in_any_format() {
    let json = r#"{ "pool": "db", "maxLeases": 7, "maxWaiting": 0, "maxWait": "2s", "barging": 3, "minKeepAlive": "1m",
        "maxLife": "off", "longestLeaseMs": 1500, "slo": { "p95Latency": "off", "errorRate": 0.1, "window": "10s" } }"#;
    let contract = parse(Format::Json, json).unwrap();
    let expected = PoolPolicy {
        max_leases: 7,
        max_waiting: 0,
        max_wait: Duration::from_secs(2),
        barging: 3,
        min_keep_alive: Duration::from_secs(60),
        max_life: None,
        longest_lease: Some(Duration::from_millis(1500)),
        slo: Slo {
            p95_latency: None,
            error_rate: Some(0.1),
            window: Duration::from_secs(10),
        },
    };
    assert_eq!(contract.policy, expected);
    let off = parse(Format::Yaml, "pool: db\nslo: off\n").unwrap();
    assert_eq!(off.policy, PoolPolicy::default());
}

#[test]
fn every_mistake_of_a_contract_is_said_at_its_place() {
    let text = "\
maxLeases: 0
maxWaiting: 2000000
barging: 1001
minKeepAlive: 30
minKeepAliveMs: 30000
maxLife: 0s
slo: { p95LatencyMs: 0, errorRatePct: 200, p99Latency: 1s }
leases: 3
";
    let errors = parse(Format::Yaml, text).unwrap_err().to_string();
    let keys = [
        "1:1: pool: `pool` is missing",
        "maxLeases: expected at least 1, found 0",
        "maxWaiting: expected at most 1000000, found 2000000",
        "barging: expected at most 1000, found 1001",
        "minKeepAliveMs",
        "6:10: maxLife: expected a time longer than 0",
        "slo.p95LatencyMs: expected a time longer than 0",
        "slo.errorRatePct: expected a share above 0 and at most 1",
        "slo.p99Latency: unknown key",
        "leases: unknown key",
    ];
    for key in keys {
        assert!(errors.contains(key), "{key} in\n{errors}");
    }
    assert_eq!(errors.lines().count(), keys.len(), "{errors}");
}

#[test]
fn what_is_no_contract_is_refused_and_nothing_else_is_said() {
    for text in ["[]", "pool: 7\nmaxLeases: 3\n", "pool: \"\"\n"] {
        let errors = parse(Format::Yaml, text).unwrap_err();
        assert_eq!(errors.iter().count(), 1, "{errors}");
    }
}

#[test]
fn a_contract_that_is_taken_for_a_config_says_where_it_belongs_and_nothing_else() {
    let source = Source {
        name: "payments.yaml",
        text: OF_THE_REPORT,
        format: Format::Yaml,
    };
    let errors = Revision::parse(&source, &|_| None).unwrap_err().to_string();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    for hint in [
        "payments.yaml:1:1",
        "`PoolContract::parse`",
        "`upstreams.NAME.pool`",
    ] {
        assert!(errors.contains(hint), "{errors}");
    }
}
