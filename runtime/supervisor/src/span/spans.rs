//! Who records: what is sampled, and all rings.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::batch::{Batch, Taken};
use super::guard::Span;
use super::record::{Anchor, SpanRecord};
use super::ring::Ring;
use crate::chance;
use crate::clock::Clock;
use crate::context::Trace;

/// Which traces are recorded.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::Sampling;
///
/// let sampling = Sampling::share(0.1).slow(Duration::from_millis(250));
/// # let _ = sampling;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    share: f64,
    slow: Duration,
    most_per_thread: usize,
}

impl Sampling {
    /// How long a request may take before its span is recorded in any case, unless [told](Self::slow) otherwise.
    pub const SLOW: Duration = Duration::from_secs(1);

    /// Spans that wait for who drains them on one thread, unless [told](Self::most_per_thread) otherwise.
    pub const MOST_PER_THREAD: usize = 2_048;

    /// Records this share of all traces that begin here, from 0 for none to 1 for all. Requests that fail, are refused or are
    /// slow have their own span recorded in any case.
    pub fn share(share: f64) -> Self {
        Self {
            share,
            slow: Self::SLOW,
            most_per_thread: Self::MOST_PER_THREAD,
        }
    }

    /// A request that takes so long is recorded in any case. Default 1 s.
    #[must_use]
    pub fn slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// So many spans wait on one thread; further ones are dropped and counted. At least one. Default 2,048, which is about
    /// 1 MiB for a thread that records as many requests.
    #[must_use]
    pub fn most_per_thread(self, most: usize) -> Self {
        Self {
            most_per_thread: most,
            ..self
        }
    }
}

/// Records spans: the recorder of one mesh. Cheap to clone, usable from any thread.
///
/// ```
/// use hedgerow_supervisor::{Clock, Context, Sampling, Span, Spans, Trace};
///
/// let spans = Spans::new(Clock::start(), Sampling::share(1.0));
/// let root = spans.root(Trace::fresh(Trace::SAMPLED), None, "checkout");
/// root.context().enter(|| {
///     let charge = Span::begin("charge").client().attribute("shop.till", 7_u64);
///     drop(charge); // ends here
/// });
/// drop(root);
/// let drained = spans.drain();
/// let names: Vec<_> = drained.spans.iter().map(|span| span.name()).collect();
/// assert_eq!(names, ["charge", "checkout"]);
/// assert_eq!(drained.spans[0].parent(), Some(drained.spans[1].trace().span_id()));
/// ```
#[derive(Clone)]
pub struct Spans(Arc<Counted>);

/// What the clones of one handle count together.
struct Counted {
    shared: Arc<Shared>,
}

/// What there is once for a recorder.
pub(super) struct Shared {
    /// No two recorders of a process have the same.
    pub(super) id: u64,
    clock: Clock,
    sampling: Sampling,
    rings: Mutex<Vec<Arc<Ring<Batch>>>>,
    pub(super) half_full: Notify,
    /// What the rings have counted whose threads have ended.
    recorded: AtomicU64,
    dropped: AtomicU64,
    /// Of those that were dropped, how many have been told.
    told: AtomicU64,
}

/// What was recorded since it was drained before.
#[derive(Debug)]
pub struct Drained {
    /// The spans, those of one thread in the order in which they ended.
    pub spans: Vec<SpanRecord>,
    /// Spans that were dropped meanwhile, as rings were full.
    pub dropped: u64,
}

