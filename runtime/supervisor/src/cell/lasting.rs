//! What stays while incarnations come and go: queue, orders, published state, and the factory of the next one.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use actix::Actor;
use hedgerow_view::Path;
use hedgerow_view::tree::{ActorState, MailboxView};
use tokio::time::Instant;

use super::context::CellContext;
use super::control::Control;
use super::ending::{ChildId, ExitGuard, Parent, Shutdown};
use super::gauge::Stamp;
use super::life::Life;
use super::parcel::Parcel;
use super::published::Published;
use super::quarantine::Ward;
use super::queue::{Door, MAILBOX, Queue, Refused};
use crate::arbiters::Arbiters;
use crate::clock::Clock;
use crate::context::Carried;
use crate::panics::{PanicRecord, catch, drop_caught};

/// One actor's place, as its handles and its slot hold it.
pub(crate) struct Cell<A: Actor<Context = CellContext<A>>> {
    pub(super) control: Control,
    pub(super) published: Published,
    pub(super) queue: Queue<A>,
    /// Set when it gets its place in a tree.
    home: OnceLock<Home<A>>,
}

/// Where a cell lives, and what its actor is made of.
pub(crate) struct Home<A> {
    pub(crate) factory: Factory<A>,
    pub(crate) path: Path,
    pub(crate) clock: Clock,
    pub(crate) arbiters: Arbiters,
    /// The arbiter that it prefers.
    pub(crate) arbiter: usize,
    pub(crate) parent: Arc<dyn Parent>,
    /// Its number there.
    pub(crate) child: ChildId,
    pub(crate) shutdown: Shutdown,
    pub(crate) start_within: Duration,
    pub(crate) while_restarting: WhileRestarting,
    /// Only where some messages may be quarantined.
    pub(crate) ward: Option<Box<Ward>>,
}

/// What becomes of messages that are sent to an actor while it is being restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhileRestarting {
    /// They wait for the next incarnation.
    #[default]
    Queue,
    /// They come back as [`SendError::Restarting`](crate::SendError::Restarting). Those that waited already go on
    /// waiting.
    Refuse,
}

/// Makes a fresh value for every incarnation, until it is closed.
pub(crate) struct Factory<A> {
    making: Mutex<Making<A>>,
    /// The context in which the cell got its place, until its first incarnation starts in it.
    born_in: Mutex<Carried>,
}

type Make<A> = Box<dyn FnMut() -> A + Send>;

enum Making<A> {
    Idle(Make<A>),
    Busy,
    Closed,
}

/// A cell with its actor's type forgotten.
pub(crate) trait AnyCell: Send + Sync {
    fn control(&self) -> &Control;
    fn published(&self) -> &Published;
    fn mailbox(&self, now: Duration) -> MailboxView;
    /// Starts an incarnation on a thread that lives. Its parent is told what becomes of it. Ordered again, or late,
    /// it does nothing.
    fn start(self: Arc<Self>, incarnation: u32);
    /// Shows what the actor is doing, and lets messages in or not accordingly.
    fn mark(&self, state: ActorState);
    /// Lets no message in any more, and drops those that wait: nobody will come to handle them.
    fn shut(&self);
    fn ward(&self) -> Option<&Ward>;
    /// No further incarnation is made, and what the factory holds is dropped.
    fn close(&self);
}

impl<A: Actor<Context = CellContext<A>>> Cell<A> {
    /// A cell without a place: what is sent waits.
    pub(crate) fn new() -> Self {
        Self {
            control: Control::default(),
            published: Published::default(),
            queue: Queue::new(MAILBOX),
            home: OnceLock::new(),
        }
    }

    /// How many messages may wait, from now on.
    pub(crate) fn limit(&self, mailbox: usize) {
        self.queue.limit(mailbox);
    }

    /// Gives it its place.
    pub(crate) fn settle(&self, home: Home<A>) {
        let settled = self.home.set(home);
        debug_assert!(settled.is_ok(), "a cell has one place");
    }

    /// Whether it has its place.
    pub(crate) fn is_settled(&self) -> bool {
        self.home.get().is_some()
    }

    pub(super) fn home(&self) -> Option<&Home<A>> {
        self.home.get()
    }

    /// Sends a message, or hands it back.
    pub(super) fn send<P: Into<Parcel<A>>>(
        &self,
        message: P,
        now: impl FnOnce() -> Instant,
    ) -> Result<(), (Refused, P)> {
        self.queue.push(message, || self.stamp(now()))?.wake();
        Ok(())
    }

    /// Sends a message of the kernel: first, and never refused.
    pub(super) fn order(&self, parcel: Parcel<A>) {
        let now = self
            .home()
            .map_or(Stamp::NONE, |home| Stamp::at(home.clock.now()));
        self.queue.order(parcel, now).wake();
    }

    /// Whether such messages are refused because they keep crashing the actor.
    pub(super) fn quarantines<M: 'static>(&self, message: &M) -> bool {
        self.home()
            .and_then(|home| home.ward.as_deref())
            .is_some_and(|ward| ward.refuses(message))
    }

    fn stamp(&self, now: Instant) -> Stamp {
        self.home().map_or(Stamp::NONE, |home| {
            let epoch = home.clock.at(Duration::ZERO);
            Stamp::at(now.saturating_duration_since(epoch))
        })
    }
}

impl<A: Actor<Context = CellContext<A>>> AnyCell for Cell<A> {
    fn control(&self) -> &Control {
        &self.control
    }

    fn published(&self) -> &Published {
        &self.published
    }

    fn mailbox(&self, now: Duration) -> MailboxView {
        self.queue.view(now)
    }

    fn start(self: Arc<Self>, incarnation: u32) {
        if !self.control.start(incarnation) {
            return;
        }
        let Some(home) = self.home() else {
            return;
        };
        let (arbiters, arbiter) = (home.arbiters.clone(), home.arbiter);
        let guard = ExitGuard::new(self, incarnation);
        arbiters.spawn(arbiter, move || Box::pin(Life::new(guard)));
    }

    fn mark(&self, state: ActorState) {
        self.published.mark(state);
        let refuses = self
            .home()
            .is_some_and(|home| home.while_restarting == WhileRestarting::Refuse);
        let door = match state {
            ActorState::Stopped | ActorState::Failed => Door::Shut,
            ActorState::Stopping => return,
            ActorState::Restarting if refuses => Door::Ajar,
            ActorState::Starting if refuses && self.control.wanted() > 0 => Door::Ajar,
            ActorState::Starting | ActorState::Running | ActorState::Restarting => Door::Open,
        };
        self.queue.set(door);
    }

    fn shut(&self) {
        self.queue.set(Door::Shut);
    }

    fn ward(&self) -> Option<&Ward> {
        self.home()?.ward.as_deref()
    }

    fn close(&self) {
        if let Some(home) = self.home() {
            home.factory.close();
        }
        self.queue.close();
    }
}

impl<A> Factory<A> {
    pub(crate) fn new(make: Make<A>) -> Self {
        Self {
            making: Mutex::new(Making::Idle(make)),
            born_in: Mutex::new(Carried::current()),
        }
    }

    fn swap(&self, next: impl FnOnce(&Making<A>) -> Option<Making<A>>) -> Option<Making<A>> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next(&making)?;
        Some(std::mem::replace(&mut making, next))
    }

    /// The context in which the first incarnation starts; none for the others.
    pub(super) fn take_birth(&self) -> Carried {
        let mut born_in = self.born_in.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut born_in)
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
        drop_caught("a factory", make);
        Some(made)
    }

    fn close(&self) {
        drop_caught("a factory", self.swap(|_| Some(Making::Closed)));
    }
}
