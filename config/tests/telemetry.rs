//! What is told to a collector, as documents say it.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use hedgerow_config::{Format, Revision, Signal, Telemetry};
use support::parse;

/// A document that is right, without a word on telemetry.
const AROUND: [&str; 3] = [
    "version: 1
listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]
chains: { edge: { nodes: [ { kind: reply } ] } }
upstreams: { web: { endpoints: [ localhost:80 ] } }
",
    r#""version": 1, "listeners": [ { "bind": "127.0.0.1:8080", "chain": "edge" } ],
  "chains": { "edge": { "nodes": [ { "kind": "reply" } ] } },
  "upstreams": { "web": { "endpoints": [ "localhost:80" ] } },"#,
    r#"version = 1
listeners = [ { bind = "127.0.0.1:8080", chain = "edge" } ]
chains.edge.nodes = [ { kind = "reply" } ]
upstreams.web.endpoints = [ "localhost:80" ]
"#,
];

const YAML: &str = r#"telemetry:
  otlp: "http://[::1]:4318/otlp"
  sample: 0.5
  slow: off
  accessLog: false
  service: checkout
  resource: { deployment.environment.name: test }
  export: [ traces, logs ]
  metricsEvery: 5s
  exportTimeout: 2s
  queue: 64
  flushTime: 500ms
"#;

const JSON: &str = r#"  "telemetry": { "otlp": "http://[::1]:4318/otlp", "samplePct": 50, "slow": null, "accessLog": false, "service": "checkout",
    "resource": { "deployment.environment.name": "test" }, "export": [ "traces", "logs" ], "metricsEveryMs": 5000,
    "exportTimeoutMs": 2000, "queue": 64, "flushTimeMs": 500 }"#;

const TOML: &str = r#"[telemetry]
otlp = "http://[::1]:4318/otlp"
sample = 0.5
slow = "off"
accessLog = false
service = "checkout"
resource = { "deployment.environment.name" = "test" }
export = ["traces", "logs"]
metricsEvery = "5s"
exportTimeout = "2s"
queue = 64
flushTime = "500ms"
"#;

fn read(format: Format, text: &str) -> Revision {
    let [yaml, json, toml] = AROUND;
    let document = match format {
        Format::Yaml => format!("{yaml}{text}"),
        Format::Json => format!("{{ {json} {text} }}"),
        _ => format!("{toml}{text}"),
    };
    parse(format, &document).unwrap()
}

#[test]
fn every_key_of_telemetry_arrives_from_each_format() {
    let told = Telemetry {
        sample: 0.5,
        slow: None,
        access_log: false,
        service: Some("checkout".to_owned()),
        resource: vec![("deployment.environment.name".to_owned(), "test".to_owned())],
        export: vec![Signal::Traces, Signal::Logs],
        metrics_every: Duration::from_secs(5),
        export_timeout: Duration::from_secs(2),
        queue: 64,
        flush_time: Duration::from_millis(500),
        ..Telemetry::to("http://[::1]:4318/otlp")
    };
    for (format, text) in [(Format::Yaml, YAML), (Format::Json, JSON), (Format::Toml, TOML)] {
        assert_eq!(read(format, text).telemetry, Some(told.clone()), "{format:?}");
    }
}

#[test]
fn what_is_not_said_of_telemetry_is_the_default_and_nothing_said_is_nothing() {
    let telemetry = read(Format::Yaml, "telemetry: { otlp: \"http://127.0.0.1:4318\" }").telemetry;
    assert_eq!(telemetry, Some(Telemetry::to("http://127.0.0.1:4318")));
    assert_eq!(
        read(Format::Yaml, "telemetry: {}").telemetry,
        Some(Telemetry::default())
    );
    assert_eq!(read(Format::Yaml, "").telemetry, None);
}
