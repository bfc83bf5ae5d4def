//! The handle: what others hold to send messages to an actor.

use std::fmt;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Handler, Message};
use futures_util::future::Either;
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use tokio::time::Instant;

use super::context::CellContext;
use super::control::Doorbell;
use super::error::{AskError, SendError};
use super::lasting::Cell;
use super::limit::Limit;
use super::parcel::{Parcel, Told};
use super::question::Question;
use super::queue::Refused;
use crate::context::Context;

/// How long [`Handle::ask`] waits for an answer.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// What others hold to talk to an actor. Cheap to clone, usable from any thread and runtime, and good for as long
/// as the actor has a place in the tree: it survives every restart.
///
/// # Ordering
/// Messages from one sender are handled in the order in which they were sent. A restart loses the message in hand,
/// and no other.
pub struct Handle<A: Actor<Context = CellContext<A>>> {
    cell: Arc<Cell<A>>,
}

impl<A: Actor<Context = CellContext<A>>> Handle<A> {
    pub(crate) fn of(cell: Arc<Cell<A>>) -> Self {
        Self { cell }
    }

    /// Sends `message` and does not wait for the answer.
    ///
    /// # Errors
    /// All of them hand the message back: [`SendError::Overloaded`] where the mailbox is full, [`SendError::Stopped`]
    /// where the actor is down and nobody is about to start it, [`SendError::Quarantined`] where messages of its kind
    /// keep crashing the actor, and [`SendError::Restarting`] while the actor is being restarted, if its spec says that
    /// it refuses messages meanwhile ([`WhileRestarting::Refuse`](crate::WhileRestarting::Refuse)); else they wait.
    pub fn tell<M>(&self, message: M) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        if self.cell.quarantines(&message) {
            return Err(SendError::Quarantined(message));
        }
        self.cell
            .send(Box::new(Told::new(message)), Instant::now)
            .map_err(|(refused, told)| refused.with(told.into_message()))
    }

    /// Sends `message` and resolves to the answer, or to an error after 5 s (the default of OTP's `gen_server:call`).
    /// The message is queued now, not when the future is polled; dropping the future before its turn cancels it.
    ///
    /// # Errors
    /// As [`ask_within`](Handle::ask_within).
    ///
    /// # Panics
    /// As [`ask_within`](Handle::ask_within).
    pub fn ask<M>(&self, message: M) -> impl Future<Output = Result<M::Result, AskError<M>>> + Send + 'static
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.ask_within(ASK_WITHIN, message)
    }

    /// Sends `message` and resolves to the answer, or to an error once `limit` has passed: two actors that ask each
    /// other wait no longer than that, nor longer than the deadline of the current [`Context`](crate::Context), if that
    /// is sooner. The time counts from this call, by tokio's clock. Where the future is polled outside of a tokio runtime
    /// there is no timer, and no limit.
    ///
    /// # Errors
    /// [`AskError::Overloaded`], [`AskError::Stopped`], [`AskError::Restarting`] and [`AskError::Quarantined`] as for
    /// [`tell`](Handle::tell), and `Stopped` also where the actor went down for good before it came to the message;
    /// [`AskError::Panicked`] and [`AskError::Ended`] where the actor ended while it worked on the message;
    /// [`AskError::Deadline`] where no answer came in time; [`AskError::Unanswered`] where the reply was dropped and it
    /// is not known how the incarnation ended. What the actor had not begun with comes back in the error.
    ///
    /// # Panics
    /// When polled inside a tokio runtime whose timers are not enabled, or that is being shut down.
    pub fn ask_within<M>(
        &self,
        limit: Duration,
        message: M,
    ) -> impl Future<Output = Result<M::Result, AskError<M>>> + Send + 'static
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        // One look at the clock serves for the limit and for the age.
        let now = Instant::now();
        let limit = Limit::new(now, Context::current().at_most(limit));
        let is_quarantined = self.cell.quarantines(&message);
        let (question, unasked) = Question::new(message, limit, self.cell.clone());
        let sent = if is_quarantined {
            Err((Refused::Quarantined, unasked))
        } else {
            self.cell.send(unasked, || now)
        };
        match sent {
            Ok(()) => Either::Left(question),
            Err((refused, unasked)) => Either::Right(ready(Err(unasked
                .into_message()
                .map_or(AskError::Unanswered, |message| refused.with(message).into())))),
        }
    }

    /// A bell at this actor's door.
    pub fn doorbell(&self) -> Doorbell {
        Doorbell(self.cell.clone())
    }

    /// Where the actor lives; `None` before the tree that its spec belongs to is started.
    pub fn path(&self) -> Option<&Path> {
        self.cell.home().map(|home| &home.path)
    }

    /// What the actor is doing.
    pub fn state(&self) -> ActorState {
        self.cell.published.state()
    }

    /// Sends a message of the kernel: never refused.
    pub(crate) fn order<M>(&self, message: M)
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.cell.order(Parcel::from(Box::new(Told::new(message))));
    }
}

impl Refused {
    /// The refusal of this message.
    fn with<M>(self, message: M) -> SendError<M> {
        match self {
            Self::Full => SendError::Overloaded(message),
            Self::Shut => SendError::Stopped(message),
            Self::Restarting => SendError::Restarting(message),
            Self::Quarantined => SendError::Quarantined(message),
        }
    }
}

impl<A: Actor<Context = CellContext<A>>> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
        }
    }
}

impl<A: Actor<Context = CellContext<A>>> fmt::Debug for Handle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("path", &self.path())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
