//! One line of the log.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use hedgerow_supervisor::Trace;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, Severity};
use opentelemetry::{SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// Bytes that the text of a line, and all of its fields together, may have; what is longer is cut, and what comes behind is left
/// out.
const LONGEST: usize = 4 * 1024;

/// Who writes the lines of requests.
const REQUESTS: &str = "hedgerow::access";

/// Fields of a line.
const MOST_FIELDS: usize = 32;

/// A line as it was written.
#[derive(Debug)]
pub(super) struct Line {
    at: SystemTime,
    level: Level,
    target: &'static str,
    text: String,
    fields: Vec<(&'static str, AnyValue)>,
    /// The trace that it belongs to: what it says itself, or else that of what the thread was doing.
    trace: Option<(TraceId, SpanId, Option<TraceFlags>)>,
}

impl Line {
    /// What this event says, in this trace.
    pub(super) fn of(event: &Event<'_>, at: SystemTime, trace: Option<Trace>) -> Self {
        let metadata = event.metadata();
        let mut reader = Reader::default();
        event.record(&mut reader);
        let said = reader.trace_id.map(|trace_id| {
            let span_id = reader.span_id.unwrap_or(SpanId::INVALID);
            (trace_id, span_id, None)
        });
        let around = trace.map(|trace| {
            let flags = TraceFlags::new(trace.flags());
            (
                TraceId::from_bytes(trace.trace_id()),
                SpanId::from_bytes(trace.span_id()),
                Some(flags),
            )
        });
        Self {
            at,
            level: *metadata.level(),
            target: metadata.target(),
            text: reader.text,
            fields: reader.fields,
            trace: said.or(around),
        }
    }

    /// What was written of a request, as one object of JSON.
    pub(super) fn of_request(text: &str, at: SystemTime) -> Self {
        // Quotes of strangers are escaped: what is found is ours.
        let id = text
            .split("\"traceId\":\"")
            .nth(1)
            .and_then(|behind| behind.get(..32));
        let trace_id = id.and_then(|id| TraceId::from_hex(id).ok());
        let trace_id = trace_id.filter(|id| *id != TraceId::INVALID);
        Self {
            at,
            level: Level::INFO,
            target: REQUESTS,
            text: cut(&text, LONGEST),
            fields: Vec::new(),
            trace: trace_id.map(|trace_id| (trace_id, SpanId::INVALID, None)),
        }
    }

    /// As OpenTelemetry has it.
    pub(super) fn record(self, logger: &SdkLogger) -> SdkLogRecord {
        let mut record = logger.create_log_record();
        let (severity, text) = match self.level {
            Level::ERROR => (Severity::Error, "ERROR"),
            Level::WARN => (Severity::Warn, "WARN"),
            Level::INFO => (Severity::Info, "INFO"),
            Level::DEBUG => (Severity::Debug, "DEBUG"),
            Level::TRACE => (Severity::Trace, "TRACE"),
        };
        record.set_timestamp(self.at);
        record.set_observed_timestamp(self.at);
        record.set_severity_number(severity);
        record.set_severity_text(text);
        record.set_target(self.target);
        record.set_body(self.text.into());
        record.add_attributes(self.fields);
        if let Some((trace_id, span_id, flags)) = self.trace {
            record.set_trace_context(trace_id, span_id, flags);
        }
        record
    }
}

/// Reads the fields of an event.
#[derive(Default)]
struct Reader {
    text: String,
    fields: Vec<(&'static str, AnyValue)>,
    /// Bytes of the fields so far.
    read: usize,
    trace_id: Option<TraceId>,
    span_id: Option<SpanId>,
}

impl Reader {
    fn keep(&mut self, field: &Field, value: impl Into<AnyValue>) {
        if self.fields.len() < MOST_FIELDS {
            self.fields.push((field.name(), value.into()));
        }
    }

    fn text(&mut self, field: &Field, text: &dyn fmt::Display) {
        match field.name() {
            "message" => self.text = cut(text, LONGEST),
            "trace_id" if self.trace_id.is_none() => {
                self.trace_id = TraceId::from_hex(&cut(text, 32))
                    .ok()
                    .filter(|id| *id != TraceId::INVALID);
            }
            "span_id" if self.span_id.is_none() => self.span_id = SpanId::from_hex(&cut(text, 16)).ok(),
            _ => {
                let value = cut(text, LONGEST.saturating_sub(self.read));
                self.read += value.len();
                self.keep(field, value);
            }
        }
    }
}

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.keep(field, value),
            Err(_) => self.keep(field, value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value);
    }
}

/// The text, no longer than so many bytes.
fn cut(text: &dyn fmt::Display, most: usize) -> String {
    struct Cut {
        text: String,
        most: usize,
    }

    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = self.most - self.text.len();
            if text.len() <= room {
                self.text.push_str(text);
                return Ok(());
            }
            let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
            self.text.push_str(&text[..end.unwrap_or(0)]);
            Err(fmt::Error)
        }
    }

    let mut cut = Cut {
        text: String::new(),
        most,
    };
    // It fails where the text is too long, and has been cut.
    let _ = write!(cut, "{text}");
    cut.text
}
