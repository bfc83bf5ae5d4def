//! What waits for one thread, and what waits for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use crossbeam_utils::atomic::AtomicCell;
use hedgerow_supervisor::catch;

use super::figures::Count;
use super::grant::Desk;
use super::kept::{Kept, Life, OverAge};
use super::source::Source;

/// What a thread keeps beside the one that came back last.
const ROOM: usize = 8;

/// What waits for all beyond what threads keep, at most: of larger pools the rest is closed when it comes back.
const MOST_WAITING: usize = 1 << 16;

/// What waits for one thread; others may take it where they find nothing.
pub(super) struct Shelf<S: Source> {
    /// The one that came back last is taken first, so that the others can grow old and be closed.
    last: AtomicCell<Option<Held<S>>>,
    rest: ArrayQueue<Held<S>>,
    pub(super) store: Arc<Store<S>>,
}

/// A resource that is nobody's at present.
pub(super) type Held<S> = Box<Kept<<S as Source>::Resource>>;

/// What all threads share.
pub(super) struct Store<S: Source> {
    pub(super) source: S,
    pub(super) desk: Arc<Desk>,
    surplus: ArrayQueue<Held<S>>,
    /// What was made and is not closed. Written when something is made or closed, and never in between.
    existing: CachePadded<AtomicU32>,
    most: u32,
    keep_alive: Duration,
    max_life: Option<Duration>,
    draws: AtomicU64,
}

impl<S: Source> Store<S> {
    pub(super) fn new(source: S, desk: Arc<Desk>, policy: &hedgerow_config::PoolPolicy) -> Self {
        let most = policy.max_leases;
        Self {
            source,
            desk,
            surplus: ArrayQueue::new((most as usize).clamp(1, MOST_WAITING)),
            existing: CachePadded::default(),
            most,
            keep_alive: policy.min_keep_alive,
            max_life: policy.max_life,
            draws: AtomicU64::new(u64::from(std::process::id()) << 32),
        }
    }

    /// The right to make one: never more exist than may be leased.
    pub(super) fn reserve(&self) -> Option<Reserved<'_, S>> {
        let one_more = |existing: u32| (existing < self.most).then(|| existing + 1);
        self.existing
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .ok()?;
        Some(Reserved(Some(self)))
    }

    pub(super) fn existing(&self) -> u32 {
        self.existing.load(Ordering::Acquire)
    }

    /// Whether one that was idle may be leased, as far as can be told at once.
    #[inline]
    pub(super) fn verdict(&self, kept: &Kept<S::Resource>, now: Duration) -> Option<Count> {
        match kept.life().over(now, self.keep_alive) {
            Some(OverAge::Idle) => return Some(Count::Idle),
            Some(OverAge::Life) => return Some(Count::Aged),
            None => {}
        }
        (!self.is_fit(kept)).then_some(Count::Broken)
    }

    #[inline]
    fn is_fit(&self, kept: &Kept<S::Resource>) -> bool {
        // A user's code runs where leases are dropped.
        catch(|| self.source.is_fit(&kept.resource)).unwrap_or(false)
    }

    /// Closes one for good.
    #[cold]
    pub(super) fn close(&self, kept: Held<S>, why: Count) {
        self.desk.figures.add(why);
        if let Err(record) = catch(|| self.source.close(kept.resource)) {
            let _ = catch(|| tracing::warn!("panic over a resource that was closed by its pool: {record}"));
        }
        self.existing.fetch_sub(1, Ordering::AcqRel);
    }

    fn is_drained(&self) -> bool {
        self.desk.bound.census().is_closed
    }
}

impl<S: Source> Shelf<S> {
    pub(super) fn new(store: Arc<Store<S>>) -> Self {
        Self {
            last: AtomicCell::new(None),
            rest: ArrayQueue::new(ROOM),
            store,
        }
    }

    /// One that waits here.
    #[inline]
    pub(super) fn take(&self) -> Option<Held<S>> {
        self.last.take().or_else(|| self.rest.pop())
    }

    /// One that waits for all.
    pub(super) fn take_surplus(&self) -> Option<Held<S>> {
        self.store.surplus.pop()
    }

