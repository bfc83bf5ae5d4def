//! What stays while incarnations come and go: queue, orders, published state, and the factory of the next one.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use actix::Actor;
use hedgerow_view::Path;
use hedgerow_view::tree::MailboxView;

use super::context::CellContext;
use super::control::Control;
use super::gauge::Stamp;
use super::panics::catch;
use super::parcel::Parcel;
use super::queue::{Queue, Refused, Wake};
use super::shell::{ExitGuard, Parent, Shutdown, live};
use super::vitals::Vitals;
use crate::arbiters::Arbiters;
use crate::clock::Clock;
use crate::exit::PanicRecord;
use crate::supervision::spec::MAILBOX;

/// One actor's place, as its handles and its slot hold it.
pub(crate) struct Cell<A: Actor<Context = CellContext<A>>> {
    pub(super) control: Control,
    pub(super) vitals: Vitals,
    pub(super) queue: Queue<A>,
    /// Set when it gets its place in a tree.
    seat: OnceLock<Seat<A>>,
}

/// Where a cell lives, and what its actor is made of.
pub(crate) struct Seat<A> {
    pub(crate) factory: Factory<A>,
    pub(crate) path: Arc<Path>,
    pub(crate) clock: Clock,
    pub(crate) arbiters: Arbiters,
    /// The arbiter that it prefers.
    pub(crate) arbiter: usize,
    pub(crate) parent: Arc<dyn Parent>,
    /// Its number there.
    pub(crate) index: usize,
    pub(crate) shutdown: Shutdown,
    pub(crate) start_within: Duration,
}

/// Makes a fresh value for every incarnation, until it is closed.
pub(crate) struct Factory<A>(Mutex<Making<A>>);

type Make<A> = Box<dyn FnMut() -> A + Send>;

enum Making<A> {
    Idle(Make<A>),
    Busy,
    Closed,
}

/// A cell with its actor's type forgotten.
pub(crate) trait AnyCell: Send + Sync {
    fn control(&self) -> &Control;
    fn vitals(&self) -> &Vitals;
    fn mailbox(&self, now: Duration) -> MailboxView;
    /// Starts an incarnation on a thread that lives. Its parent is told what becomes of it. Ordered again, or late,
    /// it does nothing.
    fn start(self: Arc<Self>, incarnation: u32);
    /// Lets messages in again.
    fn open(&self);
    /// Lets no message in any more, and drops those that wait: nobody will come to handle them.
    fn shut(&self);
    /// No further incarnation is made, and what the factory holds is dropped.
    fn close(&self);
}

impl<A: Actor<Context = CellContext<A>>> Cell<A> {
    /// A cell without a place: what is sent waits.
    pub(crate) fn new() -> Self {
        Self {
            control: Control::default(),
            vitals: Vitals::default(),
            queue: Queue::new(MAILBOX),
            seat: OnceLock::new(),
        }
    }

    /// Gives it its place, where at most `mailbox` messages may wait.
    pub(crate) fn settle(&self, seat: Seat<A>, mailbox: usize) {
        self.queue.limit(mailbox);
        let settled = self.seat.set(seat);
        debug_assert!(settled.is_ok(), "a cell has one place");
    }

    pub(super) fn seat(&self) -> Option<&Seat<A>> {
        self.seat.get()
    }

    /// Sends a message, or hands it back.
    pub(super) fn send<P: Into<Parcel<A>>>(&self, message: P) -> Result<(), (Refused, P)> {
        let wake = self.queue.push(message, || self.stamp())?;
        self.wake(wake);
        Ok(())
    }

    /// Sends a message of the kernel: first, and never refused.
    pub(super) fn order(&self, parcel: Parcel<A>) {
        let wake = self.queue.order(parcel, self.stamp());
        self.wake(wake);
    }

    fn stamp(&self) -> Stamp {
        self.seat()
            .map_or(Stamp::NONE, |seat| Stamp::at(seat.clock.now()))
    }

    fn wake(&self, wake: Wake) {
        if wake == Wake::Needed {
            self.control.waker().wake();
        }
    }
}

impl<A: Actor<Context = CellContext<A>>> AnyCell for Cell<A> {
    fn control(&self) -> &Control {
        &self.control
    }

    fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    fn mailbox(&self, now: Duration) -> MailboxView {
        self.queue.view(now)
    }

    fn start(self: Arc<Self>, incarnation: u32) {
        if !self.control.start(incarnation) {
            return;
        }
        let Some(seat) = self.seat() else {
            return;
        };
        let (arbiters, arbiter) = (seat.arbiters.clone(), seat.arbiter);
        let guard = ExitGuard::new(self, incarnation);
        arbiters.spawn(arbiter, move || Box::pin(live(guard)));
    }

    fn open(&self) {
        self.queue.open();
    }

    fn shut(&self) {
        self.queue.shut();
    }

    fn close(&self) {
        if let Some(seat) = self.seat() {
            seat.factory.close();
        }
        self.queue.shut();
    }
}

impl<A> Factory<A> {
    pub(crate) fn new(make: Make<A>) -> Self {
        Self(Mutex::new(Making::Idle(make)))
    }

    fn swap(&self, next: impl FnOnce(&Making<A>) -> Option<Making<A>>) -> Option<Making<A>> {
        let mut making = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next(&making)?;
        Some(std::mem::replace(&mut making, next))
    }

    /// A fresh value; `None` once closed. The factory is the user's code, and runs outside of any lock.
    pub(super) fn make(&self) -> Option<Result<A, PanicRecord>> {
        let idle = self.swap(|making| matches!(making, Making::Idle(_)).then_some(Making::Busy));
        let Some(Making::Idle(mut make)) = idle else {
            return None;
        };
        let made = catch(&mut make);
        let mut make = Some(make);
        self.swap(|making| match making {
            Making::Busy => make.take().map(Making::Idle),
            Making::Idle(_) | Making::Closed => None,
        });
        drop_caught(make);
        Some(made)
    }

    fn close(&self) {
        drop_caught(self.swap(|_| Some(Making::Closed)));
    }
}

/// Drops what a user's closure has captured.
fn drop_caught<T>(value: T) {
    if let Err(record) = catch(move || drop(value)) {
        tracing::warn!("panic while a factory was dropped: {record}");
    }
}
