//! The spans of requests, as a collector that is not ours reads them.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint, Gateway, Place};
use serde_json::Value;

use crate::collector::Collector;
use crate::told::{all, attributes};

const SENT: u64 = 20;

fn config(web: &Endpoint, closed: &ClosedPort, telemetry: &str) -> Config {
    Config::to("/web", "web", &[web.addr()])
        .and_to("/down", "down", &[closed.addr()])
        .keys("retry: { maxRetries: 1, on: [ connect ] }")
        .telemetry(telemetry)
}

fn spans(collector: &Collector) -> Vec<Value> {
    all(collector, "traces", ["resourceSpans", "scopeSpans", "spans"])
}

fn word<'s>(span: &'s Value, name: &str) -> &'s str {
    span[name].as_str().unwrap_or_default()
}

/// By trace; each with its one root, and no span whose parent is not told.
fn traces(spans: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut traces: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for span in spans {
        assert!(ids.insert(word(span, "spanId")), "told twice: {span}");
        traces.entry(word(span, "traceId")).or_default().push(span);
    }
    traces
}

/// The one span of a trace whose parent is none of it.
fn root<'s>(trace: &[&'s Value]) -> &'s Value {
    let ids: BTreeSet<&str> = trace.iter().map(|span| word(span, "spanId")).collect();
    let roots = trace
        .iter()
        .filter(|span| !ids.contains(word(span, "parentSpanId")));
    let roots: Vec<_> = roots.collect();
    assert_eq!(roots.len(), 1, "{trace:#?}");
    roots[0]
}

#[test]
#[ignore = "needs python3"]
fn component_each_span_has_its_parent_and_the_ids_that_were_sent() {
    let (place, web, closed) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    let collector = Collector::start();
    let telemetry = format!(
        "otlp: \"{}\", sample: 1, service: checkout, resource: {{ stage: test }}, export: [ traces ]",
        collector.url()
    );
    let mut gateway = Gateway::serve(&place, &config(&web, &closed, &telemetry));
    let id = |number: u64| format!("{:032x}", 0xabc_0000 + number);
    let parent = |number: u64| format!("{:016x}", 0xdef_0000 + number);
    for number in 0..SENT {
        let came = format!("00-{}-{}-01", id(number), parent(number));
        let answer = request(gateway.addr(), "GET", "/web/1", &[("traceparent", &came)], b"");
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(gateway.get("/down").status, 502);
    assert_eq!(gateway.get("/nowhere").status, 404);
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0));

    // The end waits for the collector: it has all of them.
    let spans = spans(&collector);
    let traces = traces(&spans);
    assert_eq!(traces.len() as u64, SENT + 2);
    let passed_on: Vec<String> = web
        .heads()
        .iter()
        .filter_map(|head| head.field("traceparent").map(str::to_owned))
        .collect();
    for number in 0..SENT {
        let trace = &traces[id(number).as_str()];
        let server = root(trace);
        assert_eq!(word(server, "kind"), "SPAN_KIND_SERVER");
        assert_eq!(word(server, "parentSpanId"), parent(number));
        let told = attributes(server);
        assert_eq!(
            (&told["http.request.method"], &told["http.route"]),
            (&"GET".into(), &"/web".into())
        );
        assert_eq!(told["http.response.status_code"], "200");
        let clients: Vec<_> = trace
            .iter()
            .filter(|span| word(span, "kind") == "SPAN_KIND_CLIENT")
            .collect();
        let [client] = clients[..] else {
            panic!("{trace:#?}")
        };
        assert_eq!(attributes(client)["server.port"], web.addr().port().to_string());
        let sent = format!("00-{}-{}-", id(number), word(client, "spanId"));
        assert!(
            passed_on.iter().any(|parent| parent.starts_with(&sent)),
            "{sent} in {passed_on:?}"
        );
        for span in trace {
            let times =
                ["startTimeUnixNano", "endTimeUnixNano"].map(|time| word(span, time).parse::<u64>().unwrap());
            assert!(times[0] <= times[1], "{span}");
        }
    }
    let failed: Vec<_> = traces
        .values()
        .map(|trace| root(trace))
        .filter(|root| root["status"]["code"] == "STATUS_CODE_ERROR")
        .collect();
    let down: Vec<_> = failed
        .iter()
        .filter(|root| attributes(root).get("http.route") == Some(&"/down".into()))
        .collect();
    let [down] = down[..] else { panic!("{failed:#?}") };
    let attempts = traces[word(down, "traceId")]
        .iter()
        .filter(|span| word(span, "kind") == "SPAN_KIND_CLIENT");
    assert_eq!(attempts.count(), 2, "a retry is a span of its own");
}

#[test]
#[ignore = "needs python3"]
fn component_what_is_not_sampled_is_told_where_it_was_refused_and_only_there() {
    let (place, web, closed) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    let collector = Collector::start();
    let telemetry = format!(
        "otlp: \"{}\", sample: 0, slow: off, service: checkout, resource: {{ stage: test }}",
        collector.url()
    );
    let gateway = Gateway::serve(&place, &config(&web, &closed, &telemetry));
    for _ in 0..SENT {
        assert_eq!(gateway.get("/web").status, 200);
    }
    assert_eq!(gateway.get("/nowhere").status, 404);
    let spans = until("the refusal", || spans(&collector), |spans| !spans.is_empty());
    assert_eq!(spans.len(), 1, "{spans:#?}");
    let told = attributes(&spans[0]);
    assert_eq!(told["hedgerow.refused.rule"], "route", "{told:?}");
    let telemetry = gateway.ask("/metrics");
    assert!(
        telemetry
            .text()
            .contains("hedgerow_telemetry_exported_total{signal=\"traces\"} 1\n")
    );
}