    /// One comes back. It waits here, or is closed.
    #[inline]
    pub(super) fn give(&self, mut kept: Held<S>, now: Duration) {
        let store = &self.store;
        if std::thread::panicking() {
            // Nobody knows what its holder left it in.
            return store.close(kept, Count::Broken);
        }
        if kept.life().is_over(now) {
            return store.close(kept, Count::Aged);
        }
        if !store.is_fit(&kept) {
            return store.close(kept, Count::Broken);
        }
        kept.rest(now);
        self.put(kept);
        if store.is_drained() {
            // Who drained it may not have found it.
            self.empty();
        }
    }

    /// Puts one here. The one that lay there makes room: it has waited longer.
    #[inline]
    fn put(&self, kept: Held<S>) {
        if let Some(before) = self.last.swap(Some(kept)) {
            self.put_away(before);
        }
    }

    fn put_away(&self, kept: Held<S>) {
        let put = self.rest.push(kept).or_else(|kept| self.store.surplus.push(kept));
        if let Err(kept) = put {
            self.store.close(kept, Count::Surplus);
        }
    }

    /// Closes what waits here and for all.
    pub(super) fn empty(&self) {
        while let Some(kept) = self.take().or_else(|| self.take_surplus()) {
            self.store.close(kept, Count::Surplus);
        }
    }

    /// Closes what is over age here.
    pub(super) fn sweep(&self, now: Duration) {
        let last = self.last.take();
        for _ in 0..self.rest.len() {
            let Some(kept) = self.rest.pop() else { break };
            self.keep(kept, now, Self::put_away);
        }
        if let Some(last) = last {
            self.keep(last, now, |shelf, kept| {
                // One that came back meanwhile makes room for it.
                if let Some(newer) = shelf.last.swap(Some(kept)) {
                    shelf.put_away(newer);
                }
            });
        }
    }

    /// Closes what is over age of what waits for all.
    pub(super) fn sweep_surplus(&self, now: Duration) {
        for _ in 0..self.store.surplus.len() {
            let Some(kept) = self.take_surplus() else { break };
            self.keep(kept, now, |shelf, kept| {
                if let Err(kept) = shelf.store.surplus.push(kept) {
                    shelf.store.close(kept, Count::Surplus);
                }
            });
        }
    }

    fn keep(&self, kept: Held<S>, now: Duration, put: impl FnOnce(&Self, Held<S>)) {
        match self.store.verdict(&kept, now) {
            None => put(self, kept),
            Some(why) => self.store.close(kept, why),
        }
    }
}

/// One that is being made. It never was where this is dropped.
pub(super) struct Reserved<'a, S: Source>(Option<&'a Store<S>>);

impl<S: Source> Reserved<'_, S> {
    /// It was made.
    pub(super) fn made(mut self, resource: S::Resource, now: Duration) -> Held<S> {
        let life = self.0.take().map(|store| {
            store.desk.figures.add(Count::Made);
            let draw = store.draws.fetch_add(1, Ordering::Relaxed);
            Life::begin(now, store.max_life, draw)
        });
        let life = life.unwrap_or_else(|| Life::begin(now, None, 0));
        Box::new(Kept::new(resource, life))
    }
}

impl<S: Source> Drop for Reserved<'_, S> {
    fn drop(&mut self) {
        if let Some(store) = self.0 {
            store.existing.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// One that is being asked whether it is fit. It is closed where this is dropped before the answer.
pub(super) struct Unsure<'a, S: Source> {
    store: &'a Store<S>,
    kept: Option<Held<S>>,
}

impl<'a, S: Source> Unsure<'a, S> {
    pub(super) fn new(store: &'a Store<S>, kept: Held<S>) -> Self {
        Self {
            store,
            kept: Some(kept),
        }
    }

    pub(super) fn resource(&mut self) -> Option<&mut S::Resource> {
        self.kept.as_mut().map(|kept| &mut kept.resource)
    }

    /// It is fit.
    pub(super) fn sure(mut self) -> Option<Held<S>> {
        self.kept.take()
    }
}

impl<S: Source> Drop for Unsure<'_, S> {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.store.close(kept, Count::Broken);
        }
    }
}
