//! The actor that owns the exporter.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Running, WrapFuture as _};
use hedgerow_supervisor::{CellContext, ChildSpec, Directory, Inspect, Shutdown, Spans};
use hedgerow_view::telemetry::TelemetryView;
use hedgerow_view::{Identity, Path, View};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, RetryPolicy, SpanExporter, WithExportConfig,
    WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter as _;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::oneshot;

use super::courier::Courier;
use super::lane::Lane;
use super::layer::LogLines;
use super::settings::{Settings, SettingsError};
use super::tally::Tally;
use super::worker::{self, Ends};
use crate::metrics::{Metrics, MetricsError};

/// What the stop takes beside the flush.
const MARGIN: Duration = Duration::from_secs(2);

/// What is exported of one mesh, and what became of it. Cheap to clone. It belongs to the place in the tree: a restart of the
/// actor loses nothing that waits.
#[derive(Clone)]
pub struct Exporter {
    shared: Arc<Shared>,
}

/// What each incarnation works with.
pub(super) struct Shared {
    pub(super) settings: Settings,
    resource: Resource,
    pub(super) metrics: Option<MetricsWay>,
    pub(super) logs: Option<LogsWay>,
    pub(super) traces: Option<TracesWay>,
}

/// The metrics' way out.
pub(super) struct MetricsWay {
    pub(super) lane: Lane,
    pub(super) every: Duration,
    pub(super) exporter: MetricExporter,
    /// Known once the tree that they tell of has been started.
    pub(super) shown: OnceLock<Metrics>,
}

/// The log's way out.
pub(super) struct LogsWay {
    pub(super) lane: Lane,
    pub(super) lines: LogLines,
    pub(super) exporter: LogExporter,
}

/// The spans' way out.
pub(super) struct TracesWay {
    pub(super) lane: Lane,
    pub(super) spans: Spans,
    pub(super) exporter: SpanExporter,
}

impl Exporter {
    /// One that exports what the settings say, `lines` of the log, and `spans` where there are any. Nothing is sent before its
    /// [`spec`](Self::spec) is started.
    ///
    /// # Errors
    /// Where the collector's address is none, or the environment asks for what is not spoken here.
    pub fn new(settings: Settings, lines: LogLines, spans: Option<Spans>) -> Result<Self, SettingsError> {
        Self::build(&settings, lines, spans).map_err(|error| SettingsError {
            collector: settings.collector.clone(),
            why: error.to_string(),
        })
    }

    fn build(settings: &Settings, lines: LogLines, spans: Option<Spans>) -> Result<Self, ExporterBuildError> {
        let resource = settings.resource();
        let metrics = match settings.metrics {
            Some(every) => {
                let lane = lane("metrics", settings);
                let builder = MetricExporter::builder().with_http();
                let exporter = toward(builder, &lane, settings).build()?;
                let shown = OnceLock::new();
                Some(MetricsWay {
                    lane,
                    every,
                    exporter,
                    shown,
                })
            }
            None => None,
        };
        let logs = match settings.logs {
            Some(logs) => {
                let lane = lane("logs", settings);
                let mut exporter = toward(LogExporter::builder().with_http(), &lane, settings).build()?;
                exporter.set_resource(&resource);
                lines.begin(logs);
                Some(LogsWay {
                    lane,
                    lines,
                    exporter,
                })
            }
            None => {
                lines.close();
                None
            }
        };
        let traces = match spans {
            Some(spans) => {
                let lane = lane("traces", settings);
                let mut exporter = toward(SpanExporter::builder().with_http(), &lane, settings).build()?;
                exporter.set_resource(&resource);
                Some(TracesWay {
                    lane,
                    spans,
                    exporter,
                })
            }
            None => None,
        };
        let settings = settings.clone();
        let shared = Arc::new(Shared {
            settings,
            resource,
            metrics,
            logs,
            traces,
        });
        Ok(Self { shared })
    }

    /// Makes the child that exports. It stops when what is left has been exported, within the limit of its settings.
    pub fn spec(&self) -> ChildSpec {
        let shared = Arc::clone(&self.shared);
        let within = shared.settings.flush + MARGIN;
        let (spec, _) = ChildSpec::actor("telemetry", move || Export {
            shared: Arc::clone(&shared),
            stop: None,
        });
        spec.kind("exporter")
            .identity(Identity::new("exporter", "telemetry"))
            .shutdown(Shutdown::Within(within))
            .inspect(Arc::new(self.clone()))
    }

    /// The metrics of this tree, which are exported from now on where any are.
    ///
    /// # Errors
    /// Where the metrics cannot be set up.
    pub fn metrics(&self, directory: Directory) -> Result<Metrics, MetricsError> {
        let Some(way) = &self.shared.metrics else {
            return Metrics::new(directory);
        };
        let metrics = Metrics::told_of(directory, self.shared.resource.clone())?;
        Ok(way.shown.get_or_init(|| metrics).clone())
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("collector", &self.shared.settings.collector)
            .finish_non_exhaustive()
    }
}

fn lane(signal: &'static str, settings: &Settings) -> Lane {
    Lane {
        signal,
        tally: Tally::default(),
        courier: Courier::new(settings.timeout),
    }
}

/// The builder with what all of them have.
fn toward<B: WithExportConfig + WithHttpConfig>(builder: B, lane: &Lane, settings: &Settings) -> B {
    builder
        .with_endpoint(settings.endpoint(lane.signal))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(settings.timeout)
        // Whether and when it is tried again is the lane's to say: the SDK's tries would block the thread.
        .with_retry_policy(RetryPolicy::disabled())
        .with_http_client(lane.courier.clone())
}

struct Export {
    shared: Arc<Shared>,
    /// Stops the worker that runs.
    stop: Option<oneshot::Sender<()>>,
}

impl Actor for Export {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        match worker::start(Arc::clone(&self.shared)) {
            Ok(Ends { stop, ended }) => {
                self.stop = Some(stop);
                context.spawn(ended.into_actor(self).map(|ended, export, context| {
                    match (ended, export.stop.take()) {
                        (Ok(()), None) => context.stop(),
                        _ => context.fail(io::Error::other("the exporting thread ended by itself")),
                    }
                }));
            }
            Err(error) => context.fail(error),
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        match self.stop.take() {
            // The worker's own end stops the actor.
            Some(stop) => {
                let _ = stop.send(());
                Running::Continue
            }
            None => Running::Stop,
        }
    }
}

impl Inspect for Exporter {
    fn view(&self, path: &Path) -> View {
        let Shared {
            settings,
            metrics,
            logs,
            traces,
            ..
        } = &*self.shared;
        let metrics = metrics.iter().map(|way| way.lane.tally.view("metrics", 0, 0));
        let logs = logs.iter().map(|way| {
            let waiting = way.lines.waiting();
            way.lane.tally.view("logs", waiting.len(), waiting.dropped())
        });
        let traces = traces
            .iter()
            .map(|way| way.lane.tally.view("traces", 0, way.spans.dropped()));
        View::Telemetry(TelemetryView {
            path: path.clone(),
            collector: settings.collector.clone(),
            signals: metrics.chain(logs).chain(traces).collect(),
        })
    }
}
