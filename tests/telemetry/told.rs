//! What a collector is told, as one that is not ours reads it.

use std::collections::BTreeMap;

use hedgerow::prelude::{LogLines, Mesh, Supervisor, Telemetry};
use hedgerow::supervisor::{Context, Trace};
use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Place};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::collector::Collector;

fn config(web: &Endpoint, telemetry: &str) -> Config {
    Config::to("/web", "web", &[web.addr()])
        .node("{ kind: accessLog, to: stderr }")
        .node("{ kind: trace }")
        .telemetry(telemetry)
}

/// What is said by attributes, by their names.
pub(crate) fn attributes(of: &Value) -> BTreeMap<String, Value> {
    let listed = of["attributes"].as_array().into_iter().flatten();
    let pairs = listed.map(|pair| {
        let value = pair["value"].as_object().unwrap().values().next().unwrap();
        (pair["key"].as_str().unwrap().to_owned(), value.clone())
    });
    pairs.collect()
}

/// What stands below the resources and scopes of all exports of a signal.
pub(crate) fn all(
    collector: &Collector,
    signal: &str,
    [of_resource, of_scope, each]: [&str; 3],
) -> Vec<Value> {
    let mut found = Vec::new();
    for export in collector.exports(signal) {
        for resource in export[of_resource].as_array().into_iter().flatten() {
            let told = attributes(&resource["resource"]);
            assert_eq!(told["service.name"], "checkout", "{resource}");
            assert_eq!(told["stage"], "test");
            assert_eq!(told["telemetry.sdk.language"], "rust");
            for scope in resource[of_scope].as_array().into_iter().flatten() {
                // A line's is who wrote it.
                let name = scope["scope"]["name"].as_str().unwrap();
                let is_known = name == "hedgerow" || (signal == "logs" && !name.is_empty());
                assert!(is_known, "{scope}");
                found.extend(scope[each].as_array().into_iter().flatten().cloned());
            }
        }
    }
    found
}

/// The newest value of each series whose family begins so, as `/metrics` writes it.
fn series(collector: &Collector, families: &[&str]) -> BTreeMap<String, f64> {
    let Some(newest) = collector.exports("metrics").pop() else {
        return BTreeMap::new();
    };
    let scopes = newest["resourceMetrics"][0]["scopeMetrics"].as_array().unwrap();
    let mut series = BTreeMap::new();
    for metric in scopes
        .iter()
        .flat_map(|scope| scope["metrics"].as_array().unwrap())
    {
        let name = metric["name"].as_str().unwrap();
        if !families.iter().any(|family| name.starts_with(family)) {
            continue;
        }
        let (points, end) = match (&metric["sum"], &metric["gauge"]) {
            (Value::Object(sum), _) => {
                assert_eq!(sum["isMonotonic"], true, "{metric}");
                assert_eq!(
                    sum["aggregationTemporality"],
                    "AGGREGATION_TEMPORALITY_CUMULATIVE"
                );
                (&sum["dataPoints"], "_total")
            }
            (_, gauge) => (&gauge["dataPoints"], ""),
        };
        for point in points.as_array().unwrap() {
            let labels = attributes(point);
            let labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            let value = match (&point["asInt"], &point["asDouble"]) {
                (Value::String(value), _) => value.parse().unwrap(),
                (_, value) => value.as_f64().unwrap_or_default(),
            };
            series.insert(format!("{}{end}{labels}", name.replace('.', "_")), value);
        }
    }
    series
}

/// The same as `/metrics` tells it.
fn scraped(gateway: &Gateway, families: &[&str]) -> BTreeMap<String, f64> {
    let answer = gateway.ask("/metrics");
    let lines = answer.text().lines().filter(|line| {
        families
            .iter()
            .any(|family| line.starts_with(&family.replace('.', "_")))
    });
    let read = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        (series.to_owned(), value.parse().unwrap())
    });
    read.collect()
}

#[test]
#[ignore = "needs python3"]
fn component_metrics_reach_a_collector_with_the_values_of_a_scrape() {
    let (place, web, collector) = (Place::new(), Endpoint::start("web"), Collector::start());
    let telemetry = format!(
        "otlp: \"{}\", service: checkout, resource: {{ stage: test }}, export: [ metrics ], metricsEvery: 100ms",
        collector.url()
    );
    let gateway = Gateway::serve(&place, &config(&web, &telemetry));
    for _ in 0..7 {
        assert_eq!(gateway.get("/web").status, 200);
    }
    assert_eq!(gateway.get("/elsewhere").status, 404);
    // What does not move where nobody asks for anything.
    let still = [
        "hedgerow.chain.node.calls",
        "hedgerow.chain.node.refused",
        "hedgerow.endpoint.",
        "hedgerow.upstream.",
        "hedgerow.breaker.state",
        "hedgerow.pool.",
        "hedgerow.store.durable",
        "hedgerow.ready",
    ];
    let told = until(
        "the values of a scrape",
        || (series(&collector, &still), scraped(&gateway, &still)),
        |(told, scraped)| {
            told == scraped
                && told.get("hedgerow_chain_node_calls_total{chain=\"edge\",node=\"route\"}") == Some(&8.0)
        },
    );
    assert!(told.0.len() > 40, "{told:?}");
    all(
        &collector,
        "metrics",
        ["resourceMetrics", "scopeMetrics", "metrics"],
    );
    let known = scraped(&gateway, &["hedgerow.telemetry.exported"]);
    assert!(
        known["hedgerow_telemetry_exported_total{signal=\"metrics\"}"] >= 1.0,
        "{known:?}"
    );
}

