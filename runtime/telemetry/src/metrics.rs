//! From the table of families to a text for Prometheus.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hedgerow_supervisor::Directory;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

use crate::family::{FAMILIES, Family, Measure};
use crate::snapshot::Snapshot;

/// Series that one family may have. At the limit further ones are summed up in one series with the label
/// `otel_metric_overflow`.
const SERIES_A_FAMILY: usize = 10_000;

/// The metrics of one mesh. Cheap to clone.
///
/// ```
/// use hedgerow_supervisor::Directory;
/// use hedgerow_telemetry::{Metrics, MetricsError};
///
/// fn print(directory: Directory) -> Result<String, MetricsError> {
///     Ok(Metrics::new(directory)?.render())
/// }
/// ```
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Directory,
    registry: Registry,
    /// What the callbacks read. Locked for the whole of a scrape, so that it is nobody else's.
    scrape: Mutex<()>,
    current: Current,
    /// The instruments live as long as their provider.
    _provider: SdkMeterProvider,
}

type Current = Arc<Mutex<Arc<Snapshot>>>;

/// The exporter could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the metrics exporter did not start: {why}")]
pub struct MetricsError {
    /// What the exporter said.
    why: String,
}

impl Metrics {
    /// Metrics of the tree that this directory shows, in a registry of their own.
    ///
    /// # Errors
    /// Where the exporter does not accept its registry.
    pub fn new(directory: Directory) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .map_err(|error| MetricsError {
                why: error.to_string(),
            })?;
        let bounded = |_: &Instrument| {
            Stream::builder()
                .with_cardinality_limit(SERIES_A_FAMILY)
                .build()
                .ok()
        };
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_view(bounded)
            .build();
        let meter = provider.meter("hedgerow");
        let current = Current::default();
        for family in FAMILIES {
            register(&meter, family, current.clone());
        }
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                registry,
                scrape: Mutex::new(()),
                current,
                _provider: provider,
            }),
        })
    }

    /// Everything as Prometheus text (format 0.0.4). Waits for a scrape that is under way; never panics. What cannot be
    /// told is left out and said in the log.
    pub fn render(&self) -> String {
        let inner = &self.inner;
        let _one_at_a_time = inner.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        let failed_before = read(&inner.current).failed_reads;
        let text = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = Snapshot::take(&inner.directory, failed_before);
            *inner.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
            TextEncoder::new().encode_to_string(&inner.registry.gather())
        }));
        match text {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
            Err(_) => {
                tracing::error!("reading the metrics panicked: this scrape is empty");
                String::new()
            }
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn read(current: &Current) -> Arc<Snapshot> {
    current.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn register(meter: &Meter, family: &'static Family, current: Current) {
    // A panic in a callback would end the export of every family.
    let observe = move |show: &mut dyn FnMut(u64, &[KeyValue])| {
        let observed = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = read(&current);
            (family.read)(&snapshot, &mut |value, labels| {
                show(value, &family.attributes(labels));
            });
        }));
        if observed.is_err() {
            tracing::error!(family = family.name, "reading a metric panicked");
        }
    };
    match family.measure {
        Measure::Counter => drop(
            meter
                .u64_observable_counter(family.name)
                .with_description(family.help)
                .with_callback(move |instrument| {
                    observe(&mut |value, labels| instrument.observe(value, labels))
                })
                .build(),
        ),
        Measure::Gauge => drop(
            meter
                .u64_observable_gauge(family.name)
                .with_description(family.help)
                .with_callback(move |instrument| {
                    observe(&mut |value, labels| instrument.observe(value, labels))
                })
                .build(),
        ),
        Measure::Seconds => drop(
            meter
                .f64_observable_gauge(family.name)
                .with_description(family.help)
                .with_callback(move |instrument| {
                    observe(&mut |nanos, labels| {
                        instrument.observe(Duration::from_nanos(nanos).as_secs_f64(), labels);
                    });
                })
                .build(),
        ),
    }
}
