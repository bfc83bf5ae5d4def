//! A message whose sender waits for the answer, and what the sender is told if none comes.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use actix::dev::MessageResponse as _;
use actix::{Actor, Handler, Message};
use tokio::sync::oneshot;

use super::context::CellContext;
use super::error::AskError;
use super::lasting::Cell;
use super::limit::Limit;
use super::parcel::{Parcel, Pending, Query};
use crate::context::Carried;
use crate::panics::drop_caught;

/// What both ends share until the actor begins with the message. Until then the sender may have it back.
struct Unbegun<M: Message> {
    inside: Mutex<Inside<M>>,
    begun_by: AtomicU32,
}

struct Inside<M: Message> {
    message: Option<M>,
    reply: Option<oneshot::Sender<M::Result>>,
    carried: Carried,
}

impl<M: Message> Unbegun<M> {
    fn inside(&self) -> MutexGuard<'_, Inside<M>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_message(&self) -> Option<M> {
        self.inside().message.take()
    }
}

impl<A, M> Query<A> for Unbegun<M>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn answer(&self, actor: &mut A, context: &mut CellContext<A>) {
        let (message, reply, carried) = {
            let mut inside = self.inside();
            let carried = std::mem::take(&mut inside.carried);
            (inside.message.take(), inside.reply.take(), carried)
        };
        // Who has stopped waiting, at the limit or altogether, has cancelled the question.
        let (Some(message), Some(reply)) = (message, reply) else {
            return;
        };
        if reply.is_closed() {
            return drop_caught("a question that nobody waits for", message);
        }
        self.begun_by.store(context.incarnation(), Ordering::Release);
        carried.handle::<M, _>(|| {
            context.begin(&message);
            let mut owed = Owed(Some(reply));
            let response = actor.handle(message, context);
            let reply = owed.0.take();
            response.handle(context, reply);
            context.handled();
        });
    }

    fn abandon(&self) {
        let reply = self.inside().reply.take();
        drop(reply);
    }
}

thread_local! {
    /// The reply that a handler owed when it panicked, until it is published how the incarnation ended.
    static OWED: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

/// The reply while its handler runs. If that panics, the reply outlives the panic, so that who asked is told only when
/// it is known how the incarnation ended.
struct Owed<R: Send + 'static>(Option<oneshot::Sender<R>>);

impl<R: Send + 'static> Drop for Owed<R> {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take() {
            // A thread that is ending keeps nothing.
            let _ = OWED.try_with(|owed| owed.replace(Some(Box::new(reply))));
        }
    }
}

/// Drops the reply that was owed at the last panic on this thread.
pub(super) fn drop_owed() {
    // A thread that is ending has kept none.
    drop(OWED.try_with(RefCell::take));
}

/// What the sender of a message holds while it waits. Resolves to the answer, or to why there is none.
pub(super) struct Question<A: Actor<Context = CellContext<A>>, M: Message> {
    unbegun: Arc<Unbegun<M>>,
    answer: oneshot::Receiver<M::Result>,
    cell: Arc<Cell<A>>,
    limit: Limit,
}

/// A question whose place in the queue is still to be found.
pub(super) struct Unasked<M: Message>(Arc<Unbegun<M>>);

impl<A, M> From<Unasked<M>> for Parcel<A>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn from(unasked: Unasked<M>) -> Self {
        Self::Asked(Pending::new(unasked.0))
    }
}

impl<M: Message> Unasked<M> {
    /// The message back.
    pub(super) fn into_message(self) -> Option<M> {
        self.0.take_message()
    }
}

impl<A: Actor<Context = CellContext<A>>, M: Message> Question<A, M> {
    pub(super) fn new(message: M, limit: Limit, cell: Arc<Cell<A>>) -> (Self, Unasked<M>) {
        let (reply, answer) = oneshot::channel();
        let unbegun = Arc::new(Unbegun {
            inside: Mutex::new(Inside {
                message: Some(message),
                reply: Some(reply),
                carried: Carried::current(),
            }),
            begun_by: AtomicU32::new(0),
        });
        let question = Self {
            unbegun: unbegun.clone(),
            answer,
            cell,
            limit,
        };
        (question, Unasked(unbegun))
    }

    fn why_unanswered(&self) -> AskError<M> {
        if let Some(message) = self.unbegun.take_message() {
            return AskError::Stopped(message);
        }
        let begun_by = self.unbegun.begun_by.load(Ordering::Acquire);
        match self.cell.published.exit_of(begun_by) {
            Some(exit) => match exit.panic() {
                Some(record) => AskError::Panicked {
                    message: record.message.clone(),
                    location: record.location.clone(),
                },
                None => AskError::Ended(exit),
            },
            None => AskError::Unanswered,
        }
    }
}

impl<A: Actor<Context = CellContext<A>>, M: Message> Future for Question<A, M> {
    type Output = Result<M::Result, AskError<M>>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answered) = Pin::new(&mut self.answer).poll(task) {
            return Poll::Ready(answered.map_err(|_| self.why_unanswered()));
        }
        self.limit.poll(task).map(|()| {
            Err(AskError::Deadline {
                limit: self.limit.length(),
                message: self.unbegun.take_message(),
            })
        })
    }
}
