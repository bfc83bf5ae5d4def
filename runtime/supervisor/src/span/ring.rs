//! Where a thread leaves its records.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

/// Where one thread leaves what another one takes: bounded, and its owner never waits.
///
/// There are two lanes, each behind a lock of its own. Who takes holds one of them at a time, and only for as long as it takes
/// to move what is in it; so one of the two is always free for the owner. Nothing is shared with other owners.
#[derive(Debug)]
pub(super) struct Ring<T> {
    lanes: [Mutex<Vec<T>>; 2],
    /// What one lane holds at most.
    most: usize,
    /// Both are written by the owner alone.
    recorded: AtomicU64,
    dropped: AtomicU64,
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

impl<T> Ring<T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            lanes: [const { Mutex::new(Vec::new()) }; 2],
            most: most.max(1),
            recorded: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Leaves one. For the owner alone. What is [minor](Weight::Minor) finds the ring full where it is half full.
    pub(super) fn leave(&self, item: T, weight: Weight) -> Left {
        let most = match weight {
            Weight::Full => self.most,
            Weight::Minor => self.most.div_ceil(2),
        };
        for lane in &self.lanes {
            let mut lane = match lane.try_lock() {
                Ok(lane) => lane,
                // Nothing that is done under the lock leaves a lane half written.
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            if lane.len() < most {
                lane.push(item);
                let length = lane.len();
                drop(lane);
                add(&self.recorded, 1);
                return if length == self.most.div_ceil(2) {
                    Left::HalfFull
                } else {
                    Left::WithRoom
                };
            }
            break;
        }
        add(&self.dropped, 1);
        Left::Dropped
    }

    /// Takes all that was left.
    pub(super) fn take(&self, mut each: impl FnMut(T)) {
        for lane in &self.lanes {
            let taken = {
                let mut lane = lane.lock().unwrap_or_else(PoisonError::into_inner);
                if lane.is_empty() {
                    continue;
                }
                // The next ones find the room that these had.
                let fresh = Vec::with_capacity(lane.capacity());
                mem::replace(&mut *lane, fresh)
            };
            taken.into_iter().for_each(&mut each);
        }
    }

    /// Whether all that was left has been taken.
    pub(super) fn is_empty(&self) -> bool {
        let mut lanes = self.lanes.iter();
        lanes.all(|lane| lane.lock().unwrap_or_else(PoisonError::into_inner).is_empty())
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

/// Only one thread writes it, so that no other is to be kept out.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}
