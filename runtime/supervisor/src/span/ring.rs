//! Where a thread leaves its records.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// Where one thread leaves what another one takes: bounded, and its owner never waits.
///
/// There are two lanes, each behind a lock of its own. Who takes holds one of them at a time, and only for as long as it takes
/// to exchange its batch for an empty one; so one of the two is free for the owner. Nothing is shared with other owners.
#[derive(Debug)]
pub(super) struct Ring<B> {
    lanes: [Mutex<Lane<B>>; 2],
    /// What one lane holds at most.
    most: usize,
    /// Both are written by the owner alone.
    recorded: AtomicU64,
    dropped: AtomicU64,
    spares: Arc<Spares<B>>,
}

#[derive(Debug, Default)]
struct Lane<B> {
    batch: B,
    length: usize,
}

/// Batches that have been emptied, whose memory is used again: known to those who take, never to the owner.
#[derive(Debug, Default)]
pub(super) struct Spares<B>(Mutex<Vec<B>>);

impl<B: Default> Spares<B> {
    /// One for each lane.
    const MOST: usize = 2;

    pub(super) fn put(&self, batch: B) {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < Self::MOST {
            spares.push(batch);
        }
    }

    fn get(&self) -> B {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.pop().unwrap_or_default()
    }
}

/// What may take which part of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// All of it.
    Full,
    /// Half of it, so that there is always room for the others.
    Minor,
}

/// How full a ring is after something was left in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// There is room.
    WithRoom,
    /// It has just become half full.
    HalfFull,
    /// It was full, and what was to be left is dropped.
    Dropped,
}

impl<B: Default> Ring<B> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            lanes: [(); 2].map(|()| Mutex::default()),
            most: most.max(1),
            recorded: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            spares: Arc::default(),
        }
    }

    /// Leaves one, which `append` puts at the end of a batch. For the owner alone. What is [minor](Weight::Minor) finds the
    /// ring full where it is half full.
    pub(super) fn leave(&self, weight: Weight, append: impl FnOnce(&mut B)) -> Left {
        let half = self.most.div_ceil(2);
        let most = match weight {
            Weight::Full => self.most,
            Weight::Minor => half,
        };
        let [first, second] = &self.lanes;
        // Who takes may go on from the one to the other meanwhile.
        for lane in [first, second, first] {
            let mut lane = match lane.try_lock() {
                Ok(lane) => lane,
                // What is done under the lock fails nowhere but where memory ends.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            if lane.length >= most {
                break;
            }
            append(&mut lane.batch);
            lane.length += 1;
            let length = lane.length;
            drop(lane);
            add(&self.recorded, 1);
            return if length == half {
                Left::HalfFull
            } else {
                Left::WithRoom
            };
        }
        add(&self.dropped, 1);
        Left::Dropped
    }

    /// Takes all that was left, the batch of each lane that has any.
    pub(super) fn take(&self, mut each: impl FnMut(B)) {
        for lane in &self.lanes {
            if hold(lane).length == 0 {
                continue;
            }
            // The next ones find the memory that others had before.
            let fresh = self.spares.get();
            let taken = {
                let mut lane = hold(lane);
                lane.length = 0;
                mem::replace(&mut lane.batch, fresh)
            };
            each(taken);
        }
    }

    /// Where batches go that have been emptied.
    pub(super) fn spares(&self) -> &Arc<Spares<B>> {
        &self.spares
    }

    /// Whether all that was left has been taken.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| hold(lane).length == 0)
    }

    /// How many were left in it, ever.
    pub(super) fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// How many found it full, ever.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

fn hold<B>(lane: &Mutex<Lane<B>>) -> std::sync::MutexGuard<'_, Lane<B>> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Only one thread writes it, so that no other is to be kept out.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}
