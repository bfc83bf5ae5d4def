#![allow(clippy::unwrap_used)]

use hedgerow_supervisor::Trace;
use opentelemetry::logs::{AnyValue, LoggerProvider as _, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

/// What `writing` leaves in the lines.
fn written(lines: &LogLines, writing: impl FnOnce()) -> Vec<SdkLogRecord> {
    let subscriber = tracing_subscriber::registry().with(lines.layer());
    tracing::subscriber::with_default(subscriber, writing);
    let logger = SdkLoggerProvider::builder().build().logger("test");
    let taken = lines.waiting().take().into_iter();
    taken.map(|line| line.record(&logger)).collect()
}

fn attribute<'r>(record: &'r SdkLogRecord, name: &str) -> Option<&'r AnyValue> {
    let found = record.attributes_iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, value)| value)
}

#[test]
fn a_line_has_its_text_its_fields_and_the_trace_of_what_wrote_it() {
    let trace = Trace::new([7; 16], [9; 8], Trace::SAMPLED).unwrap();
    let records = written(&LogLines::new(), || {
        Ambient::default().with_trace(trace).enter(|| {
            tracing::warn!(count = 3, whole = true, name = "a", shown = %"b", "it is {}", "late");
        });
        tracing::info!("alone");
    });
    let [late, alone] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!(late.body(), Some(&AnyValue::from("it is late")));
    assert_eq!(
        (late.severity_number(), late.severity_text()),
        (Some(Severity::Warn), Some("WARN"))
    );
    let told = ["count", "whole", "name", "shown"].map(|name| attribute(late, name).unwrap().clone());
    assert_eq!(told, [3.into(), true.into(), "a".into(), "b".into()]);
    let context = late.trace_context().unwrap();
    assert_eq!(
        (context.trace_id.to_bytes(), context.span_id.to_bytes()),
        ([7; 16], [9; 8])
    );
    assert!(alone.trace_context().is_none() && alone.timestamp().is_some());
    assert!(alone.target().unwrap().ends_with("layer::tests"), "{alone:?}");
}

#[test]
fn a_line_that_names_its_trace_belongs_to_that() {
    let trace = Trace::new([7; 16], [9; 8], 0).unwrap();
    let records = written(&LogLines::new(), || {
        Ambient::default().with_trace(trace).enter(|| {
            tracing::info!(
                trace_id = "0af7651916cd43dd8448eb211c80319c",
                span_id = "b7ad6b7169203331",
                "told"
            );
            tracing::info!(trace_id = "none", "of what wrote it");
        });
    });
    let ids = records
        .iter()
        .map(|record| record.trace_context().unwrap().trace_id.to_string());
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["0af7651916cd43dd8448eb211c80319c".to_owned(), "07".repeat(16)]
    );
    assert_eq!(attribute(&records[0], "trace_id"), None);
}

#[test]
fn a_line_that_is_too_long_is_cut_between_two_letters() {
    let long = "\u{e4}".repeat(10_000);
    let records = written(
        &LogLines::new(),
        || tracing::info!(first = %long, second = %long, "{long}"),
    );
    let length = |value: &AnyValue| match value {
        AnyValue::String(text) => text.as_str().len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(length(records[0].body().unwrap()), 4 * 1024);
    let fields = ["first", "second"].map(|name| length(attribute(&records[0], name).unwrap()));
    assert_eq!(fields, [4 * 1024, 0]);
}

#[test]
fn who_exports_says_nothing_to_its_collector_and_a_closed_log_takes_nothing() {
    let lines = LogLines::new();
    let exporting = {
        let lines = lines.clone();
        std::thread::spawn(move || {
            say_nothing_to_the_collector();
            written(&lines, || tracing::error!("of the exporter")).len()
        })
    };
    assert_eq!(exporting.join().unwrap(), 0);
    assert_eq!(written(&lines, || tracing::error!("of another")).len(), 1);
    lines.close();
    assert_eq!(written(&lines, || tracing::error!("too late")).len(), 0);
    assert_eq!(lines.waiting().dropped(), 0, "what nobody wants is not dropped");
}
