//! The nodes that edit heads and set limits, as a document writes them and as code does.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{
    BodyLimit, Chain, Cors, Deadline, Format, HeaderEdits, Headers, IdCharacters, KeepId, Node, NodeKind,
    RequestId, Rewrite, StaticReply,
};
use support::parse;

/// What the first node of a chain does that is written so.
fn kind(node: &str) -> NodeKind {
    let text = format!(
        "version: 1
listeners: [ {{ bind: \"127.0.0.1:8080\", chain: edge }} ]
chains: {{ edge: {{ nodes: [ {node}, {{ kind: reply }} ] }} }}
upstreams: {{}}
"
    );
    let revision = parse(Format::Yaml, &text).unwrap();
    let kind = revision.chains[0].nodes[0].kind.clone();
    assert_eq!(revision.chains[0].nodes[0].name, kind.name());
    kind
}

/// What is wrong with it, built in code.
fn violations(kind: impl Into<NodeKind>) -> Vec<String> {
    let nodes = vec![Node::new("n", kind), Node::new("last", StaticReply::default())];
    let checked = Chain::new("edge", nodes).check();
    let found = checked.err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_deadline_is_read_with_its_defaults_and_in_both_forms() {
    assert_eq!(kind("{ kind: deadline }"), Deadline::default().into());
    let seconds = Duration::from_secs;
    let expected = Deadline::new(seconds(5)).max(seconds(30)).min(seconds(1));
    for node in [
        "{ kind: deadline, default: 5s, max: 30s, min: 1s }",
        "{ kind: deadline, defaultMs: 5000, maxMs: 30000, minMs: 1000 }",
    ] {
        assert_eq!(kind(node), expected.clone().into());
    }
    assert_eq!(
        violations(Deadline::new(seconds(5)).min(seconds(6))),
        [
            "chains.edge.nodes[0].min: expected at most what `default` gives, found `6s`; lower `min` or raise `default`"
        ]
    );
}

#[test]
fn a_request_id_is_read_with_its_defaults() {
    assert_eq!(kind("{ kind: requestId }"), RequestId::default().into());
    assert_eq!(
        kind("{ kind: requestId, keep: always, maxLength: 128, characters: visible, header: x-request-id }"),
        RequestId::default().into()
    );
    let strict = RequestId::new()
        .header("x-correlation-id")
        .keep(KeepId::Trusted)
        .max_length(36)
        .characters(IdCharacters::Plain);
    assert_eq!(
        kind(
            "{ kind: requestId, header: x-correlation-id, keep: trusted, maxLength: 36, characters: plain }"
        ),
        strict.into()
    );
    assert_eq!(
        kind("{ kind: requestId, keep: never }"),
        RequestId::new().keep(KeepId::Never).into()
    );
    assert_eq!(
        violations(RequestId::new().header("").max_length(2_000)),
        [
            "chains.edge.nodes[0].header: expected the name of a header, found ``; write letters, digits and hyphens",
            "chains.edge.nodes[0].maxLength: expected at most 1024, found 2000; lower it"
        ]
    );
}

#[test]
fn edits_of_headers_are_read_in_order() {
    let headers = Headers::new()
        .request(
            HeaderEdits::new()
                .set("x-edge", "eu-1")
                .set("x-a", "")
                .remove("cookie")
                .remove("x-b"),
        )
        .reply(HeaderEdits::new().add("set-cookie", "seen=1"));
    assert_eq!(
        kind(
            "{ kind: headers, request: { set: { x-edge: eu-1, x-a: \"\" }, remove: [ cookie, x-b ] }, \
             reply: { add: { set-cookie: seen=1 } } }"
        ),
        headers.into()
    );
    assert_eq!(
        violations(Headers::new().reply(HeaderEdits::new().set("Upgrade", "a\nb"))),
        [
            "chains.edge.nodes[0].reply.set.Upgrade: expected a header that is not the server's own, found `Upgrade`; \
             remove it: the server says itself where a message ends and how its connection goes on",
            "chains.edge.nodes[0].reply.set.Upgrade: expected the value of a header: visible ASCII characters, and blanks \
             between them, found `a\nb`; change or remove it"
        ]
    );
    assert_eq!(
        violations(Headers::new().reply(HeaderEdits::new().set("host", "a"))),
        [] as [&str; 0]
    );
}

#[test]
fn a_rewrite_is_read_and_its_host_may_be_of_any_sort() {
    let both = Rewrite::new()
        .strip_prefix("/shop")
        .add_prefix("/v2")
        .host("shop.internal:8080");
    assert_eq!(
        kind("{ kind: rewrite, stripPrefix: /shop, addPrefix: /v2, host: \"shop.internal:8080\" }"),
        both.into()
    );
    assert_eq!(
        kind("{ kind: rewrite, replacePrefix: { from: /old, to: / } }"),
        Rewrite::new().replace_prefix("/old", "/").into()
    );
    for host in [
        "shop",
        "a_b.c-d.e",
        "10.0.0.1",
        "10.0.0.1:65535",
        "[::1]",
        "[::1]:80",
    ] {
        assert_eq!(violations(Rewrite::new().host(host)), [] as [&str; 0], "{host}");
    }
    for host in [
        "", ":80", "a b", "a/b", "a:0", "a:65536", "a:", "::1", "[::1", "[a]", "[::1]80", "a@b", "a\nb",
        "\u{e4}",
    ] {
        assert_eq!(violations(Rewrite::new().host(host)).len(), 1, "{host}");
    }
}

#[test]
fn a_limit_of_bodies_is_read() {
    assert_eq!(kind("{ kind: bodyLimit }"), BodyLimit::new(1_048_576).into());
    assert_eq!(kind("{ kind: bodyLimit, max: 10 }"), BodyLimit::new(10).into());
}

#[test]
fn cors_is_read_with_its_defaults_and_by_origins_of_every_sort() {
    assert_eq!(kind("{ kind: cors, origins: [ '*' ] }"), Cors::new(["*"]).into());
    let expected = Cors::new(["https://shop.example"])
        .method("PUT")
        .header("x-tenant")
        .expose_header("x-total")
        .credentials()
        .max_age(Duration::from_secs(600));
    assert_eq!(
        kind(
            "{ kind: cors, origins: [ 'https://shop.example' ], methods: [ GET, HEAD, POST, PUT ], \
             headers: [ x-tenant ], exposeHeaders: [ x-total ], credentials: true, maxAge: 10m }"
        ),
        expected.into()
    );
    let right = [
        "https://a",
        "https://a.b:8443",
        "http://*.a.b",
        "http://*.a:81",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "app+x://a",
    ];
    for origin in right {
        assert_eq!(violations(Cors::new([origin])), [] as [&str; 0], "{origin}");
    }
    let wrong = [
        "",
        "null",
        "a.b",
        "https://",
        "https://a/",
        "https://a.b/c",
        "https://A.b",
        "https://a:443",
        "http://a:80",
        "http://a:0",
        "http://a:x",
        "https://a..b",
        "https://*",
        "https://*a.b",
        "https://a.*.b",
        "https://*.*.b",
        "https://u@a",
        "https://a b",
        "https://[::1",
        "://a",
    ];
    for origin in wrong {
        assert_eq!(violations(Cors::new([origin])).len(), 1, "{origin}");
    }
}
