//! One who waits for a lease.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use super::bound::Bound;

/// The place of one who waits.
#[derive(Default)]
pub(super) struct Waiter {
    standing: AtomicU8,
    waker: AtomicWaker,
}

/// How one who waits stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Waiting,
    /// A lease is its own.
    Served,
    /// The pool is closed.
    Refused,
    /// It waits no longer.
    Gone,
}

impl Waiter {
    pub(super) fn standing(&self) -> Standing {
        match self.standing.load(Ordering::Acquire) {
            0 => Standing::Waiting,
            1 => Standing::Served,
            2 => Standing::Refused,
            _ => Standing::Gone,
        }
    }

    /// Written under the lock of the queue alone.
    pub(super) fn stand(&self, standing: Standing) {
        self.standing.store(standing as u8, Ordering::Release);
    }

    pub(super) fn wake(&self) {
        self.waker.wake();
    }
}

/// The right to a lease, in turn. Resolves to whether there is one, which is then to be given back by
/// [`Bound::leave`]. Dropped before, it is out of the queue, and a lease that it was given meanwhile passes on.
pub(crate) struct Turn<'a> {
    /// `None` when it is over.
    waits: Option<(&'a Bound, Arc<Waiter>)>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(bound: &'a Bound, waiter: Arc<Waiter>) -> Self {
        Self {
            waits: Some((bound, waiter)),
        }
    }
}

impl Future for Turn<'_> {
    /// False where the pool was closed.
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<bool> {
        let Some((bound, waiter)) = &self.waits else {
            // It has been ready before.
            return Poll::Pending;
        };
        // Before looking: what is missed now is told to this waker.
        waiter.waker.register(task.waker());
        let served = match waiter.standing() {
            Standing::Served => true,
            Standing::Refused => false,
            Standing::Waiting if bound.claim(waiter) => true,
            // A claim looks under the lock, where it may find that it was served or refused since.
            _ => match waiter.standing() {
                Standing::Served => true,
                Standing::Refused => false,
                Standing::Waiting | Standing::Gone => return Poll::Pending,
            },
        };
        self.waits = None;
        Poll::Ready(served)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some((bound, waiter)) = self.waits.take()
            && bound.withdraw(&waiter)
        {
            bound.leave();
        }
    }
}
