//! From the table of families to a text for Prometheus.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use hedgerow_supervisor::Directory;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Instrument, InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Stream, Temporality,
};
use prometheus::{Registry, TextEncoder};

use crate::SCOPE;
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
    /// For a collector.
    reader: Option<Arc<ManualReader>>,
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
        Self::read_by(directory, None, Resource::builder_empty().build())
    }

    /// The same, to be [collected](Self::collect) for a collector that is told of this program.
    pub(crate) fn told_of(directory: Directory, resource: Resource) -> Result<Self, MetricsError> {
        Self::read_by(directory, Some(Arc::default()), resource)
    }

    fn read_by(
        directory: Directory,
        reader: Option<Arc<ManualReader>>,
        resource: Resource,
    ) -> Result<Self, MetricsError> {
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
        let mut provider = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(exporter)
            .with_view(bounded);
        if let Some(reader) = &reader {
            provider = provider.with_reader(Shared(Arc::clone(reader)));
        }
        let provider = provider.build();
        let scope = InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION"));
        let meter = provider.meter_with_scope(scope.build());
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
                reader,
                _provider: provider,
            }),
        })
    }

    /// Everything as Prometheus text (format 0.0.4). Waits for a scrape that is under way; never panics. What cannot be
    /// told is left out and said in the log.
    pub fn render(&self) -> String {
        let registry = &self.inner.registry;
        let text = self.scrape(|| TextEncoder::new().encode_to_string(&registry.gather()));
        match text {
            Some(Ok(text)) => text,
            Some(Err(error)) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
            None => String::new(),
        }
    }

    /// Everything for a collector; `None` where nothing is for one, or cannot be told, which the log says.
    pub(crate) fn collect(&self) -> Option<ResourceMetrics> {
        let reader = self.inner.reader.as_ref()?;
        let collected = self.scrape(|| {
            let mut metrics = ResourceMetrics::default();
            reader.collect(&mut metrics).map(|()| metrics)
        });
        collected?
            .inspect_err(|error| tracing::error!(%error, "the metrics could not be collected"))
            .ok()
    }

    /// Has one snapshot read. `None` where that panicked.
    fn scrape<T>(&self, read_out: impl FnOnce() -> T) -> Option<T> {
        let inner = &self.inner;
        let _one_at_a_time = inner.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        let failed_before = read(&inner.current).failed_reads;
        let told = catch_unwind(AssertUnwindSafe(|| {
            let snapshot = Snapshot::take(&inner.directory, failed_before);
            *inner.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
            read_out()
        }));
        if told.is_err() {
            tracing::error!("reading the metrics panicked: this scrape is empty");
        }
        told.ok()
    }
}

/// A reader that others hold as well.
#[derive(Debug)]
struct Shared(Arc<ManualReader>);

impl MetricReader for Shared {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
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
