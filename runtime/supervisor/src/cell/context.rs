//! What an actor sees of its cell.

use std::any::type_name;
use std::error::Error;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use actix::dev::{Envelope, ToEnvelope, channel};
use actix::{
    Actor, ActorContext, ActorFuture, ActorState, Addr, AsyncContext, Handler, Message, SpawnHandle,
};
use hedgerow_view::Path;

use super::error::SendError;
use super::lasting::{Cell, Home};
use super::mailbox::Handle;
use super::queue::{Batch, Entry, Next};
use super::under_way::UnderWay;
use super::wake::Wake;
use crate::clock::Clock;
use crate::exit::{Cause, Exit};
use crate::poison::Mark;
use crate::watchdog::Activity;

/// The actix context of a supervised actor: `type Context = CellContext<Self>`.
///
/// Everything that actix offers on a context works: `spawn`, `wait`, `run_later`, `run_interval`, streams,
/// asynchronous replies. An actor is ready once everything that `started` passed to `wait` is done.
///
/// The one exception is actix's own address: its mailbox knows no bound, so [`address`](AsyncContext::address) gives one
/// that is closed, and [`handle`](CellContext::handle) is what to give away.
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
    pub(super) cell: Arc<Cell<A>>,
    pub(super) incarnation: u32,
    pub(super) state: ActorState,
    pub(super) readiness: Readiness,
    pub(super) exit: Option<Exit>,
    pub(super) bell: Option<fn(&mut A, &mut Self)>,
    /// When it wants to look again.
    pub(super) wake: Option<Wake<A>>,
    pub(super) under_way: UnderWay<A>,
    /// Messages taken out of the queue. Those that are not begun with go back when the incarnation ends.
    pub(super) batch: Batch<A>,
    /// Where its thread writes down what it does, if anybody watches that.
    pub(super) activity: Option<Arc<Activity>>,
    /// The message that is being handled, where some may be quarantined.
    pub(super) in_hand: Option<Mark>,
}

/// Whether an incarnation has become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// Once all waits of `started` are over.
    AfterWaits,
    /// Only when the actor says so: a supervisor is ready when its children are, and must take messages until then.
    Held,
    /// It is.
    Ready,
}

impl Readiness {
    pub(super) fn after_waits(&mut self) {
        if *self == Self::AfterWaits {
            *self = Self::Ready;
        }
    }
}

impl<A: Actor<Context = Self>> CellContext<A> {
    pub(super) fn new(cell: Arc<Cell<A>>, incarnation: u32, activity: Option<Arc<Activity>>) -> Self {
        Self {
            cell,
            incarnation,
            state: ActorState::Running,
            readiness: Readiness::AfterWaits,
            exit: None,
            bell: None,
            wake: None,
            under_way: UnderWay::default(),
            batch: Batch::new(),
            activity,
            in_hand: None,
        }
    }

    /// A handle to this actor.
    pub fn handle(&self) -> Handle<A> {
        Handle::of(self.cell.clone())
    }

    /// Sends `message` to this actor itself, behind what waits. It hides the method of [`AsyncContext`] of this name,
    /// which knows no bound.
    ///
    /// # Errors
    /// As [`Handle::tell`].
    pub fn notify<M>(&mut self, message: M) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.handle().tell(message)
    }

    /// Sends `message` to this actor itself after so long, behind what waits then; where it is refused then, it is dropped,
    /// and the log says so. It hides the method of [`AsyncContext`] of this name, which knows no bound.
    pub fn notify_later<M>(&mut self, message: M, after: Duration) -> SpawnHandle
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.run_later(after, move |_, context| {
            if let Err(refused) = context.notify(message) {
                tracing::warn!(path = %context.path(), "a notice of an actor to itself was refused: {refused}");
            }
        })
    }

    /// Where this actor lives.
    pub fn path(&self) -> &Path {
        &self.home().path
    }

    /// The mesh's clock.
    pub fn clock(&self) -> Clock {
        self.home().clock
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

    pub(crate) fn hold_readiness(&mut self) {
        self.readiness = Readiness::Held;
    }

    pub(crate) fn say_ready(&mut self) {
        self.readiness = Readiness::Ready;
    }

    /// Stops with this exit, unless it has one already: the first reason counts.
    pub(crate) fn end(&mut self, exit: Exit) {
        self.exit.get_or_insert(exit);
        self.stop();
    }

    pub(super) fn is_running(&self) -> bool {
        self.state.alive()
    }

    /// Whether messages have to wait.
    pub(super) fn is_busy(&self) -> bool {
        self.under_way.is_waiting() || !self.is_running()
    }

    /// The next message of this turn. `next` is what the turn knows of later ones: without one, they will wake it.
    pub(super) fn next_message(&mut self, next: &mut Next, turn: &Waker) -> Option<Entry<A>> {
        if self.batch.is_empty() {
            let queue = &self.cell.queue;
            // Who has come since then has woken it already; it is only quicker to look.
            if *next == Next::Unknown || queue.gauge.depth() > 0 {
                *next = queue.take(&mut self.batch, turn);
            }
            if self.batch.is_empty() {
                queue.rest(&mut self.batch);
            }
        }
        self.batch.pop_front()
    }

    /// Writes down what the actor is about to do.
    pub(super) fn doing(&self, work: &'static str) {
        if let Some(activity) = &self.activity {
            activity.doing(work);
        }
    }

    /// Writes down which message the actor is about to handle.
    pub(super) fn begin<M: 'static>(&mut self, message: &M) {
        self.doing(type_name::<M>());
        self.in_hand = self.home().ward.as_ref().map(|ward| ward.mark(message));
    }

    /// That message was handled.
    pub(super) fn handled(&mut self) {
        if let Some(mark) = self.in_hand.take()
            && let Some(ward) = &self.home().ward
        {
            ward.succeeded(mark, || self.clock().now());
        }
    }

    fn home(&self) -> &Home<A> {
        self.cell
            .home()
            .expect("an incarnation begins in a cell that has its place")
    }
}

impl<A: Actor<Context = Self>> ActorContext for CellContext<A> {
    fn stop(&mut self) {
        if self.is_running() {
            self.state = ActorState::Stopping;
        }
    }

    fn terminate(&mut self) {
        self.state = ActorState::Stopped;
    }

    fn state(&self) -> ActorState {
        self.state
    }
}

impl<A: Actor<Context = Self>> AsyncContext<A> for CellContext<A> {
    fn spawn<F>(&mut self, future: F) -> SpawnHandle
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.under_way.spawn(future)
    }

    fn wait<F>(&mut self, future: F)
    where
        F: ActorFuture<A, Output = ()> + 'static,
    {
        self.under_way.wait(future);
    }

    fn waiting(&self) -> bool {
        self.is_busy()
    }

    fn cancel_future(&mut self, handle: SpawnHandle) -> bool {
        self.under_way.cancel(handle)
    }

    /// An address that is closed: what is sent to it comes back. See [`CellContext`].
    fn address(&self) -> Addr<A> {
        let (address, _closed) = channel::channel(1);
        Addr::new(address)
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
