//! The queue of an actor, and the handle that fills it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use actix::dev::{EnvelopeProxy, MessageResponse as _};
use actix::{Actor, Handler, Message};
use hedgerow_view::tree::ActorState;
use tokio::sync::{mpsc, oneshot};

use super::context::CellContext;
use super::control::{Control, Doorbell};
use super::vitals::Vitals;

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
        self.send(message, None)
    }

    /// Sends `message` and resolves to the answer. The message is queued now, not when the future is polled;
    /// dropping the future before its turn cancels it.
    ///
    /// # Errors
    /// As [`tell`](Handle::tell), and [`AskError::Lost`] where the actor ended while it worked on the message, or for
    /// good before it came to it.
    pub fn ask<M>(&self, message: M) -> impl Future<Output = Result<M::Result, AskError<M>>> + Send + 'static
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(message, Some(reply));
        async move {
            match sent {
                Ok(()) => answer.await.map_err(|_| AskError::Lost),
                Err(SendError::Overloaded(message)) => Err(AskError::Overloaded(message)),
                Err(SendError::Stopped(message)) => Err(AskError::Stopped(message)),
            }
        }
    }

    /// A bell at this actor's door.
    pub fn doorbell(&self) -> Doorbell {
        Doorbell(self.inner.control.clone())
    }

    /// What the actor is doing.
    pub fn state(&self) -> ActorState {
        self.inner.vitals.state()
    }

    fn send<M>(&self, message: M, reply: Option<oneshot::Sender<M::Result>>) -> Result<(), SendError<M>>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        if self.is_down() || self.inner.queue.is_closed() {
            return Err(SendError::Stopped(message));
        }
        if self.inner.vitals.queue.admit().is_err() {
            return Err(SendError::Overloaded(message));
        }
        let envelope = Box::new(Parcel {
            message: Some(message),
            reply,
        });
        let admitted = Admitted {
            envelope,
            lane: Lane::Ordinary,
        };
        if self.inner.queue.send(admitted).is_err() {
            // Closed in between: the message is dropped, and who asked is told so.
            self.inner.vitals.queue.release();
        } else if self.is_down() {
            // It went down in between: what it had discarded by then may not include this message.
            self.inner.control.discard();
        }
        Ok(())
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
        let envelope = Box::new(Parcel {
            message: Some(message),
            reply: None,
        });
        let _ = self.inner.queue.send(Admitted {
            envelope,
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

/// A message and where its answer goes.
struct Parcel<M: Message> {
    message: Option<M>,
    reply: Option<oneshot::Sender<M::Result>>,
}

impl<A, M> EnvelopeProxy<A> for Parcel<M>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn handle(&mut self, actor: &mut A, context: &mut CellContext<A>) {
        let reply = self.reply.take();
        if reply.as_ref().is_some_and(oneshot::Sender::is_closed) {
            return;
        }
        if let Some(message) = self.message.take() {
            actor.handle(message, context).handle(context, reply);
        }
    }
}

/// A message was not taken. It comes back inside.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SendError<M> {
    /// The mailbox is full: try again later, or shed the work.
    #[error("mailbox full: try again later or shed the work")]
    Overloaded(M),
    /// The actor is down and nobody is about to start it.
    #[error("actor stopped: start it, or find another")]
    Stopped(M),
}

/// A question was not answered.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum AskError<M> {
    /// The mailbox is full. The message comes back.
    #[error("mailbox full: try again later or shed the work")]
    Overloaded(M),
    /// The actor is down and nobody is about to start it. The message comes back.
    #[error("actor stopped: start it, or find another")]
    Stopped(M),
    /// The actor ended while it worked on the message, or for good before it came to it. What it had done by then is
    /// not known.
    #[error("the actor ended before it answered: its tree entry says why")]
    Lost,
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded(_) => "Overloaded",
            Self::Stopped(_) => "Stopped",
        })
    }
}

impl<M> fmt::Debug for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded(_) => "Overloaded",
            Self::Stopped(_) => "Stopped",
            Self::Lost => "Lost",
        })
    }
}
