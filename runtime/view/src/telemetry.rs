//! What goes out: to a collector, and to the standard error.

use serde::Serialize;
use utoipa::ToSchema;

use crate::Path;

/// Where something is sent, and what became of each signal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryView {
    /// Where it lives.
    pub path: Path,
    /// The collector; `stderr` for the log that the program writes to its standard error.
    pub collector: String,
    /// Each signal that is exported.
    pub signals: Vec<SignalView>,
}

/// What became of one signal since start. Counted are spans, lines of the log, and whole exports of the metrics.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignalView {
    /// `metrics`, `logs` or `traces`; `stderr` of the log that is written there.
    pub signal: &'static str,
    /// Those that wait to be sent, or written.
    pub waiting: u64,
    /// Those that were taken.
    pub exported: u64,
    /// Those that were dropped: there was no room for them, or they were not wanted.
    pub dropped: u64,
    /// Requests to the collector that came to nothing.
    pub failures: u64,
    /// Why the last one did; absent once the collector takes something again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<String>,
    /// Spans, lines of the log and data points of metrics that the collector has rejected, though it answered well (OTLP's partial
    /// success).
    pub rejected: u64,
    /// What it said of that last; absent where it has said nothing. With nothing rejected it is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rejected_because: Option<String>,
}
