//! What is told to a collector: what was asked for, and what the environment says where nothing was.

use hedgerow_actors::nodes::LineTap;
use hedgerow_config::{Signal, Telemetry};
use hedgerow_supervisor::{Clock, Directory, Sampling, Spans};
use hedgerow_telemetry::{Exporter, LogLines, Metrics, Settings};

use crate::error::Error;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const SERVICE: &str = "OTEL_SERVICE_NAME";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// The attribute that says what the program is called.
const SERVICE_NAME: &str = "service.name";

/// What the program is called where nobody says it.
const UNNAMED: &str = "hedgerow";

/// What there is to export, settled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    settings: Settings,
    /// Whether the lines of requests go with the log.
    with_requests: bool,
    /// Of traces, where they are exported.
    sampling: Option<Sampling>,
}

/// What is exported while a mesh runs.
pub(crate) struct Export {
    pub(crate) exporter: Exporter,
    pub(crate) spans: Option<Spans>,
    /// Who is told the lines of requests.
    pub(crate) tap: Option<LineTap>,
}

/// Settles what was asked for with what the `environment` says; `None` where nothing is exported.
///
/// # Errors
/// Where what was asked for has mistakes, or the environment names a collector that nothing can be sent to.
pub(crate) fn settle(
    asked: Option<Telemetry>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Told>, Error> {
    let mut asked = asked.unwrap_or_default();
    checked("the declared telemetry", &asked)?;
    let said = |variable: &str| environment(variable).filter(|value| !value.is_empty());
    if said(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    if asked.otlp.is_none() {
        asked.otlp = said(ENDPOINT);
        checked(ENDPOINT, &asked)?;
    }
    let Some(collector) = asked.otlp.clone() else {
        return Ok(None);
    };
    let resource = resource(&asked, said(SERVICE), said(ATTRIBUTES));
    let exports = |signal| asked.export.contains(&signal);
    let queue = usize::try_from(asked.queue).unwrap_or(usize::MAX);
    let sampling = Sampling::share(asked.sample).most_per_thread(queue);
    // A time that no request takes is never reached.
    let sampling = sampling.slow(asked.slow.unwrap_or(std::time::Duration::MAX));
    Ok(Some(Told {
        settings: Settings {
            collector,
            resource,
            metrics: exports(Signal::Metrics).then_some(asked.metrics_every),
            logs: exports(Signal::Logs).then_some(queue),
            timeout: asked.export_timeout,
            flush: asked.flush_time,
        },
        with_requests: asked.access_log && exports(Signal::Logs),
        sampling: exports(Signal::Traces).then_some(sampling),
    }))
}

fn checked(whose: &'static str, telemetry: &Telemetry) -> Result<(), Error> {
    telemetry.check().map_err(|violations| Error::Telemetry {
        whose,
        what: violations.iter().map(ToString::to_string).collect(),
    })
}

/// What is said of the program. What was asked for goes before the variables, and of those the name's own before the other.
fn resource(asked: &Telemetry, service: Option<String>, attributes: Option<String>) -> Vec<(String, String)> {
    let mut resource = asked.resource.clone();
    let mut add = |name: &str, value: String| {
        if !resource.iter().any(|(known, _)| known == name) {
            resource.push((name.to_owned(), value));
        }
    };
    if let Some(service) = asked.service.clone().or(service) {
        add(SERVICE_NAME, service);
    }
    for pair in attributes.iter().flat_map(|pairs| pairs.split(',')) {
        // What is no pair says nothing, as OpenTelemetry has it.
        if let Some((name, value)) = pair.split_once('=') {
            add(name.trim(), unescaped(value.trim()));
        }
    }
    add(SERVICE_NAME, UNNAMED.to_owned());
    resource
}

/// Percent-encoded octets decoded, as the values of baggage are.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let code = behind
            .first_chunk::<2>()
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, code) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Told {
    /// What exports it. Nothing runs before its child is started.
    ///
    /// # Errors
    /// Where the collector's address is none.
    pub(crate) fn begin(self, clock: Clock, lines: LogLines) -> Result<Export, Error> {
        let taken = lines.clone();
        let tap = self
            .with_requests
            .then(|| LineTap::new(move |lines| taken.take_requests(lines)));
        let spans = self.sampling.map(|sampling| Spans::new(clock, sampling));
        let exporter =
            Exporter::new(self.settings, lines, spans.clone()).map_err(|error| Error::Telemetry {
                whose: "the collector",
                what: vec![error.to_string()],
            })?;
        Ok(Export { exporter, spans, tap })
    }
}

/// The metrics of this tree, for whoever reads them and for the collector.
///
/// # Errors
/// Where they cannot be set up.
pub(crate) fn metrics(export: Option<&Exporter>, directory: Directory) -> Result<Metrics, Error> {
    let metrics = match export {
        Some(exporter) => exporter.metrics(directory),
        None => Metrics::new(directory),
    };
    metrics.map_err(|error| Error::Ground(error.to_string()))
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
