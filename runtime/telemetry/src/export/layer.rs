//! What takes the lines of the log from the program's subscriber.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use hedgerow_supervisor::Context as Ambient;
use hedgerow_supervisor::{ChildSpec, Events};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::line::Line;
use super::waiting::Waiting;
use crate::stderr::{self, LogWriter};

/// Lines that are kept for a mesh that has not started.
const BEFORE_THE_START: usize = 2_048;

thread_local! {
    /// Whether this thread exports: what it says is not for the collector that it sends to.
    static EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// What the current thread says from now on is not exported.
pub(super) fn say_nothing_to_the_collector() {
    EXPORTING.set(true);
}

/// The lines of the program's log, on their way to a collector. The program gives their [`layer`](Self::layer) to its
/// subscriber, and them to its mesh. Cheap to clone.
///
/// What is written before the mesh starts is kept, up to 2,048 lines, and exported then; of a mesh that exports no log none is
/// kept any more.
///
/// ```
/// use hedgerow_telemetry::LogLines;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let lines = LogLines::new();
/// let subscriber = tracing_subscriber::registry().with(lines.layer());
/// # drop(subscriber);
/// ```
#[derive(Clone)]
pub struct LogLines {
    shared: Arc<Shared>,
}

struct Shared {
    waiting: Waiting<Line>,
    open: AtomicBool,
    /// Where they are written, where the program asks for it.
    stderr: OnceLock<LogWriter>,
}

impl LogLines {
    /// Without a line.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                waiting: Waiting::with_room(BEFORE_THE_START),
                open: AtomicBool::new(true),
                stderr: OnceLock::new(),
            }),
        }
    }

    /// What a subscriber hands its events to.
    pub fn layer(&self) -> LogLayer {
        LogLayer { lines: self.clone() }
    }

    /// The standard error, for the program's subscriber to write to: whoever logs never waits for who reads it, and what finds no
    /// room is dropped and counted. The mesh that is given these lines shows the counts. The same one at each call.
    ///
    /// ```
    /// use hedgerow_telemetry::LogLines;
    ///
    /// let lines = LogLines::new();
    /// let subscriber = tracing_subscriber::fmt().with_writer(lines.stderr()).finish();
    /// # drop(subscriber);
    /// ```
    ///
    /// A program that ends waits a moment for the last lines: [`flush_within`](LogWriter::flush_within).
    pub fn stderr(&self) -> LogWriter {
        self.shared.stderr.get_or_init(LogWriter::to_stderr).clone()
    }

    /// The child that shows what became of the lines for the [standard error](Self::stderr), and tells when some are dropped; `None` where
    /// the program writes its log elsewhere.
    pub fn stderr_spec(&self, events: &Events) -> Option<ChildSpec> {
        let writer = self.shared.stderr.get()?;
        Some(stderr::spec(writer, events))
    }

    /// Takes lines of requests, each a line of JSON that ends the line: their trace is what they say as `traceId`.
    pub fn take_requests(&self, lines: &[u8]) {
        let shared = &*self.shared;
        if !shared.open.load(Ordering::Relaxed) {
            return;
        }
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            shared
                .waiting
                .put(Line::of_request(&String::from_utf8_lossy(line), now()));
        }
    }

    /// Takes no line from now on, and forgets those that wait. For a mesh that exports no log.
    pub fn close(&self) {
        self.shared.open.store(false, Ordering::Relaxed);
        self.shared.waiting.make_room(0);
    }

    /// Has room for so many from now on.
    pub(super) fn begin(&self, room: usize) {
        self.shared.waiting.make_room(room);
    }

    pub(super) fn waiting(&self) -> &Waiting<Line> {
        &self.shared.waiting
    }

    fn take(&self, event: &Event<'_>) {
        let shared = &*self.shared;
        if !shared.open.load(Ordering::Relaxed) || EXPORTING.get() {
            return;
        }
        shared
            .waiting
            .put(Line::of(event, now(), Ambient::current().trace()));
    }
}

impl Default for LogLines {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines").finish_non_exhaustive()
    }
}

/// Hands the events of a subscriber to its [`LogLines`].
#[derive(Debug)]
pub struct LogLayer {
    lines: LogLines,
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.lines.take(event);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a line is written at the time that the whole machine has, before there is a mesh"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
#[path = "layer_tests.rs"]
mod tests;
