//! Whether a thread has nothing to do while requests wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A thread that waits for longer has nothing to do: it looks for events without end while it is busy, and finds some at
/// once.
const IDLE: Duration = Duration::from_micros(20);

/// The word of a thread's runtime that it had nothing to do. Written and read by that thread; the runtime asks for what is
/// usable from any.
#[derive(Clone)]
pub(crate) struct Idle(Arc<Shared>);

struct Shared {
    start: Instant,
    /// Whether anybody wants to know. Else no clock is read.
    wanted: AtomicBool,
    /// When the thread began to wait, in nanoseconds from the start.
    since: AtomicU64,
    told: Notify,
}

impl Idle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            start: Instant::now(),
            wanted: AtomicBool::new(false),
            since: AtomicU64::new(u64::MAX),
            told: Notify::new(),
        }))
    }

    /// Lets the runtime of a thread tell when it waits.
    pub(crate) fn watch(&self, runtime: &mut Builder) {
        let (before, after) = (self.0.clone(), self.0.clone());
        runtime.on_thread_park(move || before.begins());
        runtime.on_thread_unpark(move || after.ends());
    }

    /// Whether to tell from now on.
    pub(super) fn want(&self, wanted: bool) {
        self.0.wanted.store(wanted, Ordering::Relaxed);
    }

    /// Resolves when the thread had nothing to do while that was wanted.
    pub(crate) async fn told(&self) {
        self.0.told.notified().await;
    }
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn begins(&self) {
        if self.wanted.load(Ordering::Relaxed) {
            self.since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn ends(&self) {
        let since = self.since.swap(u64::MAX, Ordering::Relaxed);
        if since != u64::MAX && u128::from(self.now().saturating_sub(since)) >= IDLE.as_nanos() {
            self.told.notify_one();
        }
    }
}
