//! Catches panics of code that is the user's, and records what they said and where.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// One backtrace per site in this time: taking one costs a thousand times the panic.
const BACKTRACE_EVERY: Duration = Duration::from_secs(60);
/// Sites remembered for that; beyond it all are forgotten, which costs at most one more backtrace each.
const MAX_SITES: usize = 1_024;
/// Bytes kept of what a panic said: it is shown in the tree, told in events, and handed to everyone who waited.
const MAX_MESSAGE: usize = 4 * 1_024;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static CAUGHT: RefCell<Option<PanicRecord>> = const { RefCell::new(None) };
}

static INSTALL: Once = Once::new();
static TAKEN: Mutex<Option<HashMap<String, Instant>>> = Mutex::new(None);

/// What is known of a panic.
#[derive(Debug, Clone)]
pub struct PanicRecord {
    /// What the panic said; of more than 4 KiB the beginning, and how much was cut.
    pub message: String,
    /// File, line and column.
    pub location: Option<String>,
    /// The backtrace; taken once per site and minute, because it costs a thousand times the panic.
    pub backtrace: Option<String>,
}

impl fmt::Display for PanicRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.message, At(self.location.as_deref()))
    }
}

/// Where a panic was, if that is known, as it stands behind what the panic said.
pub(crate) struct At<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(location) => write!(f, " (at {location})"),
            None => Ok(()),
        }
    }
}

/// Chains a hook in front of the one that is there: a panic inside [`catch`] is recorded and goes no further, any
/// other goes to the old hook. Once per process.
pub(crate) fn install() {
    INSTALL.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(
            move |info| if ARMED.get() { record(info) } else { previous(info) },
        ));
    });
}

/// Runs `code`, which may panic, as a cell runs an actor. For what runs user code outside a cell: a walk down a chain.
///
/// The panic is recorded instead of printed once a tree has been started in this process.
///
/// # Errors
/// What is known of the panic.
pub fn catch<T>(code: impl FnOnce() -> T) -> Result<T, PanicRecord> {
    let before = ARMED.replace(true);
    // What a panic leaves behind is thrown away as a whole: the incarnation ends with it.
    let result = catch_unwind(AssertUnwindSafe(code));
    ARMED.set(before);
    result.map_err(|payload| {
        let said = message(&*payload);
        // What was recorded last may be a panic that the code has caught itself, before it resumed another.
        // A thread that is ending may have nothing recorded any more.
        let recorded = CAUGHT.try_with(RefCell::take).ok().flatten();
        let caught = recorded.filter(|record| record.message == said);
        let record = caught.unwrap_or(PanicRecord {
            message: said,
            location: None,
            backtrace: None,
        });
        // A payload whose own drop panics must not end the thread, nor must what that panic brings in its turn.
        if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(next);
        }
        record
    })
}

/// Drops what is the user's, and may panic; `what` names it for the log.
pub(crate) fn drop_caught<T>(what: &'static str, value: T) {
    run_caught(what, || drop(value));
}

/// Runs what drops something of the user's, or wakes somebody, and may panic; `what` names it for the log.
pub(crate) fn run_caught(what: &'static str, work: impl FnOnce()) {
    if let Err(record) = catch(work) {
        // Whoever listens to the log must not be able to keep the rest from being dropped.
        let _ = catch(|| tracing::warn!("panic over {what}: {record}"));
    }
}

fn record(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    let backtrace = location
        .as_deref()
        .filter(|site| first_of_late(site))
        .map(|_| Backtrace::force_capture());
    let record = PanicRecord {
        message: message(info.payload()),
        location,
        backtrace: backtrace.map(|backtrace| backtrace.to_string()),
    };
    // The hook may run while a thread is being torn down.
    let _ = CAUGHT.try_with(|caught| *caught.borrow_mut() = Some(record));
}

fn first_of_late(site: &str) -> bool {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let sites = taken.get_or_insert_with(HashMap::new);
    let now = now();
    if sites
        .get(site)
        .is_some_and(|at| now.saturating_duration_since(*at) < BACKTRACE_EVERY)
    {
        return false;
    }
    if sites.len() >= MAX_SITES {
        sites.clear();
    }
    sites.insert(site.to_owned(), now);
    true
}

/// The system's clock: a panic may come from a thread that is ending, whose mesh clock cannot be read any more.
#[allow(clippy::disallowed_methods, reason = "a panic in the hook would abort")]
fn now() -> Instant {
    Instant::now()
}

fn message(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    literal
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .map_or_else(|| "a panic without a message".to_owned(), shortened)
}

/// The text, or as much of it as is kept and how much was cut.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_MESSAGE {
        return text.to_owned();
    }
    let kept = (0..=MAX_MESSAGE).rev().find(|at| text.is_char_boundary(*at));
    let (kept, cut) = text.split_at(kept.unwrap_or_default());
    format!("{kept}… ({} bytes more)", cut.len())
}
