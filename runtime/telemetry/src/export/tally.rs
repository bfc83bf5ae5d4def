//! What became of one signal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hedgerow_view::telemetry::SignalView;

/// Counts of one signal, since the process began. They belong to the exporter's place, not to an incarnation.
#[derive(Debug, Default)]
pub(super) struct Tally {
    exported: AtomicU64,
    dropped: AtomicU64,
    failures: AtomicU64,
    rejected: AtomicU64,
    /// What the collector said last of what it rejected.
    rejected_because: Mutex<Option<String>>,
    /// Since when the collector takes nothing, and why.
    problem: Mutex<Option<String>>,
}

/// Whether what was told is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It was otherwise before.
    Changed,
    /// It was so before.
    Known,
}

impl Tally {
    /// So many reached the collector.
    pub(super) fn export(&self, count: usize) -> News {
        self.exported.fetch_add(count as u64, Ordering::Relaxed);
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        match problem.take() {
            Some(_) => News::Changed,
            None => News::Known,
        }
    }

    /// So many will not reach it.
    pub(super) fn drop(&self, count: usize) {
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The collector has answered well, and has not taken so many; or it warns, with none.
    pub(super) fn reject(&self, count: u64, why: &str) {
        self.rejected.fetch_add(count, Ordering::Relaxed);
        let because = self.rejected_because.lock();
        *because.unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    /// A request to the collector came to nothing.
    pub(super) fn fail(&self, why: &str) -> News {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = problem.as_deref() == Some(why);
        *problem = Some(why.to_owned());
        if is_known { News::Known } else { News::Changed }
    }

    /// For everyone to see; `also_dropped` are those that never came so far.
    pub(super) fn view(&self, signal: &'static str, waiting: usize, also_dropped: u64) -> SignalView {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let because = self.rejected_because.lock();
        SignalView {
            signal,
            waiting: waiting as u64,
            exported: self.exported.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed) + also_dropped,
            failures: self.failures.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            rejected_because: because.unwrap_or_else(PoisonError::into_inner).clone(),
            problem: problem.clone(),
        }
    }
}
