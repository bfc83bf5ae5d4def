//! Who shows and tells how the log's output stands.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext as _};
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Inspect, Persistence};
use hedgerow_view::telemetry::TelemetryView;
use hedgerow_view::{Identity, Path, View};

use super::writer::LogWriter;

/// How often it is looked whether lines are dropped.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Makes the child that watches where the log is written: it tells when lines begin to be dropped, and when none wait any more.
/// The writing has a thread of its own, and goes on whether or not this actor lives.
pub(crate) fn spec(writer: &LogWriter, events: &Events) -> ChildSpec {
    let shown = Arc::new(Shown(writer.clone()));
    let (writer, events) = (writer.clone(), events.clone());
    let (spec, _) = ChildSpec::actor("log", move || LogWatch {
        writer: writer.clone(),
        events: events.clone(),
        dropped: 0,
        is_told: false,
    });
    spec.kind("log")
        .identity(Identity::new("log", "log"))
        .inspect(shown)
}

struct LogWatch {
    writer: LogWriter,
    events: Events,
    /// Lines that had been dropped when it was last looked.
    dropped: u64,
    /// Whether it was told that lines are dropped, and not yet that it is over.
    is_told: bool,
}

impl Actor for LogWatch {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_interval(LOOK_EVERY, Self::look);
    }
}

impl LogWatch {
    fn look(&mut self, context: &mut CellContext<Self>) {
        let log = self.writer.view();
        let has_dropped = log.dropped > std::mem::replace(&mut self.dropped, log.dropped);
        if has_dropped && !self.is_told {
            self.is_told = true;
            let why = log
                .problem
                .unwrap_or_else(|| "nobody reads the standard error as fast as it is written".to_owned());
            let cause = format!("{} lines of the log were dropped so far: {why}", log.dropped);
            self.tell(context, "logProblem", cause);
        } else if !has_dropped && self.is_told && log.waiting == 0 && log.problem.is_none() {
            self.is_told = false;
            let cause = format!("lines of the log are written again; {} were dropped", log.dropped);
            self.tell(context, "logRecovered", cause);
        }
    }

    fn tell(&self, context: &CellContext<Self>, kind: &'static str, cause: String) {
        self.events
            .emit(kind, context.path(), None, cause, Persistence::Volatile);
    }
}

struct Shown(LogWriter);

impl Inspect for Shown {
    fn view(&self, path: &Path) -> View {
        View::Telemetry(TelemetryView {
            path: path.clone(),
            collector: "stderr".to_owned(),
            signals: vec![self.0.view()],
        })
    }
}
