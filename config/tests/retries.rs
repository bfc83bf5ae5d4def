//! The keys of retries and hedges.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    Format, HedgeAfter, HedgePolicy, RetryBackoff, RetryBudget, RetryCause, RetryPolicy, Upstream,
};
use support::parse;

const MS: Duration = Duration::from_millis(1);

/// The upstream of a document that says this of it.
fn upstream(lines: &str) -> Upstream {
    let document = format!(
        "version: 1\n\
         listeners: [ {{ bind: 127.0.0.1:8080, chain: edge }} ]\n\
         chains: {{ edge: {{ nodes: [ {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }} }}\n\
         upstreams:\n  web:\n    endpoints: [ \"127.0.0.1:9001\" ]\n{lines}"
    );
    let revision = parse(Format::Yaml, &document);
    revision.unwrap().upstreams.remove(0)
}

#[test]
fn the_defaults_are_those_that_the_guide_promises() {
    let defaults = upstream(
        "    retry: { maxRetries: 1, backoff: { initial: 25ms, max: 250ms }, budget: { ratio: 0.2, min: 3 }, \
         on: [connect, reset, 500, 502, 503, 504], perTryTimeout: off, replayBytes: 65536 }\n    hedge: off\n",
    );
    assert_eq!(defaults, upstream(""));
    assert_eq!(defaults.retry, RetryPolicy::default());
    assert_eq!(defaults.retry.check(), Ok(()));
    assert_eq!(RetryPolicy::off().check(), Ok(()));
}

#[test]
fn every_key_is_read_in_both_of_its_forms() {
    let expected = RetryPolicy {
        max_retries: 4,
        backoff: RetryBackoff {
            initial: 10 * MS,
            max: 10 * MS,
        },
        budget: RetryBudget { ratio: 0.5, min: 0 },
        on: vec![RetryCause::Status(429), RetryCause::Reset],
        per_try_timeout: Some(300 * MS),
        replay_bytes: 0,
        idempotent_by: Some("idempotency-key".to_owned()),
    };
    for (backoff, budget, timeout) in [
        (
            "{ initial: 10ms, max: 10ms }",
            "{ ratio: 0.5, min: 0 }",
            "perTryTimeout: 300ms",
        ),
        (
            "{ initialMs: 10, maxMs: 10 }",
            "{ ratioPct: 50, min: 0 }",
            "perTryTimeoutMs: 300",
        ),
    ] {
        let read = upstream(&format!(
            "    retry: {{ maxRetries: 4, backoff: {backoff}, budget: {budget}, on: [ 429, reset ], {timeout}, replayBytes: 0, \
             idempotentBy: \"header:Idempotency-Key\" }}\n"
        ));
        assert_eq!(read.retry, expected);
    }
}

#[test]
fn a_hedge_comes_after_a_time_or_a_percentile() {
    let after_50ms = HedgePolicy::after(HedgeAfter::Time(50 * MS));
    let after_p95 = HedgePolicy {
        after: HedgeAfter::Percentile(95),
        max: 2,
    };
    for (line, expected) in [
        ("    hedge: { after: 50ms }\n", Some(after_50ms)),
        ("    hedge: { afterMs: 50, max: 1 }\n", Some(after_50ms)),
        ("    hedge: { after: p95, max: 2 }\n", Some(after_p95)),
        ("    hedge: off\n", None),
    ] {
        assert_eq!(upstream(line).hedge, expected, "{line}");
    }
}

#[test]
fn every_number_is_checked() {
    let policy = RetryPolicy {
        max_retries: RetryPolicy::MOST + 1,
        backoff: RetryBackoff {
            initial: 2 * MS,
            max: MS,
        },
        budget: RetryBudget {
            ratio: f64::NAN,
            min: u32::MAX,
        },
        on: vec![RetryCause::Status(200), RetryCause::Reset, RetryCause::Reset],
        per_try_timeout: Some(Duration::ZERO),
        replay_bytes: RetryPolicy::MOST_REPLAY_BYTES + 1,
        idempotent_by: Some("no name".to_owned()),
    };
    let hedge = HedgePolicy {
        after: HedgeAfter::Percentile(100),
        max: 4,
    };
    let found: Vec<String> = [policy.check(), hedge.check()]
        .into_iter()
        .flat_map(|checked| checked.err().into_iter().flatten())
        .map(|violation| violation.key.to_string())
        .collect();
    assert_eq!(
        found,
        [
            "maxRetries",
            "backoff.max",
            "budget.ratio",
            "on[0]",
            "on[2]",
            "perTryTimeout",
            "replayBytes",
            "idempotentBy",
            "after",
            "max",
        ]
    );
}
