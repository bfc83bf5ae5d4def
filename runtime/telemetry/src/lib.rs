//! What is told outside: metrics for Prometheus, read from published state, and all of it for a collector of OpenTelemetry.
//!
//! Nothing here is on the path of a request: every instrument is an observable of OpenTelemetry whose callback reads
//! what the actors have published. A scrape takes one snapshot of the [`Directory`](hedgerow_supervisor::Directory),
//! and all families are read from it, so that they agree with each other.
//!
//! The names are in one table, [`FAMILIES`]; `docs/operating/metrics.md` shows the same, and a test compares them.
#![forbid(unsafe_code)]

mod export;
mod family;
mod metrics;
mod snapshot;
mod stderr;

pub use export::{Exporter, LogLayer, LogLines, Settings, SettingsError};
pub use family::{FAMILIES, Family, Measure};
pub use metrics::{Metrics, MetricsError};
pub use stderr::LogWriter;

/// Who measures, as collectors are told.
const SCOPE: &str = "hedgerow";
