//! What a node waits for, in memory that is used again.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future of each type that was ever waited for, at most one of them at work.
///
/// A box for a future fits all futures of its type: a chain has as many types as its nodes wait for, and after the first
/// request of each kind no memory is asked for.
#[derive(Default)]
pub(super) struct Waits {
    slots: Vec<Box<dyn Slot>>,
    at_work: Option<usize>,
    kept_bytes: usize,
}

trait Slot: Any + Send {
    /// Polls the future; it is dropped when it is done.
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<()>;

    /// Drops the future, or what came of it.
    fn clear(&mut self);

    /// An `Option` of what comes of the future.
    fn landed(&mut self) -> &mut dyn Any;
}

struct Parked<F: Future> {
    future: Pin<Box<Option<F>>>,
    landed: Option<F::Output>,
}

impl<F> Slot for Parked<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let Some(future) = self.future.as_mut().as_pin_mut() else {
            return Poll::Ready(());
        };
        let Poll::Ready(output) = future.poll(task) else {
            return Poll::Pending;
        };
        self.landed = Some(output);
        self.future.set(None);
        Poll::Ready(())
    }

    fn clear(&mut self) {
        self.landed = None;
        self.future.set(None);
    }

    fn landed(&mut self) -> &mut dyn Any {
        &mut self.landed
    }
}

impl Waits {
    /// Puts a future to work. One that is at work is dropped.
    pub(super) fn park<F>(&mut self, future: F)
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.clear();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let slot: &mut dyn Any = &mut **slot;
            if let Some(parked) = slot.downcast_mut::<Parked<F>>() {
                parked.future.set(Some(future));
                self.at_work = Some(index);
                return;
            }
        }
        self.at_work = Some(self.slots.len());
        self.kept_bytes += size_of::<Parked<F>>() + size_of::<Option<F>>() + size_of::<Box<dyn Slot>>();
        self.slots.push(Box::new(Parked {
            future: Box::pin(Some(future)),
            landed: None,
        }));
    }

    /// Polls what is at work; ready at once where nothing is.
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        match self.at_work {
            Some(index) => self.slots[index].poll(task),
            None => Poll::Ready(()),
        }
    }

    /// What came of the last one, once.
    pub(super) fn landed<T: 'static>(&mut self) -> Option<T> {
        let slot = &mut self.slots[self.at_work?];
        slot.landed().downcast_mut::<Option<T>>()?.take()
    }

    /// Drops what is at work, and what came of it.
    pub(super) fn clear(&mut self) {
        if let Some(index) = self.at_work.take() {
            self.slots[index].clear();
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.at_work.is_none()
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }
}
