//! What a pool of resources has: what waits on its shelves, and the making of more.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use hedgerow_gate::{MAX_SEATS, seat};
use tokio::time::timeout_at;

use super::figures::Count;
use super::pool::CHECK_AFTER;
use super::shelf::{Held, Shelf, Store, Unsure};
use super::slot::{Idle, PoolSlot};
use super::source::{Fitness, LeaseError, Source};

/// Everything of a pool that its leases do not hold themselves.
pub(super) struct Stock<S: Source> {
    pub(super) slot: Arc<PoolSlot>,
    shelves: Box<[Arc<CachePadded<Shelf<S>>>]>,
    shared: Arc<CachePadded<Shelf<S>>>,
    pub(super) store: Arc<Store<S>>,
}

impl<S: Source> Stock<S> {
    pub(super) fn new(slot: Arc<PoolSlot>, source: S) -> Self {
        let store = Arc::new(Store::new(source, Arc::clone(&slot.desk), &slot.policy));
        let shelf = || Arc::new(CachePadded::new(Shelf::new(Arc::clone(&store))));
        Self {
            shelves: (0..shelves()).map(|_| shelf()).collect(),
            shared: shelf(),
            store,
            slot,
        }
    }

    #[inline]
    pub(super) fn own_shelf(&self) -> &Arc<CachePadded<Shelf<S>>> {
        self.shelves.get(seat()).unwrap_or(&self.shared)
    }

    /// One that waits and may be leased, as far as can be told at once, and where it was.
    #[inline]
    pub(super) fn fit(&self, now: Duration) -> Option<(Held<S>, Count)> {
        loop {
            let (kept, place) = self.idle()?;
            match self.store.verdict(&kept, now) {
                None => return Some((kept, place)),
                Some(why) => self.store.close(kept, why),
            }
        }
    }

    #[inline]
    fn idle(&self) -> Option<(Held<S>, Count)> {
        let own = self.own_shelf();
        if let Some(kept) = own.take() {
            return Some((kept, Count::FromShelf));
        }
        let elsewhere = || {
            let others = self.shelves.iter().chain([&self.shared]);
            others
                .filter(|shelf| !Arc::ptr_eq(shelf, own))
                .find_map(|shelf| shelf.take())
        };
        let kept = own.take_surplus().or_else(elsewhere)?;
        Some((kept, Count::FromElsewhere))
    }

    /// One that was found and is asked whether it is fit, or another one, or one that is made.
    pub(super) async fn sure(
        &self,
        mut found: Option<(Held<S>, Count)>,
        times: (Duration, Duration),
    ) -> Result<Held<S>, LeaseError<S::Error>> {
        let clock = self.slot.desk.clock;
        loop {
            if let Some((kept, place)) = found {
                let sure = match kept.life().idle_for(clock.now()) < CHECK_AFTER {
                    true => Some(kept),
                    false => self.check(kept, times.1).await,
                };
                if let Some(kept) = sure {
                    self.slot.desk.figures.add(place);
                    return Ok(kept);
                }
            } else if let Some(made) = self.make(times).await {
                return made;
            } else {
                // As many exist as may, and fewer are leased: one is on its way from one place to another.
                tokio::task::yield_now().await;
            }
            found = self.fit(clock.now());
        }
    }

    async fn check(&self, kept: Held<S>, due: Duration) -> Option<Held<S>> {
        let mut unsure = Unsure::new(&self.store, kept);
        let check = self.store.source.check(unsure.resource()?);
        match timeout_at(self.slot.desk.clock.at(due), check).await {
            Ok(Fitness::Fit) => unsure.sure(),
            Ok(Fitness::Broken) | Err(_) => None,
        }
    }

    /// Makes one. `None` where as many exist as may.
    pub(super) async fn make(
        &self,
        (asked, due): (Duration, Duration),
    ) -> Option<Result<Held<S>, LeaseError<S::Error>>> {
        let reserved = self.store.reserve()?;
        let clock = self.slot.desk.clock;
        let made = match timeout_at(clock.at(due), self.store.source.create()).await {
            Ok(Ok(resource)) => return Some(Ok(reserved.made(resource, clock.now()))),
            Ok(Err(error)) => LeaseError::NotMade(error),
            Err(_) => LeaseError::TooSlow {
                limit: due.saturating_sub(asked),
            },
        };
        self.slot.desk.figures.add(Count::NotMade);
        Some(Err(made))
    }

    pub(super) fn empty(&self) {
        for shelf in self.shelves.iter().chain([&self.shared]) {
            shelf.empty();
        }
    }
}

impl<S: Source> Idle for Stock<S> {
    fn sweep(&self, now: Duration) -> usize {
        for shelf in self.shelves.iter().chain([&self.shared]) {
            shelf.sweep(now);
        }
        self.shared.sweep_surplus(now);
        self.census().0
    }

    fn census(&self) -> (usize, usize) {
        let (existing, out) = (self.store.existing(), self.slot.desk.bound.census().out);
        (existing.saturating_sub(out) as usize, existing as usize)
    }
}

impl<S: Source> Drop for Stock<S> {
    fn drop(&mut self) {
        // What is leased then is closed when it comes back.
        self.slot.desk.bound.close();
        self.empty();
    }
}

/// As many as there are seats that may be in use.
fn shelves() -> usize {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    threads.saturating_mul(2).clamp(8, MAX_SEATS)
}
