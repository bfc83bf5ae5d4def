//! What waits for one thread, and what waits for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use crossbeam_utils::atomic::AtomicCell;
use hedgerow_gate::seat;
use hedgerow_supervisor::catch;

use super::counts::{Count, Counters};
use super::lent;
use super::reset::Pooled;

/// An object, in use or waiting, and the shelf that it goes back to.
pub(super) struct Item<T: Pooled> {
    pub(super) object: T,
    home: Arc<Home<T>>,
}

/// A shelf, on lines of its own.
pub(super) type Home<T> = CachePadded<Shelf<T>>;

/// What waits for one thread. What waits knows the shelf in its turn, until the pool is dropped, which empties it.
pub(super) struct Shelf<T: Pooled> {
    /// What was given back last is warm in the caches: a queue alone would go round all objects.
    last: AtomicCell<Option<Box<Item<T>>>>,
    rest: ArrayQueue<Box<Item<T>>>,
    store: Arc<Store<T>>,
    /// The seat of the thread whose own it is; of none where it is shared.
    seat: usize,
    /// The number of its pool.
    pool: usize,
}

/// What waits for all threads.
pub(super) struct Store<T: Pooled> {
    pub(super) waiting: ArrayQueue<Box<Item<T>>>,
    pub(super) kept_bytes: usize,
    /// What is of an older edition is not kept; nothing is once the pool is gone.
    pub(super) least_edition: AtomicU64,
    pub(super) counters: Counters,
}

impl<T: Pooled> Item<T> {
    /// Resets the object and gives it back, or drops it.
    #[inline]
    pub(super) fn reset(mut self: Box<Self>) {
        match catch(|| self.object.reset()) {
            Ok(()) => self.go_home(),
            Err(_) => self.discard(),
        }
    }

    /// Gives back the object, which was reset.
    #[inline]
    pub(super) fn go_home(self: Box<Self>) {
        let home = Arc::as_ptr(&self.home);
        let pool = self.home.pool;
        let mut item = Some(self);
        lent::with(pool, home, |shelf: &Home<T>| {
            if let Some(item) = item.take() {
                shelf.keep(item);
            }
        });
        if let Some(item) = item {
            item.find_home();
        }
    }

    /// On a thread that has not been lent the shelf.
    #[cold]
    fn find_home(self: Box<Self>) {
        let home = Arc::clone(&self.home);
        if home.seat == seat() {
            lent::lend(home.pool, &home);
        }
        home.keep(self);
    }

    /// Drops the object: nobody vouches for it.
    #[cold]
    pub(super) fn discard(self: Box<Self>) {
        let home = Arc::clone(&self.home);
        home.drop_for(Count::Spoilt, self);
    }
}

impl<T: Pooled> Shelf<T> {
    /// Of the thread with this seat, in a pool of this number.
    pub(super) fn new(seat: usize, pool: usize, room: usize, store: Arc<Store<T>>) -> Self {
        Self {
            last: AtomicCell::new(None),
            rest: ArrayQueue::new(room),
            store,
            seat,
            pool,
        }
    }

    /// An object that waits, here or in the store.
    #[inline]
    pub(super) fn take(home: &Arc<Home<T>>) -> Option<Box<Item<T>>> {
        let counters = &home.store.counters;
        if let Some(item) = home.last.take().or_else(|| home.rest.pop()) {
            counters.add(Count::FromShelf);
            return Some(item);
        }
        let mut item = home.store.waiting.pop()?;
        if !Arc::ptr_eq(&item.home, home) {
            item.home = Arc::clone(home);
        }
        counters.add(Count::FromStore);
        Some(item)
    }

    /// An object that is made because none waits.
    #[cold]
    pub(super) fn add(home: &Arc<Home<T>>, object: T) -> Box<Item<T>> {
        home.store.counters.add(Count::Made);
        let home = Arc::clone(home);
        Box::new(Item { object, home })
    }

    /// Puts an object that was reset where it waits, or drops it.
    #[inline]
    fn keep(&self, item: Box<Item<T>>) {
        if cfg!(debug_assertions) {
            // To look is to make and drop a fresh one, which is user code as well.
            match catch(|| item.object.leftover()) {
                Ok(None) => {}
                Ok(Some(what)) => {
                    item.discard();
                    assert!(
                        std::thread::panicking(),
                        "the reset of {what} leaves something behind: reset every field"
                    );
                    return;
                }
                Err(_) => return item.discard(),
            }
        }
        if item.object.kept_bytes() > self.store.kept_bytes {
            return self.drop_for(Count::Oversize, item);
        }
        let edition = item.object.edition();
        if edition < self.store.least_edition.load(Ordering::SeqCst) {
            return self.drop_for(Count::Aged, item);
        }
        // The one that lay there makes room: it has waited longest.
        let before = self.last.swap(Some(item));
        match before {
            None => self.store.counters.add(Count::Kept),
            Some(before) => self.put_away(before),
        }
        // Who has retired it since it was looked at may not have found it.
        if edition < self.store.least_edition.load(Ordering::SeqCst) {
            self.empty();
        }
    }

    fn put_away(&self, item: Box<Item<T>>) {
        let counters = &self.store.counters;
        match self.rest.push(item).or_else(|item| self.store.waiting.push(item)) {
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
        while let Some(item) = waiting() {
            dropped(item);
        }
    }

    #[cold]
    fn drop_for(&self, why: Count, item: Box<Item<T>>) {
        self.store.counters.add(why);
        dropped(item);
    }
}

fn dropped<T: Pooled>(item: Box<Item<T>>) {
    // It is dropped where its user's request ends, whom a panic in a destructor must not cost anything.
    if let Err(record) = catch(|| drop(item)) {
        // Nor must whoever listens to the log.
        let _ = catch(|| tracing::warn!("panic over an object that was dropped from a pool: {record}"));
    }
}
