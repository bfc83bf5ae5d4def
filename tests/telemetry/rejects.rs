//! A collector that answers well, and says that it has not taken all.

use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Place};
use serde_json::Value;

use crate::collector::Collector;

#[test]
#[ignore = "needs python3"]
fn what_a_collector_rejects_is_counted_told_with_its_reason_and_said_once_in_the_log() {
    let (place, web, collector) = (Place::new(), Endpoint::start("web"), Collector::rejecting(1));
    let config = format!(
        "version: 1
listeners: [ {{ bind: 127.0.0.1:8080, chain: edge }} ]
chains: {{ edge: {{ nodes: [ {{ kind: trace, sample: 1 }}, {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }} }}
upstreams: {{ web: {{ endpoints: [ \"{}\" ] }} }}
telemetry: {{ otlp: \"{}\", metricsEvery: 50ms }}
",
        web.addr(),
        collector.url(),
    );
    let gateway = Gateway::serve(&place, &config);
    let signal = |name: &str| {
        let told = gateway.api("/api/telemetry");
        let signals = told.as_array().unwrap().iter();
        let mut signals = signals.flat_map(|output| output["signals"].as_array().unwrap());
        signals.find(|signal| signal["signal"] == name).unwrap().clone()
    };
    for name in ["metrics", "traces", "logs"] {
        until(
            name,
            || {
                assert_eq!(gateway.get("/").status, 200);
                // Leaves a line in the log.
                gateway.act("/api/actors/gateway/nobody", "restart", &[]);
                signal(name)
            },
            |signal| signal["rejected"].as_u64() > Some(1),
        );
        let signal = signal(name);
        assert_eq!(signal["rejectedBecause"], "no room for more", "{signal}");
        assert_eq!(
            (&signal["failures"], &signal["problem"]),
            (&Value::from(0), &Value::Null)
        );
        let series = format!("hedgerow_telemetry_rejected_total{{signal=\"{name}\"}}");
        assert!(gateway.ask("/metrics").text().contains(&series));
    }
    let said = |log: &str| log.matches("has not taken all of an export").count();
    let log = until("a line for each signal", || gateway.log(), |log| said(log) >= 3);
    // Once for each signal, however many exports there were.
    assert_eq!(said(&log), 3, "{log}");
}
