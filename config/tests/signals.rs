//! Nodes that make faults, route, trace and log: documents that are accepted, and what they become.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    AccessLog, Fault, FaultKind, Format, HeaderMatch, Inject, LogOutput, NodeKind, Parent, Route, RouteRule,
    Sticky, Trace,
};
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

/// What the rules of a route become.
fn rules(text: &str) -> Vec<RouteRule> {
    let document = format!(
        "version: 1\nlisteners: [ {{ bind: '127.0.0.1:8080', chain: edge }} ]\nchains: {{ edge: {{ nodes: [ \
         {{ kind: route, rules: [ {text} ] }} ] }} }}\n\
         upstreams: {{ web: {{ endpoints: [ \"a:1\" ] }}, next: {{ endpoints: [ \"b:1\" ] }} }}\n"
    );
    let NodeKind::Route(Route { rules }) = parse(Format::Yaml, &document).unwrap().chains[0].nodes[0]
        .kind
        .clone()
    else {
        panic!("no route")
    };
    rules
}

#[test]
fn a_rule_asks_for_a_path_a_method_headers_and_a_host() {
    assert_eq!(
        rules("{ exact: /pay, upstream: web }"),
        [RouteRule::new("/pay", "web").exact()]
    );
    let all = RouteRule::new("/pay", "web")
        .method("GET")
        .method("M-SEARCH")
        .header("x-a", HeaderMatch::Is("1".to_owned()))
        .header("X-B", HeaderMatch::Present)
        .host("*.Shop.example");
    let text = "{ path: /pay, methods: [GET, M-SEARCH], headers: { x-a: \"1\", X-B: present }, host: \"*.Shop.example\", upstream: web }";
    assert_eq!(rules(text), [all]);
}

#[test]
fn rules_for_one_path_may_differ_in_anything_else() {
    let text = "{ exact: /, upstream: web }, { path: /, methods: [GET], upstream: web }, { path: /, methods: [POST], upstream: web }, \
                { path: /, host: a, upstream: web }, { path: /pay, upstream: next }, { path: /, upstream: web }";
    assert_eq!(rules(text).len(), 6);
}

#[test]
fn a_split_has_weights_and_may_be_sticky() {
    let split = |weights| RouteRule::split("/", weights);
    assert_eq!(
        rules("{ path: /, split: [ { upstream: web, weight: 95 }, { upstream: next, weight: 5 } ] }"),
        [split([("web", 95), ("next", 5)])]
    );
    for (text, sticky) in [
        ("header:x-user", Sticky::Header("x-user".to_owned())),
        ("cookie:sid", Sticky::Cookie("sid".to_owned())),
        ("address", Sticky::Address),
    ] {
        let rule = format!(
            "{{ path: /, split: [ {{ upstream: web, weight: 1 }}, {{ upstream: next, weight: 0 }} ], sticky: \"{text}\" }}"
        );
        assert_eq!(rules(&rule), [split([("web", 1), ("next", 0)]).sticky(sticky)]);
    }
}

#[test]
fn a_trace_follows_who_sent_it_unless_it_says_otherwise() {
    assert_eq!(node("{ kind: trace }"), Trace::new().into());
    let ours = Trace::new().sample(0.5).parent(Parent::Ignore);
    assert_eq!(
        node("{ kind: trace, samplePct: 50, parent: ignore }"),
        ours.into()
    );
    assert_eq!(
        node("{ kind: trace, sample: 0, parent: follow }"),
        Trace::new().sample(0.0).into()
    );
}

#[test]
fn an_access_log_says_which_requests_it_logs_and_where() {
    assert_eq!(node("{ kind: accessLog }"), AccessLog::new().into());
    let some = AccessLog::new()
        .sample(0.1)
        .slow(Duration::from_millis(500))
        .to(LogOutput::Stderr);
    assert_eq!(
        node("{ kind: accessLog, samplePct: 10, slow: 500ms, to: stderr }"),
        some.into()
    );
    let mut never_slow = AccessLog::new();
    never_slow.slow = None;
    assert_eq!(
        node("{ kind: accessLog, slow: off, to: stdout }"),
        never_slow.into()
    );
}
