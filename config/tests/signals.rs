//! Nodes that make faults, route, trace and log: documents that are accepted, and what they become.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{Fault, FaultKind, Format, Inject, NodeKind};
use support::parse;

/// What a node becomes that stands in front of a route.
fn node(text: &str) -> NodeKind {
    let document = format!(
        "version: 1\nlisteners: [ {{ bind: '127.0.0.1:8080', chain: edge }} ]\nchains: {{ edge: {{ nodes: [ {text}, \
         {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }} }}\n\
         upstreams: {{ web: {{ endpoints: [ \"a:1\" ] }} }}\n"
    );
    parse(Format::Yaml, &document).unwrap().chains[0].nodes[0]
        .kind
        .clone()
}

#[test]
fn faults_are_asked_for_by_a_header_or_made_of_a_share() {
    assert_eq!(
        node("{ kind: inject, header: X-Inject }"),
        Inject::by_header("X-Inject").into()
    );
    let careful = Inject::by_header("x-inject")
        .allow([FaultKind::Delay, FaultKind::Abort])
        .max_delay(Duration::from_secs(2));
    assert_eq!(
        node("{ kind: inject, header: x-inject, allow: [delay, abort], maxDelay: 2s }"),
        careful.into()
    );
    let delay = Fault::Delay(Duration::from_millis(200));
    let now_and_then = Inject::share(0.01).fault(delay).fault(Fault::Abort(503));
    for text in [
        "{ kind: inject, share: 0.01, delay: 200ms, abort: 503 }",
        "{ kind: inject, sharePct: 1, delayMs: 200, abort: 503, panic: false }",
    ] {
        assert_eq!(node(text), now_and_then.clone().into(), "{text}");
    }
    assert_eq!(
        node("{ kind: inject, panic: true }"),
        Inject::share(1.0).fault(Fault::Panic).into()
    );
}
