//! What a queue publishes of itself: depth, age and rate. Reading it takes no lock that a sender takes.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hedgerow_view::tree::MailboxView;

/// The least time over which a rate is measured.
const RATE_OVER: Duration = Duration::from_secs(1);

/// When a message was sent, in nanoseconds of mesh time. Not every message is stamped: see [`Gauge::view`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64);

impl Stamp {
    /// No clock was read, or there was none yet.
    pub(super) const NONE: Self = Self(0);

    pub(super) fn at(now: Duration) -> Self {
        Self(nanos(now).max(1))
    }

    pub(super) fn is_some(&self) -> bool {
        *self != Self::NONE
    }
}

/// Counters of one queue. Each is written by one side only: by senders under the queue's lock, or by the one
/// incarnation that lives.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// How many may wait.
    capacity: AtomicUsize,
    /// Waiting in the queue. Written under its lock.
    waiting: AtomicUsize,
    /// When the first of them was sent, or the last stamped one before it. Written under the queue's lock.
    front: AtomicU64,
    /// Taken out together and not begun yet.
    taken: AtomicUsize,
    /// When the message in hand was sent, or the last stamped one before it.
    in_hand: AtomicU64,
    /// Whether a message is in hand, or is taken.
    is_busy: AtomicBool,
    handled: AtomicU64,
    refused: AtomicU64,
    /// When the rate is next taken, in nanoseconds of mesh time.
    measure_at: AtomicU64,
    rate: Mutex<Rate>,
}

/// Messages handled a second, over the last second or more.
#[derive(Debug, Default)]
struct Rate {
    since: u64,
    base: u64,
    per_second: f64,
}

impl Gauge {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: AtomicUsize::new(capacity),
            ..Self::default()
        }
    }

    /// So many may wait from now on.
    pub(super) fn limit(&self, capacity: usize) {
        self.capacity.store(capacity, Ordering::Relaxed);
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity.load(Ordering::Relaxed)
    }

    /// Under the queue's lock: so many wait now, the first since then.
    pub(super) fn waiting(&self, waiting: usize, front: Stamp) {
        self.waiting.store(waiting, Ordering::Release);
        self.front.store(front.0, Ordering::Relaxed);
    }

    /// Under the queue's lock: one more waits.
    pub(super) fn one_more(&self, waiting: usize) {
        self.waiting.store(waiting, Ordering::Release);
    }

    /// So many are taken and not begun.
    pub(super) fn taken(&self, taken: usize) {
        self.taken.store(taken, Ordering::Release);
    }

    /// When the last message that was begun with was sent, or the last stamped one before it.
    pub(super) fn in_hand(&self) -> Stamp {
        Stamp(self.in_hand.load(Ordering::Relaxed))
    }

    pub(super) fn how_many_taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// Messages that wait, taken or not.
    pub(super) fn depth(&self) -> usize {
        self.waiting.load(Ordering::Acquire) + self.how_many_taken()
    }

    /// A message is in hand, and counts as handled.
    pub(super) fn begin(&self, stamp: Stamp) {
        if stamp.is_some() {
            self.in_hand.store(stamp.0, Ordering::Relaxed);
            self.measure(stamp.0);
        }
        self.is_busy.store(true, Ordering::Relaxed);
        self.count();
    }

    /// Counts a message, by whatever lane it came.
    pub(super) fn count(&self) {
        // One writer: a load and a store do.
        let handled = self.handled.load(Ordering::Relaxed);
        self.handled.store(handled + 1, Ordering::Relaxed);
    }

    /// Nothing is in hand or taken any more.
    pub(super) fn rest(&self) {
        self.is_busy.store(false, Ordering::Relaxed);
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the rate anew, once its time is over.
    fn measure(&self, now: u64) {
        if now < self.measure_at.load(Ordering::Relaxed) {
            return;
        }
        self.measure_at.store(now + nanos(RATE_OVER), Ordering::Relaxed);
        let handled = self.handled.load(Ordering::Relaxed);
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(per_second) = rate.at(now, handled) {
            *rate = Rate {
                since: now,
                base: handled,
                per_second,
            };
        }
    }

    /// What is shown. Clocks are read for the first message in an empty queue and for some of the others, so that
    /// `oldest_ms` is how long the front one may have waited at most.
    pub(super) fn view(&self, now: Duration) -> MailboxView {
        let handled = self.handled.load(Ordering::Relaxed);
        let since = if self.is_busy.load(Ordering::Relaxed) {
            Some(&self.in_hand)
        } else {
            (self.depth() > 0).then_some(&self.front)
        };
        let age = since.map_or(0, |since| {
            nanos(now).saturating_sub(since.load(Ordering::Relaxed))
        });
        let per_second = {
            let rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
            rate.at(nanos(now), handled).unwrap_or(rate.per_second)
        };
        MailboxView {
            depth: self.depth() as u64,
            capacity: self.capacity() as u64,
            handled,
            refused: self.refused.load(Ordering::Relaxed),
            oldest_ms: age / 1_000_000,
            rate_per_s: (per_second * 10.0).round() / 10.0,
        }
    }
}

impl Rate {
    /// The rate since it was last taken, if that is long enough ago.
    fn at(&self, now: u64, handled: u64) -> Option<f64> {
        let elapsed = now.saturating_sub(self.since);
        let enough = elapsed >= nanos(RATE_OVER);
        enough.then(|| handled.saturating_sub(self.base) as f64 * 1e9 / elapsed as f64)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
