//! What an actor sees of its cell.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;

use actix::dev::{AsyncContextParts, ContextParts, Envelope, ToEnvelope};
use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, Message, SpawnHandle,
};
use hedgerow_view::Path;

use super::mailbox::Handle;
use crate::clock::Clock;
use crate::exit::{Cause, Exit};

/// The actix context of a supervised actor: `type Context = CellContext<Self>`.
///
/// Everything that actix offers on a context works: `spawn`, `wait`, `run_later`, `run_interval`, streams,
/// asynchronous replies. An actor is ready once everything that `started` passed to `wait` is done.
///
/// # Restarts
/// Whatever was spawned in a context ends with its incarnation; `started` runs again and arms its own.
///
/// # Examples
/// ```
/// use actix::{Actor, Handler, Message};
/// use hedgerow_supervisor::CellContext;
///
/// struct Counter(u64);
///
/// impl Actor for Counter {
///     type Context = CellContext<Self>;
/// }
///
/// struct Add(u64);
///
/// impl Message for Add {
///     type Result = u64;
/// }
///
/// impl Handler<Add> for Counter {
///     type Result = u64;
///
///     fn handle(&mut self, add: Add, _: &mut CellContext<Self>) -> u64 {
///         self.0 += add.0;
///         self.0
///     }
/// }
/// ```
pub struct CellContext<A: Actor<Context = Self>> {
    pub(super) parts: ContextParts<A>,
    pub(super) surroundings: Rc<Surroundings<A>>,
    pub(super) incarnation: u32,
    pub(super) exit: Option<Exit>,
    pub(super) bell: Option<fn(&mut A, &mut Self)>,
    pub(super) readiness: Rc<Cell<Readiness>>,
}

/// Whether an incarnation has become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Once all waits of `started` are over.
    AfterWaits,
    /// Only when the actor says so: a supervisor is ready when its children are, and must take messages until then.
    Held,
    /// It is.
    Ready,
}

/// What stays the same over all incarnations in one cell.
pub(crate) struct Surroundings<A: Actor> {
    pub(crate) handle: Handle<A>,
    pub(crate) path: Arc<Path>,
    pub(crate) clock: Clock,
    /// The reply that a handler owed when it panicked: kept until it is published how the incarnation ended.
    pub(crate) owed: RefCell<Option<Box<dyn Any + Send>>>,
}

impl<A: Actor<Context = Self>> CellContext<A> {
    /// A handle to this actor.
    pub fn handle(&self) -> Handle<A> {
        self.surroundings.handle.clone()
    }

    /// Where this actor lives.
    pub fn path(&self) -> &Path {
        &self.surroundings.path
    }

    /// The mesh's clock.
    pub fn clock(&self) -> Clock {
        self.surroundings.clock
    }

    /// Which life this is at its place, counted from 1.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Ends this incarnation with an error. Its supervisor decides what follows.
    pub fn fail(&mut self, cause: impl Error + Send + Sync + 'static) {
        self.end(Exit::Error(Cause::of(cause)));
    }

    /// What to do when the [`Doorbell`](crate::Doorbell) was rung. To be set in `started`; without it a ring does
    /// nothing.
    pub fn on_bell(&mut self, answer: fn(&mut A, &mut Self)) {
        self.bell = Some(answer);
    }

    pub(crate) fn hold_readiness(&self) {
        self.readiness.set(Readiness::Held);
    }

    pub(crate) fn say_ready(&self) {
        self.readiness.set(Readiness::Ready);
    }

    pub(crate) fn end(&mut self, exit: Exit) {
        self.exit = Some(exit);
        self.parts.stop();
    }
}

impl<A: Actor<Context = Self>> ActorContext for CellContext<A> {
    fn stop(&mut self) {
        self.parts.stop();
    }

    fn terminate(&mut self) {
        self.parts.terminate();
    }

    fn state(&self) -> ActorState {
        self.parts.state()
    }
}

impl<A: Actor<Context = Self>> AsyncContext<A> for CellContext<A> {
    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.parts.spawn(future)
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.parts.wait(future);
    }

    fn waiting(&self) -> bool {
        self.parts.waiting()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.parts.cancel_future(handle)
    }

    fn address(&self) -> Addr<A> {
        self.parts.address()
    }
}

impl<A: Actor<Context = Self>> AsyncContextParts<A> for CellContext<A> {
    fn parts(&mut self) -> &mut ContextParts<A> {
        &mut self.parts
    }
}

impl<A, M> ToEnvelope<A, M> for CellContext<A>
where
    A: Actor<Context = Self> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn pack(message: M, reply: Option<tokio::sync::oneshot::Sender<M::Result>>) -> Envelope<A> {
        Envelope::new(message, reply)
    }
}
