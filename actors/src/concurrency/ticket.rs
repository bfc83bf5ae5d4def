//! One who waits for a slot.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use super::slots::Slots;

/// The place of one who waits; it may be used again for others.
#[derive(Default)]
pub(crate) struct Waiter {
    is_in: AtomicBool,
    waker: AtomicWaker,
}

impl Waiter {
    pub(super) fn begin(&self) {
        self.is_in.store(false, Ordering::Release);
    }

    pub(super) fn is_in(&self) -> bool {
        self.is_in.load(Ordering::Acquire)
    }

    pub(super) fn set_in(&self) {
        self.is_in.store(true, Ordering::Release);
    }

    /// Tells him so.
    pub(super) fn let_in(&self) {
        self.waker.wake();
    }
}

/// The right to the next slot, in turn. Resolves when there is one, which is then its own; dropped before, it is out of the
/// queue, and a slot that it was given meanwhile passes on.
pub(crate) struct Ticket {
    /// `None` when the slot was taken from it, or it has withdrawn.
    waits: Option<(Arc<Slots>, Arc<Waiter>)>,
}

impl Ticket {
    pub(super) fn new(slots: Arc<Slots>, waiter: Arc<Waiter>) -> Self {
        Self {
            waits: Some((slots, waiter)),
        }
    }

    /// Waits no longer. The slot, where it was given one meanwhile.
    pub(crate) fn withdraw(mut self) -> Option<Slot> {
        self.leave_queue()
    }

    fn leave_queue(&mut self) -> Option<Slot> {
        let (slots, waiter) = self.waits.take()?;
        slots.withdraw(&waiter).then(|| Slot(Some(slots)))
    }
}

impl Future for Ticket {
    type Output = Slot;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Slot> {
        if let Some((_, waiter)) = &self.waits {
            waiter.waker.register(task.waker());
            if !waiter.is_in() {
                return Poll::Pending;
            }
        }
        match self.waits.take() {
            Some((slots, _)) => Poll::Ready(Slot(Some(slots))),
            // It has been ready before.
            None => Poll::Pending,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // A slot passes on as it is dropped.
        drop(self.leave_queue());
    }
}

/// A slot that one who waited was given. It is given back when it is dropped, unless it is [kept](Self::keep).
pub(crate) struct Slot(Option<Arc<Slots>>);

impl Slot {
    /// Whoever says so gives it back by [`Slots::leave`].
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.0.take() {
            slots.leave();
        }
    }
}
