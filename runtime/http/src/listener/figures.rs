//! What a listener counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use hedgerow_supervisor::Inspect;
use hedgerow_view::listener::BoundView;
use hedgerow_view::{Identity, ListenerView, Path, View};
use tokio::time::Instant;

/// An overload is told once in so long.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// The figures of a listener, over all its threads. They belong to its place in the tree, and are written only for a request
/// that waits, is refused or goes wrong: any other one shares no counter with other threads.
#[derive(Debug)]
pub(crate) struct Figures {
    id: Identity,
    waited: AtomicU64,
    overloaded: AtomicU64,
    refused_late: AtomicU64,
    told: Mutex<Told>,
    /// Of each worker that lives.
    paces: Mutex<Vec<Weak<Pace>>>,
}

/// How much a worker works on, as it shows it. It has a line of its own, which no other thread writes.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Pace {
    /// 0 until it is shown.
    bound: AtomicU64,
    busy_percent: AtomicU64,
}

impl Pace {
    /// It works on so many requests at most, and was busy for so many hundredths of the time when it was looked at last.
    pub(crate) fn show(&self, bound: usize, busy_percent: u64) {
        self.bound.store(bound as u64, Ordering::Relaxed);
        self.busy_percent.store(busy_percent, Ordering::Relaxed);
    }
}

/// What was told already.
#[derive(Debug, Default)]
struct Told {
    overload: Option<Instant>,
    /// Rules by which a body was refused behind the head of its answer.
    late: Vec<&'static str>,
}

/// Whether something is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    Now,
    /// It was told before.
    Not,
}

impl Figures {
    pub(crate) fn of(id: Identity) -> Self {
        Self {
            id,
            waited: AtomicU64::new(0),
            overloaded: AtomicU64::new(0),
            refused_late: AtomicU64::new(0),
            told: Mutex::default(),
            paces: Mutex::default(),
        }
    }

    /// Where a worker shows how much it works on.
    pub(crate) fn pace_of_a_worker(&self) -> Arc<Pace> {
        let pace = Arc::new(Pace::default());
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|pace| pace.strong_count() > 0);
        paces.push(Arc::downgrade(&pace));
        pace
    }

    /// The least bound and the busiest time of all workers that have shown theirs.
    fn bound(&self) -> Option<BoundView> {
        let paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = paces.iter().filter_map(Weak::upgrade).filter_map(|pace| {
            let requests = pace.bound.load(Ordering::Relaxed);
            let busy_percent = pace.busy_percent.load(Ordering::Relaxed);
            (requests > 0).then_some(BoundView {
                requests,
                busy_percent,
            })
        });
        shown.reduce(|one, other| BoundView {
            requests: one.requests.min(other.requests),
            busy_percent: one.busy_percent.max(other.busy_percent),
        })
    }

    /// Counts a request that had to wait for a berth.
    pub(crate) fn count_wait(&self) {
        self.waited.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that was refused for want of a berth.
    pub(crate) fn count_overload(&self, now: Instant) -> Tell {
        self.overloaded.fetch_add(1, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.overload {
            Some(at) if now.saturating_duration_since(at) < TOLD_EVERY => Tell::Not,
            _ => {
                told.overload = Some(now);
                Tell::Now
            }
        }
    }

    /// Counts a request whose body was refused by this rule when the head of its answer had gone out, so that its client could
    /// not be told.
    pub(crate) fn count_late_refusal(&self, rule: &'static str) -> Tell {
        self.refused_late.fetch_add(1, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.late.contains(&rule) {
            return Tell::Not;
        }
        told.late.push(rule);
        Tell::Now
    }

    /// Requests that had to wait, and requests that were refused for want of a berth.
    pub(crate) fn overload(&self) -> (u64, u64) {
        (
            self.waited.load(Ordering::Relaxed),
            self.overloaded.load(Ordering::Relaxed),
        )
    }
}

impl Inspect for Figures {
    fn view(&self, path: &Path) -> View {
        let (waited, overloaded) = self.overload();
        View::Listener(ListenerView {
            id: self.id.clone(),
            path: path.clone(),
            waited,
            overloaded,
            refused_late: self.refused_late.load(Ordering::Relaxed),
            bound: self.bound(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overload_is_told_once_in_ten_seconds_and_a_late_refusal_once_a_rule() {
        let figures = Figures::of(Identity::new("listener", "public"));
        let start = Instant::now();
        assert_eq!(figures.count_overload(start), Tell::Now);
        assert_eq!(figures.count_overload(start + TOLD_EVERY / 2), Tell::Not);
        assert_eq!(figures.count_overload(start + TOLD_EVERY), Tell::Now);
        assert_eq!(figures.overload(), (0, 3));
        let told = ["chunk", "chunk", "trailer"].map(|rule| figures.count_late_refusal(rule));
        assert_eq!(told, [Tell::Now, Tell::Not, Tell::Now]);
    }
}
