//! The queue of an actor, and the handle that fills it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::EnvelopeProxy;
use actix::{Actor, Handler, Message};
use hedgerow_view::tree::ActorState;
use tokio::sync::mpsc;

use super::context::CellContext;
use super::control::{Control, Doorbell};
use super::error::{AskError, SendError};
use super::parcel::{Question, Told};
use super::vitals::{Full, Vitals};

/// How long [`Handle::ask`] waits for an answer.
const ASK_WITHIN: Duration = Duration::from_secs(5);

/// A message on its way, with its type forgotten.
pub(crate) type Envelope<A> = Box<dyn EnvelopeProxy<A> + Send>;

/// What others hold to talk to an actor. Cheap to clone, usable from any thread and runtime, and good for as long
/// as the actor has a place in the tree: it survives every restart.
///
/// # Ordering
/// Messages from one sender are handled in the order in which they were sent. A restart loses the message in hand,
/// and no other.
pub struct Handle<A: Actor> {
    inner: Arc<Inner<A>>,
}

struct Inner<A: Actor> {
    queue: mpsc::UnboundedSender<Admitted<A>>,
    vitals: Arc<Vitals>,
    control: Arc<Control>,
}

/// A message with the place in the queue that it holds.
pub(crate) struct Admitted<A: Actor> {
    pub(crate) envelope: Envelope<A>,
    pub(crate) lane: Lane,
}

/// By which lane a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Bounded.
    Ordinary,
    /// The kernel's own few: never refused.
    Control,
}

impl<A: Actor<Context = CellContext<A>>> Handle<A> {
    #[allow(clippy::disallowed_methods, reason = "bounded by admission: see Queue")]
    pub(crate) fn new(
        vitals: Arc<Vitals>,
        control: Arc<Control>,
    ) -> (Self, mpsc::UnboundedReceiver<Admitted<A>>) {
        let (queue, receiver) = mpsc::unbounded_channel();
        (
            Self {
                inner: Arc::new(Inner {
                    queue,
                    vitals,
                    control,
                }),
            },
            receiver,
        )
    }

    /// Sends `message` and does not wait for the answer.
    ///
    /// # Errors
    /// [`SendError::Overloaded`] where the mailbox is full, [`SendError::Stopped`] where the actor is down and nobody
    /// is about to start it. Both hand the message back. While the actor is being restarted messages are queued.
    pub fn tell<M>(&self, message: M) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let message = self.admit(message)?;
        self.enqueue(Box::new(Told(Some(message))));
        Ok(())
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
    /// other wait no longer than that. Outside of a tokio runtime there is no timer, and no limit.
    ///
    /// # Errors
    /// [`AskError::Overloaded`] and [`AskError::Stopped`] as for [`tell`](Handle::tell); [`AskError::Panicked`] and
    /// [`AskError::Ended`] where the actor ended while it worked on the message; [`AskError::Deadline`].
    /// What the actor had not begun with comes back in the error.
    ///
    /// # Panics
    /// When polled inside a tokio runtime whose timers are not enabled.
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
        let question = self.admit(message).map(|message| {
            let (question, asked) = Question::new(message, self.inner.vitals.clone());
            self.enqueue(Box::new(asked));
            question
        });
        async move { question?.answer_within(limit).await }
    }

    /// A bell at this actor's door.
    pub fn doorbell(&self) -> Doorbell {
        Doorbell(self.inner.control.clone())
    }

    /// What the actor is doing.
    pub fn state(&self) -> ActorState {
        self.inner.vitals.state()
    }

    /// Takes a place in the queue for `message`, which [`enqueue`](Handle::enqueue) fills.
    fn admit<M>(&self, message: M) -> Result<M, SendError<M>> {
        if self.is_down() || self.inner.queue.is_closed() {
            return Err(SendError::Stopped(message));
        }
        match self.inner.vitals.queue.admit() {
            Ok(()) => Ok(message),
            Err(Full) => Err(SendError::Overloaded(message)),
        }
    }

    fn enqueue(&self, envelope: Envelope<A>) {
        let admitted = Admitted {
            envelope,
            lane: Lane::Ordinary,
        };
        if self.inner.queue.send(admitted).is_err() {
            // Closed in between: the message is dropped, and who asked gets it back.
            self.inner.vitals.queue.release();
        } else if self.is_down() {
            // It went down in between: what it had discarded by then may not include this message.
            self.inner.control.discard();
        }
    }

    fn is_down(&self) -> bool {
        matches!(self.state(), ActorState::Stopped | ActorState::Failed)
    }

    /// Sends a message of the kernel: never refused.
    pub(crate) fn order<M>(&self, message: M)
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let _ = self.inner.queue.send(Admitted {
            envelope: Box::new(Told(Some(message))),
            lane: Lane::Control,
        });
    }
}

impl<A: Actor> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<A: Actor> fmt::Debug for Handle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("state", &self.inner.vitals.state())
            .finish_non_exhaustive()
    }
}
