//! One who waits for an admission.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use super::admissions::Admissions;

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

/// The right to the next admission, in turn. Resolves when there is one, which is then its own; dropped before, it is out of the
/// queue, and an admission that it was given meanwhile passes on.
pub(crate) struct Queued {
    /// `None` when the admission was taken from it, or it has withdrawn.
    waits: Option<(Arc<Admissions>, Arc<Waiter>)>,
}

impl Queued {
    pub(super) fn new(admissions: Arc<Admissions>, waiter: Arc<Waiter>) -> Self {
        Self {
            waits: Some((admissions, waiter)),
        }
    }

    /// Waits no longer. The admission, where it was given one meanwhile.
    pub(crate) fn withdraw(mut self) -> Option<Admission> {
        self.leave_queue()
    }

    fn leave_queue(&mut self) -> Option<Admission> {
        let (admissions, waiter) = self.waits.take()?;
        admissions.withdraw(&waiter).then(|| Admission(Some(admissions)))
    }
}

impl Future for Queued {
    type Output = Admission;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Admission> {
        if let Some((_, waiter)) = &self.waits {
            waiter.waker.register(task.waker());
            if !waiter.is_in() {
                return Poll::Pending;
            }
        }
        match self.waits.take() {
            Some((admissions, _)) => Poll::Ready(Admission(Some(admissions))),
            // It has been ready before.
            None => Poll::Pending,
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        // An admission passes on as it is dropped.
        drop(self.leave_queue());
    }
}

/// An admission that one who waited was given. It is given back when it is dropped, unless it is [kept](Self::keep).
pub(crate) struct Admission(Option<Arc<Admissions>>);

impl Admission {
    /// Whoever says so gives it back by [`Admissions::leave`].
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(admissions) = self.0.take() {
            admissions.leave();
        }
    }
}
