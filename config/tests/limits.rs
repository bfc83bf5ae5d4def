//! Nodes that limit: what a document says of them, and what they become.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    AdaptiveLimit, Believe, Chain, Concurrency, Format, LimitKey, Node, NodeKind, RateLimit, Route, Shed,
    WithoutKey,
};
use support::parse;

/// The first node of a chain that stands in such a document.
fn node(text: &str) -> NodeKind {
    let document = format!(
        "version: 1\nlisteners: [ {{ bind: \"127.0.0.1:0\", chain: edge }} ]\nchains:\n  edge:\n    nodes:\n      - {text}\n      \
         - {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }}\nupstreams: {{ web: {{ endpoints: [ \"a:1\" ] }} }}\n"
    );
    let revision = parse(Format::Yaml, &document).unwrap_or_else(|errors| panic!("{errors}"));
    revision.chains[0].nodes[0].kind.clone()
}

/// What a tree built in code is told of this node.
fn mistakes(kind: impl Into<NodeKind>) -> Vec<String> {
    let nodes = vec![
        Node::new("limit", kind),
        Node::new("route", Route::new().rule("/", "web")),
    ];
    let found = Chain::new("edge", nodes).check().err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_key_of_a_rate_limit_arrives() {
    let all = "{ name: quota, kind: rateLimit, perSecond: 500, burst: 100, key: \"header:X-Tenant\", withoutKey: pass, maxKeys: 5 }";
    let quota = RateLimit::per_second(500)
        .burst(100)
        .key(LimitKey::header("x-tenant"))
        .without_key(WithoutKey::Pass)
        .max_keys(5);
    assert_eq!(node(all), quota.into());
}

#[test]
fn a_rate_limit_says_no_more_than_it_must() {
    assert_eq!(
        node("{ kind: rateLimit, perHour: 7 }"),
        RateLimit::per_hour(7).into()
    );
    let quota = RateLimit::per_minute(60);
    assert_eq!((quota.most_at_once(), quota.max_keys), (60, 10_000));
    assert_eq!(
        (&quota.key, quota.without_key),
        (&LimitKey::None, WithoutKey::Share)
    );
    assert_eq!(
        node("{ kind: rateLimit, perMinute: 60, key: none, withoutKey: share }"),
        quota.into()
    );
}

#[test]
fn a_rate_limit_is_kept_for_each_of_these() {
    for (text, key) in [("address", LimitKey::Address), ("tenant", LimitKey::Tenant)] {
        let text = format!("{{ kind: rateLimit, perSecond: 1, key: {text} }}");
        assert_eq!(node(&text), RateLimit::per_second(1).key(key).into());
    }
}

#[test]
fn a_rate_limit_in_code_is_held_to_the_same_rules() {
    assert_eq!(mistakes(RateLimit::per_second(1)), [] as [&str; 0]);
    assert_eq!(
        mistakes(
            RateLimit::per_minute(0)
                .burst(0)
                .max_keys(0)
                .key(LimitKey::header("x y"))
        ),
        [
            "chains.edge.nodes[0].perMinute: expected at least 1, found 0",
            "chains.edge.nodes[0].burst: expected at least 1, found 0",
            "chains.edge.nodes[0].maxKeys: expected at least 1, found 0",
            "chains.edge.nodes[0].key: expected the name of a header, found `x y`; write letters, digits and hyphens",
        ]
    );
}

#[test]
fn every_key_of_a_limit_of_those_at_once_arrives() {
    let fixed = Concurrency::fixed(100)
        .wait(Duration::from_millis(100))
        .max_waiting(7);
    for text in [
        "{ kind: concurrency, max: 100, wait: 100ms, maxWaiting: 7 }",
        "{ kind: concurrency, max: 100, waitMs: 100, maxWaiting: 7 }",
    ] {
        assert_eq!(node(text), fixed.clone().into());
    }
    let adaptive = Concurrency::adaptive(AdaptiveLimit {
        initial: 30,
        min: 7,
        max: 90,
        tolerance: 2.0,
    });
    let text = "{ kind: concurrency, adaptive: { initial: 30, min: 7, max: 90, tolerance: 2 } }";
    assert_eq!(node(text), adaptive.into());
}

#[test]
fn a_limit_of_those_at_once_says_no_more_than_it_must() {
    for text in [
        "{ kind: concurrency, max: 5 }",
        "{ kind: concurrency, max: 5, wait: off }",
    ] {
        assert_eq!(node(text), Concurrency::fixed(5).into());
    }
    let adaptive = Concurrency::adaptive(AdaptiveLimit {
        initial: 20,
        min: 5,
        max: 1_000,
        tolerance: 1.5,
    });
    assert_eq!(node("{ kind: concurrency, adaptive: {} }"), adaptive.into());
}

#[test]
fn a_limit_of_those_at_once_in_code_is_held_to_the_same_rules() {
    assert_eq!(
        mistakes(Concurrency::fixed(5).wait(Duration::from_secs(1))),
        [] as [&str; 0]
    );
    let adaptive = AdaptiveLimit {
        tolerance: f64::NAN,
        ..AdaptiveLimit::default()
    };
    assert_eq!(
        mistakes(
            Concurrency::adaptive(adaptive)
                .wait(Duration::ZERO)
                .max_waiting(0)
        ),
        [
            "chains.edge.nodes[0].adaptive.tolerance: expected a number from 1 to 10, found `NaN`; write for example `1.5`",
            "chains.edge.nodes[0].wait: expected a time longer than 0, found 0; raise it",
            "chains.edge.nodes[0].maxWaiting: expected at least 1, found 0",
        ]
    );
}

#[test]
fn every_key_of_shedding_arrives() {
    let shed = Shed::new()
        .header("X-Priority")
        .levels(["high", "normal", "bulk"])
        .default_to("bulk")
        .believe(Believe::Everyone)
        .in_flight(200)
        .from(0.6)
        .latency(Duration::from_millis(500));
    for when in [
        "{ inFlight: 200, from: 0.6, latency: 500ms }",
        "{ inFlight: 200, fromPct: 60, latencyMs: 500 }",
    ] {
        let text = format!(
            "{{ kind: shed, priority: \"header:x-priority\", levels: [ high, normal, bulk ], default: bulk, believe: everyone, when: {when} }}"
        );
        assert_eq!(node(&text), shed.clone().into());
    }
}

#[test]
fn shedding_says_no_more_than_it_must() {
    let shed = Shed::new().in_flight(200);
    assert_eq!(
        node("{ kind: shed, when: { inFlight: 200 } }"),
        shed.clone().into()
    );
    let Shed {
        header,
        levels,
        default,
        believe,
        from,
        latency,
        ..
    } = shed;
    assert_eq!(levels, ["criticalPlus", "critical", "sheddablePlus", "sheddable"]);
    assert_eq!((header, default, believe), (None, None, Believe::TrustedHops));
    assert_eq!((from, latency), (0.5, None));
    let slow = Shed::new().latency(Duration::from_secs(1));
    assert_eq!(
        node("{ kind: shed, believe: trustedHops, when: { latency: 1s } }"),
        slow.into()
    );
}

#[test]
fn shedding_in_code_is_held_to_the_same_rules() {
    assert_eq!(mistakes(Shed::new().in_flight(1)), [] as [&str; 0]);
    assert_eq!(
        mistakes(
            Shed::new()
                .header("x y")
                .levels(["one"])
                .default_to("two")
                .from(f64::NAN)
        ),
        [
            "chains.edge.nodes[0].priority: expected the name of a header, found `x y`; write letters, digits and hyphens",
            "chains.edge.nodes[0].levels: expected from 2 to 8 levels, the most important first, found `1`; write for example `[ critical, normal, bulk ]`",
            "chains.edge.nodes[0].default: expected one of the levels, found `two`; write one of them, or add it",
            "chains.edge.nodes[0].when: expected at least one of `inFlight` and `latency`, found `none`; write for example `when: { inFlight: 200 }`",
            "chains.edge.nodes[0].when.from: expected a share above 0 and at most 1 (1 is 100 percent), found NaN",
        ]
    );
}
