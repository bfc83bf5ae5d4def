//! What waits for one thread, and what waits for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::atomic::AtomicCell;
use hedgerow_supervisor::catch;

use super::counts::{Count, Counters};
use super::reset::Pooled;

/// What waits for one thread.
pub(super) struct Shelf<T: Pooled> {
    /// What was given back last is warm in the caches: a queue alone would go round all objects.
    last: AtomicCell<Option<Box<T>>>,
    rest: ArrayQueue<Box<T>>,
    store: Arc<Store<T>>,
}

/// What waits for all threads.
pub(super) struct Store<T: Pooled> {
    pub(super) waiting: ArrayQueue<Box<T>>,
    pub(super) kept_bytes: usize,
    /// What is of an older edition is not kept.
    pub(super) least_edition: AtomicU64,
    pub(super) counters: Counters,
}

impl<T: Pooled> Shelf<T> {
    pub(super) fn new(room: usize, store: Arc<Store<T>>) -> Self {
        Self {
            last: AtomicCell::new(None),
            rest: ArrayQueue::new(room),
            store,
        }
    }

    /// An object that waits, here or in the store.
    #[inline]
    pub(super) fn take(&self) -> Option<Box<T>> {
        let counters = &self.store.counters;
        if let Some(object) = self.last.take().or_else(|| self.rest.pop()) {
            counters.add(Count::FromShelf);
            return Some(object);
        }
        let object = self.store.waiting.pop()?;
        counters.add(Count::FromStore);
        Some(object)
    }

    /// Counts an object that is made because none waits.
    pub(super) fn count_made(&self) {
        self.store.counters.add(Count::Made);
    }

    /// Resets an object and puts it where it waits, or drops it.
    #[inline]
    pub(super) fn give(&self, mut object: Box<T>) {
        // To look is to make and drop a fresh one, which is user code as well.
        let leftover = catch(|| {
            object.reset();
            cfg!(debug_assertions).then(|| object.leftover()).flatten()
        });
        match leftover {
            Ok(None) => {}
            Ok(Some(what)) => {
                self.discard(object);
                assert!(
                    std::thread::panicking(),
                    "the reset of {what} leaves something behind: reset every field"
                );
                return;
            }
            Err(_) => {
                self.discard(object);
                return;
            }
        }
        if object.kept_bytes() > self.store.kept_bytes {
            self.drop_for(Count::Oversize, object);
            return;
        }
        let edition = object.edition();
        if edition < self.store.least_edition.load(Ordering::SeqCst) {
            self.drop_for(Count::Aged, object);
            return;
        }
        // The one that lay there makes room: it has waited longest.
        let before = self.last.swap(Some(object));
        match before {
            None => self.store.counters.add(Count::Kept),
            Some(before) => self.put_away(before),
        }
        // Who has retired it since it was looked at may not have found it.
        if edition < self.store.least_edition.load(Ordering::SeqCst) {
            self.empty();
        }
    }

    fn put_away(&self, object: Box<T>) {
        let counters = &self.store.counters;
        match self
            .rest
            .push(object)
            .or_else(|object| self.store.waiting.push(object))
        {
            Ok(()) => counters.add(Count::Kept),
            Err(surplus) => self.drop_for(Count::Surplus, surplus),
        }
    }

    /// Drops what waits here and in the store.
    pub(super) fn empty(&self) {
        let waiting = || {
            self.last
                .take()
                .or_else(|| self.rest.pop())
                .or_else(|| self.store.waiting.pop())
        };
        while let Some(object) = waiting() {
            Self::dropped(object);
        }
    }

    #[cold]
    pub(super) fn discard(&self, object: Box<T>) {
        self.drop_for(Count::Spoilt, object);
    }

    #[cold]
    fn drop_for(&self, why: Count, object: Box<T>) {
        self.store.counters.add(why);
        Self::dropped(object);
    }

    fn dropped(object: Box<T>) {
        // It is dropped where its user's request ends, whom a panic in a destructor must not cost anything.
        if let Err(record) = catch(|| drop(object)) {
            // Nor must whoever listens to the log.
            let _ = catch(|| tracing::warn!("panic over an object that was dropped from a pool: {record}"));
        }
    }
}
