//! That what is written is what was read.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::{Format, Revision, Source};

fn read(format: Format, text: &str) -> Revision {
    let source = Source {
        name: "mesh",
        text,
        format,
    };
    Revision::parse(&source, &|_| None).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// All kinds of nodes and all keys, names in their order.
const FULL: &str = r#"
version: 1
listeners:
  - bind: 127.0.0.1:8080
    chain: edge
    tenant: "header:x-tenant"
    expose: none
    trustedHops: [ 10.0.0.0/8, "::1" ]
    limits: { bodyBytes: off, connectionsPerAddress: off, utilization: off, headerTime: 90s, requestWait: 250ms }
  - { bind: 127.0.0.1:8081, chain: plain, expose: code, limits: { bodyBytes: 10, connectionsPerAddress: 7, utilization: 0.5 } }
chains:
  edge:
    panicBudget: { rate: 0.2, minCalls: 50, per: 1m, then: failOpen }
    quarantine: { headers: [ x-tenant ], crashes: 5, per: 2m, for: 1h }
    nodes:
      - { kind: accessLog, sample: 0.5, slow: 2s, to: stderr }
      - { kind: accessLog, name: second, slow: off, panicBudget: off }
      - { kind: concurrency, max: 10, wait: 100ms, maxWaiting: 5 }
      - { kind: concurrency, name: adaptive, adaptive: { initial: 20, min: 5, max: 100, tolerance: 2.5 } }
      - { kind: bodyLimit, max: 1000 }
      - { kind: cors, origins: [ "https://shop.example" ], methods: [ PUT ], headers: [ x-a ], exposeHeaders: [ x-b ], credentials: true, maxAge: 1h }
      - { kind: deadline, default: 2s, max: 10s, min: 5ms }
      - { kind: headers, request: { set: { x-a: "$${b}" }, remove: [ server ] }, reply: { add: { x-c: d } } }
      - { kind: inject, header: x-inject, allow: [ delay ], maxDelay: 1s }
      - { kind: inject, name: always, share: 0.1, delay: 10ms, abort: 503 }
      - { kind: inject, name: crash, share: 0.1, panic: true }
      - { kind: rateLimit, perMinute: 100, burst: 5, key: "header:x-tenant", withoutKey: pass, maxKeys: 50 }
      - { kind: rateLimit, name: all, perSecond: 100, key: address }
      - { kind: reply, name: health, path: /health, status: 204, headers: { x-a: b } }
      - { kind: requestId, header: x-id, keep: trusted, maxLength: 50, characters: plain }
      - { kind: rewrite, stripPrefix: /shop, host: shop.internal }
      - { kind: rewrite, name: replace, replacePrefix: { from: /old, to: /new } }
      - { kind: shed, priority: "header:x-priority", levels: [ high, low ], default: low, believe: everyone, when: { inFlight: 200, from: 0.5, latency: 500ms } }
      - { kind: trace, sample: 0.5, parent: ignore }
      - kind: route
        rules:
          - { exact: /pay, methods: [ GET, POST ], headers: { x-a: present, x-b: c }, host: shop.example, upstream: a }
          - { path: /split, split: [ { upstream: a, weight: 95 }, { upstream: b, weight: 5 } ], sticky: "cookie:user" }
          - { path: /, upstream: b }
  plain: { panicBudget: off, nodes: [ { kind: reply, body: "sold out" } ] }
upstreams:
  a:
    endpoints: [ "127.0.0.1:9001", { addr: "[::1]:9002", weight: 3, priority: 1 } ]
    timeout: 2s
    connectTimeout: 250ms
    required: false
    retry: { maxRetries: 2, on: [ connect, reset, 503 ], perTryTimeout: 500ms, replayBytes: 10, idempotentBy: "header:idempotency-key", backoff: { initial: 10ms, max: 1s }, budget: { ratio: 0.5, min: 1 } }
    hedge: { after: p95, max: 1 }
    mirror: { upstream: b, fraction: 0.25, maxInFlight: 3 }
    balance: { kind: ringHash, key: "header:x-user", boundedLoad: 1.5 }
    healthChecks: [ { kind: http, path: /healthz, expect: [ 200, 204 ], every: 5s, timeout: 1s }, { kind: tcp, jitter: 0.5 } ]
    breaker:
      { per: tenant, maxKeys: 500, idleFor: 1m, window: { calls: 200 }, tripWhen: all, failureRate: 0.25, slowCall: { over: 3s, rate: 0.75 }, consecutiveFailures: off, minCalls: 5, openFor: 5s, halfOpen: { permits: 1, every: 10s, timeout: 2s, successes: 4, maxStay: 1m } }
    outlier: { consecutive: 5, successRate: { factor: 2 }, failurePercentage: { threshold: 0.5 }, latency: { factor: 3, over: 50ms }, ejectFor: 10s, panicBelow: off, alwaysEjectOne: true }
    pool: { maxLeases: 10, maxWaiting: 0, maxWait: 1s, barging: 0, maxLife: 1h, longestLease: 1m, slo: { p95Latency: 120ms, errorRate: 0.005, window: 1m } }
  b: { endpoints: [ "shop.internal:80" ], retry: off, breaker: off, outlier: off, healthChecks: off, balance: maglev }
  bb: { endpoints: [ "127.0.0.1:3" ], slowStart: { for: 1m, aggression: 2.0, minWeight: 0.2 } }
  c: { discovery: { dns: { name: c.internal, port: 80, every: 10s, maxStale: 1h, emptyAnswers: 3, resolver: "127.0.0.1:53" } }, balance: weighted }
  d: { discovery: { dns: { name: _http._tcp.d.internal, srv: true } }, hedge: { after: 50ms } }
  e: { discovery: registry }
telemetry: { otlp: "http://127.0.0.1:4318", sample: 0.5, slow: off, accessLog: false, service: shop, resource: { a: b }, export: [ logs ], queue: 10 }
"#;

#[test]
fn what_is_written_is_read_again_as_it_was() {
    for text in [
        FULL,
        "{ version: 1, listeners: [ { bind: 127.0.0.1:1, chain: a } ], chains: { a: { nodes: [ { kind: reply } ] } }, upstreams: {} }",
    ] {
        let revision = read(Format::Yaml, text);
        let written = revision.to_document();
        assert_eq!(
            read(Format::Json, &format!("{written:#}")),
            revision,
            "{written:#}"
        );
    }
}

#[test]
fn what_a_document_leaves_out_is_written_as_it_stands_without_a_word() {
    let text = "{ version: 1, listeners: [ { bind: 127.0.0.1:1, chain: a } ], chains: { a: { nodes: [ { kind: reply } ] } }, \
        upstreams: { b: { endpoints: [ \"127.0.0.1:2\" ] } } }";
    let written = read(Format::Yaml, text).to_document();
    assert_eq!(written["version"], 1);
    assert_eq!(written["chains"]["a"]["nodes"][0]["status"], 200);
    let upstream = &written["upstreams"]["b"];
    assert_eq!(upstream["balance"], "p2cEwma");
    assert_eq!(upstream["hedge"], "off");
    assert_eq!(upstream["breaker"]["consecutiveFailures"], 7);
    assert_eq!(written.get("telemetry"), None);
}

#[test]
fn what_may_be_a_secret_is_masked() {
    let text = r#"
version: 1
listeners: [ { bind: 127.0.0.1:1, chain: a } ]
chains:
  a:
    nodes:
      - { kind: headers, request: { set: { authorization: Bearer-1, X-Api-Key: two, x-plain: open } } }
      - { kind: route, rules: [ { path: /, headers: { x-token: three }, upstream: b }, { path: /, headers: { x-token: present }, upstream: b }, { path: /, upstream: b } ] }
upstreams: { b: { endpoints: [ "127.0.0.1:2" ] } }
telemetry: { resource: { deployment.secret: four } }
"#;
    let written = read(Format::Yaml, text).to_document();
    let nodes = &written["chains"]["a"]["nodes"];
    let set = json!({ "authorization": "***", "x-api-key": "***", "x-plain": "open" });
    let lowered = nodes[0]["request"]["set"].as_object().unwrap().iter();
    let lowered: serde_json::Map<_, _> = lowered
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    assert_eq!(serde_json::Value::from(lowered), set);
    assert_eq!(nodes[1]["rules"][0]["headers"]["x-token"], "***");
    assert_eq!(nodes[1]["rules"][1]["headers"]["x-token"], "present");
    assert_eq!(written["telemetry"]["resource"]["deployment.secret"], "***");
    for (url, shown) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318"),
        ("http://me:pass@host:1/a@b", "http://***@host:1/a@b"),
        ("http://host/a?token=1", "http://host/a?***"),
    ] {
        assert_eq!(super::secret::url(url), shown);
    }
}
