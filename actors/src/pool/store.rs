//! The pool: a shelf for each thread over a store for all.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use hedgerow_gate::{MAX_SEATS, seat};

use super::counts::{Counters, Counts};
use super::lease::Lease;
use super::reset::Pooled;
use super::shelf::{Home, Shelf, Store};

/// What a pool keeps. A lease is never refused: beyond the limits objects are made, and dropped when they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Objects that wait on the shelf of each thread, beside the one that was given back last. Default 16.
    pub shelf: NonZeroUsize,
    /// Objects that wait in the store for all threads. Default 256.
    pub store: NonZeroUsize,
    /// Bytes on the heap that an object may keep by its own count ([`Pooled::kept_bytes`]). Default 64 KiB.
    pub kept_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            shelf: NonZeroUsize::MIN.saturating_add(15),
            store: NonZeroUsize::MIN.saturating_add(255),
            kept_bytes: 64 * 1024,
        }
    }
}

/// Objects that wait to be used again. Taking and giving back takes no lock and, in the steady state, allocates nothing:
/// it costs one atomic operation each, on lines that are the thread's own.
///
/// A thread takes first what it gave back last, then from the rest of its shelf, then from the store for all. An object
/// goes back to the shelf that it was taken from, whichever thread its lease is dropped on; what finds no room there goes
/// to the store. Threads beyond [`MAX_SEATS`] or twice the available parallelism share one more shelf.
///
/// Dropping the pool drops what waits in it. What is leased then is dropped with its lease.
pub struct Pool<T: Pooled> {
    shelves: Box<[Arc<Home<T>>]>,
    shared: Arc<Home<T>>,
    store: Arc<Store<T>>,
}

/// Pools so far, in the whole process: threads know by it where they keep what they lend themselves.
static POOLS: AtomicUsize = AtomicUsize::new(0);

impl<T: Pooled> Pool<T> {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        let store = Arc::new(Store {
            waiting: ArrayQueue::new(limits.store.get()),
            kept_bytes: limits.kept_bytes,
            least_edition: AtomicU64::new(0),
            counters: Counters::default(),
        });
        let pool = POOLS.fetch_add(1, Ordering::Relaxed);
        let shelf = |seat| {
            let shelf = Shelf::new(seat, pool, limits.shelf.get(), store.clone());
            Arc::new(CachePadded::new(shelf))
        };
        Self {
            shelves: (0..shelves()).map(shelf).collect(),
            shared: shelf(usize::MAX),
            store,
        }
    }

    /// Leases an object: one that waits, or one that `make` makes.
    #[inline]
    pub fn take(&self, make: impl FnOnce() -> T) -> Lease<T> {
        let shelf = self.shelves.get(seat()).unwrap_or(&self.shared);
        Lease::new(Shelf::take(shelf).unwrap_or_else(|| Shelf::add(shelf, make())))
    }

    /// Drops what waits of an older [edition](Pooled::edition) than this, with the rest of what waits, and what is leased of
    /// it when it comes back: none of it is left once its leases are dropped.
    pub fn retire(&self, before: u64) {
        self.store.least_edition.fetch_max(before, Ordering::SeqCst);
        self.clear();
    }

    /// Drops what waits.
    fn clear(&self) {
        for shelf in self.shelves.iter().chain([&self.shared]) {
            shelf.empty();
        }
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.store.counters.read()
    }
}

impl<T: Pooled> Drop for Pool<T> {
    fn drop(&mut self) {
        // Objects know their shelves: what came back to one from now on would keep it for ever.
        self.retire(u64::MAX);
    }
}

/// As many as the counters have lines.
fn shelves() -> usize {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    threads.saturating_mul(2).clamp(8, MAX_SEATS)
}

impl<T: Pooled> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