impl Spans {
    /// A recorder for which nothing has been recorded.
    pub fn new(clock: Clock, sampling: Sampling) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let shared = Arc::new(Shared {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            clock,
            sampling,
            rings: Mutex::default(),
            half_full: Notify::new(),
            recorded: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            told: AtomicU64::new(0),
        });
        Self(Arc::new(Counted { shared }))
    }

    /// The same recorder by a handle whose clones are counted apart from all others: for one thread that clones it often.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self(Arc::new(Counted {
            shared: Arc::clone(&self.0.shared),
        }))
    }

    /// Draws whether a trace that begins here is recorded.
    pub fn draws(&self) -> bool {
        chance::hits(self.0.shared.sampling.share)
    }

    /// How long a request takes that is recorded in any case.
    pub fn slow(&self) -> Duration {
        self.0.shared.sampling.slow
    }

    /// The time by the clock that it records by.
    pub fn now(&self) -> Instant {
        self.0.shared.now()
    }

    /// A span of this place in a trace, which begins now and is recorded whatever the flags say.
    pub fn root(&self, trace: Trace, parent: Option<[u8; 8]>, name: &'static str) -> Span {
        self.root_since(trace, parent, name, self.now())
    }

    /// As [`root`](Self::root), of work that has begun at `start`.
    pub fn root_since(
        &self,
        trace: Trace,
        parent: Option<[u8; 8]>,
        name: &'static str,
        start: Instant,
    ) -> Span {
        Span::open(self.clone(), trace, parent, name, start)
    }

    /// A span below this place in a trace, which begins now; one that is [not recorded](Span::NONE) where the trace is not
    /// sampled.
    #[inline]
    pub fn child(&self, parent: Trace, name: &'static str) -> Span {
        if parent.is_sampled() {
            self.child_since(parent, name, self.now())
        } else {
            Span::NONE
        }
    }

    /// As [`child`](Self::child), of work that has begun at `start`.
    #[inline]
    pub fn child_since(&self, parent: Trace, name: &'static str, start: Instant) -> Span {
        if parent.is_sampled() {
            self.root_since(parent.descend(), Some(parent.span_id()), name, start)
        } else {
            Span::NONE
        }
    }

    /// Takes all that was recorded. One at a time is to drain: two share what there is.
    pub fn drain(&self) -> Drained {
        let shared = &*self.0.shared;
        let mut spans = Vec::new();
        let anchor = Anchor {
            instant: self.now(),
            wall: shared.clock.wall(),
        };
        let rings: Vec<_> = shared.rings().iter().map(Arc::clone).collect();
        for ring in &rings {
            ring.take(|batch| {
                let taken = Arc::new(Taken::new(batch, Arc::clone(ring.spares())));
                spans.extend((0..taken.len()).map(|at| SpanRecord {
                    taken: Arc::clone(&taken),
                    at,
                    anchor,
                }));
            });
        }
        drop(rings);
        shared.close_rings();
        let dropped = self.dropped();
        let told = shared.told.swap(dropped, Ordering::AcqRel);
        Drained {
            spans,
            dropped: dropped.saturating_sub(told),
        }
    }

    /// Resolves when a ring has become half full since it was waited for last, so that it is time to drain.
    pub async fn half_full(&self) {
        self.0.shared.half_full.notified().await;
    }

    /// How many spans were recorded, ever.
    pub fn recorded(&self) -> u64 {
        let shared = &self.0.shared;
        let rings = shared.rings();
        let living: u64 = rings.iter().map(|ring| ring.recorded()).sum();
        shared.recorded.load(Ordering::Relaxed) + living
    }

    /// How many were dropped as a ring was full, ever.
    pub fn dropped(&self) -> u64 {
        let shared = &self.0.shared;
        let rings = shared.rings();
        let living: u64 = rings.iter().map(|ring| ring.dropped()).sum();
        shared.dropped.load(Ordering::Relaxed) + living
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

impl Shared {
    pub(super) fn now(&self) -> Instant {
        self.clock.instant()
    }

    /// A ring for a thread that has none.
    #[cold]
    pub(super) fn open_ring(&self) -> Arc<Ring<Batch>> {
        let ring = Arc::new(Ring::new(self.sampling.most_per_thread));
        self.rings().push(Arc::clone(&ring));
        ring
    }

    /// A span ended on a thread that keeps nothing any more.
    pub(super) fn count_lost(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets go of the rings whose threads have ended, once they are empty, and keeps what they have counted.
    fn close_rings(&self) {
        let mut rings = self.rings();
        let all = mem::take(&mut *rings);
        for ring in all {
            match Arc::try_unwrap(ring) {
                Err(living) => rings.push(living),
                Ok(gone) if !gone.is_empty() => rings.push(Arc::new(gone)),
                Ok(gone) => {
                    self.recorded.fetch_add(gone.recorded(), Ordering::Relaxed);
                    self.dropped.fetch_add(gone.dropped(), Ordering::Relaxed);
                }
            }
        }
    }

    fn rings(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Ring<Batch>>>> {
        // Nothing that is done under the lock can fail half way.
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Spans {
    /// Whether it is the same recorder.
    fn eq(&self, other: &Self) -> bool {
        self.0.shared.id == other.0.shared.id
    }
}

impl Eq for Spans {}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans")
            .field("sampling", &self.0.shared.sampling)
            .finish_non_exhaustive()
    }
}
