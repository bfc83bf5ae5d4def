//! What the handles and the store's thread share.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::health::{Counting, Health};
use crate::queue::Queue;

/// What the handles and the thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) lane: Mutex<Lane>,
    /// Rung when a step is queued or the store is closing.
    pub(crate) queued: Condvar,
    /// Rung when the thread has ended.
    pub(crate) ended: Condvar,
    pub(crate) health: Mutex<Health>,
    pub(crate) counting: Counting,
}

/// The way to the thread.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) queue: Queue,
    pub(crate) closing: bool,
    pub(crate) ended: bool,
}

/// A panic inside these locks leaves plain data that is whole after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Marks the end of the thread, even by a panic, so that nobody waits for it in vain.
pub(crate) struct Ending(pub(crate) Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut lane = lock(&self.0.lane);
        lane.closing = true;
        lane.ended = true;
        // Dropping the steps answers those who wait with "closed".
        let unanswered = lane.queue.take();
        drop(lane);
        drop(unanswered);
        self.0.ended.notify_all();
    }
}
