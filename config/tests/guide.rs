//! The guide to the config file says what is true.
#![allow(clippy::unwrap_used)]

mod support;

use hedgerow_config::{
    Balance, BreakerPolicy, Format, ListenerLimits, OutlierPolicy, PoolPolicy, RetryPolicy, Upstream,
};
use support::parse;

const GUIDE: &str = include_str!("../../docs/guide/config.md");

#[test]
fn the_example_of_the_guide_is_accepted_and_its_figures_are_the_defaults() {
    let (_, from_example) = GUIDE.split_once("```yaml\n").unwrap();
    let (example, _) = from_example.split_once("```").unwrap();
    let revision = parse(Format::Yaml, example).unwrap();
    assert_eq!(revision.listeners[0].limits, ListenerLimits::default());
    assert_eq!(revision.upstreams.len(), 2);
    for upstream in &revision.upstreams {
        assert_eq!(upstream.breaker, BreakerPolicy::default(), "{}", upstream.name);
        assert_eq!(upstream.pool, PoolPolicy::default(), "{}", upstream.name);
        assert_eq!(upstream.balance, Balance::default());
        assert_eq!(upstream.slow_start, None);
        assert_eq!(upstream.outlier, OutlierPolicy::default());
        assert_eq!(upstream.health_checks, []);
        assert_eq!(upstream.timeout, Upstream::TIMEOUT);
        assert_eq!(upstream.retry, RetryPolicy::default());
        assert!(upstream.required);
        assert_eq!(upstream.hedge, None);
        assert_eq!(upstream.connect_timeout, Upstream::CONNECT_TIMEOUT);
    }
}

#[test]
fn the_substitution_of_the_guide_is_accepted_inside_of_braces() {
    let (_, from_example) = GUIDE.split_once("stands in quotes: `").unwrap();
    let (listener, _) = from_example.split_once("`.").unwrap();
    let text = format!(
        "version: 1\nlisteners: [ {listener} ]\nchains: {{ edge: {{ nodes: [ {{ kind: route, rules: \
         [ {{ path: /, upstream: web }} ] }} ] }} }}\nupstreams: {{ web: {{ endpoints: [ \"a:1\" ] }} }}\n"
    );
    let revision = parse(Format::Yaml, &text).unwrap();
    assert_eq!(revision.listeners[0].bind, "127.0.0.1:8080".parse().unwrap());
}