#[test]
#[ignore = "needs python3"]
fn component_the_log_reaches_a_collector_from_before_the_start_to_the_end() {
    let (place, web, collector) = (Place::new(), Endpoint::start("web"), Collector::start());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_SERVICE_NAME", "checkout".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "stage=test".to_owned()),
    ];
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    place.file("mesh.yaml", &config(&web, "export: [ logs ], metricsEvery: 1h"));
    let mut gateway = Gateway::start(&place, &["--config", "mesh.yaml"], &variables);
    let came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let answer = request(gateway.addr(), "GET", "/web/1", &[("traceparent", came)], b"");
    assert_eq!(answer.unwrap().status, 200);
    gateway.restart("gateway/chains/edge/route");
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0));
    let lines = all(&collector, "logs", ["resourceLogs", "scopeLogs", "logRecords"]);
    assert!(collector.exports("metrics").is_empty());
    // The line of the request, as its node wrote it.
    let of_request = lines
        .iter()
        .find(|line| line["traceId"] == "0af7651916cd43dd8448eb211c80319c");
    let text = of_request.unwrap()["body"]["stringValue"].as_str().unwrap();
    let written: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        (&written["path"], &written["status"]),
        (&"/web/1".into(), &200.into())
    );
    assert!(gateway.log().lines().any(|line| line == text), "{text}");
    // What the tree did, as it was written down and as it was told.
    let said = gateway.log();
    let written = said.lines().filter(|line| line.contains(" event kind="));
    let written = written.map(|line| {
        let word = |mark: &str| line.split(mark).nth(1).unwrap().split(' ').next().unwrap();
        (
            word("kind=").trim_matches('"').to_owned(),
            word("path=").to_owned(),
        )
    });
    // The exporter tells no more of what comes behind its own end.
    let before = written.take_while(|(kind, path)| kind != "childExited" || path != "gateway/telemetry");
    let events = lines.iter().filter(|line| line["body"]["stringValue"] == "event");
    let told = events.map(|line| {
        let said = attributes(line);
        let word = |name: &str| said[name].as_str().unwrap().to_owned();
        (word("kind"), word("path"))
    });
    let (mut before, mut told): (Vec<_>, Vec<_>) = (before.collect(), told.collect());
    before.sort();
    told.sort();
    assert_eq!(told, before, "{said}");
    assert!(told.contains(&("childExited".to_owned(), "gateway/chains/edge/route".to_owned())));
    for line in &lines {
        assert!(
            line["timeUnixNano"].is_string() && line["severityText"].is_string(),
            "{line}"
        );
    }
}

#[test]
#[ignore = "needs python3"]
fn component_a_line_reaches_a_collector_with_the_trace_that_it_was_written_in() {
    let collector = Collector::start();
    let lines = LogLines::new();
    let trace = Trace::from_traceparent(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
    let subscriber = tracing_subscriber::registry().with(lines.layer());
    tracing::subscriber::with_default(subscriber, || {
        Context::default()
            .with_trace(trace)
            .enter(|| tracing::warn!(amount = 7, "the till is late"));
    });
    let telemetry = Telemetry {
        service: Some("checkout".to_owned()),
        resource: vec![("stage".to_owned(), "test".to_owned())],
        ..Telemetry::to(collector.url())
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let tree = Supervisor::one_for_one("shop");
        let mesh = Mesh::new(tree)
            .telemetry(telemetry)
            .log_lines(lines)
            .start()
            .await
            .unwrap();
        mesh.shutdown().await.unwrap();
    });
    let told = all(&collector, "logs", ["resourceLogs", "scopeLogs", "logRecords"]);
    let [line] = &told[..] else { panic!("{told:#?}") };
    assert_eq!(line["body"]["stringValue"], "the till is late");
    assert_eq!(
        (&line["severityText"], &attributes(line)["amount"]),
        (&"WARN".into(), &"7".into())
    );
    assert_eq!(line["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["spanId"], "b7ad6b7169203331");
}
