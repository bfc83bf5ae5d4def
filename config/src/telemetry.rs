//! What is told to a collector of OpenTelemetry.

use std::time::Duration;

use crate::{Violation, check};

/// What goes out over OTLP, where to, and how much of it (`telemetry`).
///
/// ```
/// use hedgerow_config::Telemetry;
///
/// let telemetry = Telemetry::to("http://127.0.0.1:4318");
/// assert_eq!(telemetry.check(), Ok(()));
/// assert!(Telemetry::to("collector").check().is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// The base address of a collector that takes OTLP over HTTP (`otlp`), `http://` alone: `/v1/metrics`, `/v1/logs` and
    /// `/v1/traces` are put behind it. Default: what `OTEL_EXPORTER_OTLP_ENDPOINT` says, and without it nothing is exported.
    pub otlp: Option<String>,
    /// The share of the traces begun here that are recorded, from 0 to 1 (`sample`). Default 0.1.
    pub sample: f64,
    /// A request that takes so long is told in any case (`slow`); `None` for none (`off`). Default 1 s.
    pub slow: Option<Duration>,
    /// Whether the lines of `accessLog` nodes are exported with the log (`accessLog`). Default: they are.
    pub access_log: bool,
    /// What the program is called (`service`). Default: what `OTEL_SERVICE_NAME` says, and without it `hedgerow`.
    pub service: Option<String>,
    /// What else is said of the program with all that it exports, such as `deployment.environment.name` (`resource`). It goes
    /// before what `OTEL_RESOURCE_ATTRIBUTES` says.
    pub resource: Vec<(String, String)>,
    /// What is exported (`export`). Default: everything.
    pub export: Vec<Signal>,
    /// The time between two exports of the metrics (`metricsEvery`). Default 60 s, as OpenTelemetry's.
    pub metrics_every: Duration,
    /// How long one request to the collector may take (`exportTimeout`). Default 10 s, as OpenTelemetry's.
    pub export_timeout: Duration,
    /// Spans that wait for the collector at most, and as many lines of the log, 1 to [`MOST_WAITING`](Self::MOST_WAITING)
    /// (`queue`). What finds no room is dropped and counted. Default 2,048, as OpenTelemetry's.
    pub queue: u32,
    /// How long the end of the mesh waits for what is still to be exported (`flushTime`). Default 3 s.
    pub flush_time: Duration,
}

/// A kind of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// What `/metrics` shows (`metrics`).
    Metrics,
    /// The lines of the program's log (`logs`).
    Logs,
    /// The spans of requests (`traces`).
    Traces,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Metrics, Self::Logs, Self::Traces];

    /// Their names in a document, in the order of [`ALL`](Self::ALL).
    pub const NAMES: [&'static str; 3] = ["metrics", "logs", "traces"];
}

impl Telemetry {
    /// The most that may wait.
    pub const MOST_WAITING: u32 = 1_000_000;

    /// The longest time that the end of a mesh may wait for a collector.
    pub const LONGEST_FLUSH: Duration = Duration::from_secs(60);

    /// Exports everything to this collector.
    pub fn to(otlp: impl Into<String>) -> Self {
        Self {
            otlp: Some(otlp.into()),
            ..Self::default()
        }
    }

    /// Checks the address, the numbers and the names.
    ///
    /// # Errors
    /// Every rule that they break, each with its key below `telemetry`.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::telemetry(self)
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            otlp: None,
            sample: 0.1,
            slow: Some(Duration::from_secs(1)),
            access_log: true,
            service: None,
            resource: Vec::new(),
            export: Signal::ALL.to_vec(),
            metrics_every: Duration::from_secs(60),
            export_timeout: Duration::from_secs(10),
            queue: 2_048,
            flush_time: Duration::from_secs(3),
        }
    }
}
