//! What is exported, where to, and how much may wait.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

/// What an exporter is made with. See the crate's facade for what each is by default.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The base address of the collector: `http://host:port`, perhaps with a path.
    pub collector: String,
    /// What is said of the program with all that it exports, by its name in OpenTelemetry's conventions, such as
    /// `service.name`.
    pub resource: Vec<(String, String)>,
    /// Whether the metrics are exported, and the time between two exports.
    pub metrics: Option<Duration>,
    /// Whether the log is exported, and the lines of it that wait at most.
    pub logs: Option<usize>,
    /// How long one request to the collector may take.
    pub timeout: Duration,
    /// How long the end waits for what is still to be exported.
    pub flush: Duration,
}

/// The version of the SDK whose encoding this is.
const SDK: &str = "0.33.1";

/// The exporter cannot be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing can be exported to {collector}: {why}: correct the address, or the `OTEL_EXPORTER_OTLP_*` that the program was started with"
)]
pub struct SettingsError {
    /// The collector.
    pub(super) collector: String,
    /// What is wrong.
    pub(super) why: String,
}

impl Settings {
    /// Where one signal goes.
    pub(super) fn endpoint(&self, signal: &str) -> String {
        format!("{}/v1/{signal}", self.collector.trim_end_matches('/'))
    }

    /// What is said of the program, with what says it.
    pub(crate) fn resource(&self) -> Resource {
        let told = self.resource.iter();
        let told = told.map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
        Resource::builder_empty()
            .with_attributes([
                KeyValue::new("telemetry.sdk.name", "opentelemetry"),
                KeyValue::new("telemetry.sdk.language", "rust"),
                KeyValue::new("telemetry.sdk.version", SDK),
                KeyValue::new("process.pid", i64::from(std::process::id())),
            ])
            .with_attributes(told)
            .build()
    }
}
