//! One span, as OpenTelemetry has it.

use hedgerow_supervisor::{AttributeValue, SpanKind, SpanRecord, SpanStatus, Trace};
use opentelemetry::trace::{self, SpanContext, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// Says why a span failed.
const ERROR_TYPE: &str = "error.type";

/// The record in the form that exporters take.
pub(super) fn data(record: &SpanRecord, scope: &InstrumentationScope) -> SpanData {
    let span_kind = match record.kind() {
        SpanKind::Internal => trace::SpanKind::Internal,
        SpanKind::Server => trace::SpanKind::Server,
        SpanKind::Client => trace::SpanKind::Client,
        SpanKind::Producer => trace::SpanKind::Producer,
        SpanKind::Consumer => trace::SpanKind::Consumer,
    };
    let status = match record.status() {
        SpanStatus::Unset => Status::Unset,
        SpanStatus::Ok => Status::Ok,
        SpanStatus::Error => {
            let rule = record.attribute(ERROR_TYPE);
            Status::error(rule.map(|rule| rule.to_string()).unwrap_or_default())
        }
    };
    let mut links = SpanLinks::default();
    if let Some(link) = record.link() {
        links
            .links
            .push(trace::Link::new(context(link.trace), Vec::new(), 0));
    }
    SpanData {
        span_context: context(record.trace()),
        parent_span_id: record.parent().map_or(SpanId::INVALID, SpanId::from_bytes),
        // What is served was asked for from elsewhere.
        parent_span_is_remote: record.parent().is_some() && record.kind() == SpanKind::Server,
        span_kind,
        name: record.name().to_owned().into(),
        start_time: record.start(),
        end_time: record.end(),
        attributes: record
            .attributes()
            .map(|(name, value)| KeyValue::new(name, told(value)))
            .collect(),
        dropped_attributes_count: record.dropped_attributes(),
        events: SpanEvents::default(),
        links,
        status,
        instrumentation_scope: scope.clone(),
    }
}

fn context(trace: Trace) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(trace.trace_id()),
        SpanId::from_bytes(trace.span_id()),
        TraceFlags::new(trace.flags()),
        false,
        TraceState::NONE,
    )
}

fn told(value: AttributeValue<'_>) -> Value {
    match value {
        AttributeValue::Bool(value) => value.into(),
        AttributeValue::Integer(value) => value.into(),
        AttributeValue::Float(value) => value.into(),
        AttributeValue::Static(text) => text.into(),
        AttributeValue::Shared(text) => text.into(),
        text => text.to_string().into(),
    }
}
