//! A message on its way, and the question that waits for its answer.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::dev::{EnvelopeProxy, MessageResponse as _};
use actix::{Actor, Handler, Message};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::context::{CellContext, Surroundings};
use super::error::AskError;
use super::vitals::Vitals;

/// A message that nobody waits for.
pub(super) struct Told<M>(pub(super) Option<M>);

impl<A, M> EnvelopeProxy<A> for Told<M>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn handle(&mut self, actor: &mut A, context: &mut CellContext<A>) {
        if let Some(message) = self.0.take() {
            actor.handle(message, context).handle(context, None);
        }
    }
}

/// A message whose sender waits. Until the actor begins with it, the sender may have it back.
pub(super) struct Asked<M: Message> {
    unbegun: Arc<Unbegun<M>>,
    reply: Option<oneshot::Sender<M::Result>>,
}

impl<A, M> EnvelopeProxy<A> for Asked<M>
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
        let Some(message) = self.unbegun.begin(context.incarnation) else {
            return;
        };
        let mut owed = Owed {
            reply,
            surroundings: context.surroundings.clone(),
        };
        let response = actor.handle(message, context);
        let reply = owed.reply.take();
        response.handle(context, reply);
    }
}

/// The reply while its handler runs. If that panics, the reply outlives the panic, so that who asked is told only when
/// it is known how the incarnation ended.
struct Owed<A: Actor, R: Send + 'static> {
    reply: Option<oneshot::Sender<R>>,
    surroundings: Rc<Surroundings<A>>,
}

impl<A: Actor, R: Send + 'static> Drop for Owed<A, R> {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            self.surroundings.owed.replace(Some(Box::new(reply)));
        }
    }
}

/// The message of a question, and which incarnation began with it.
struct Unbegun<M> {
    message: Mutex<Option<M>>,
    begun_by: AtomicU32,
}

impl<M> Unbegun<M> {
    fn begin(&self, incarnation: u32) -> Option<M> {
        self.begun_by.store(incarnation, Ordering::Release);
        self.take()
    }

    fn take(&self) -> Option<M> {
        self.message.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the sender of a message holds while it waits.
pub(super) struct Question<M: Message> {
    unbegun: Arc<Unbegun<M>>,
    answer: oneshot::Receiver<M::Result>,
    vitals: Arc<Vitals>,
}

impl<M: Message> Question<M> {
    pub(super) fn new(message: M, vitals: Arc<Vitals>) -> (Self, Asked<M>) {
        let (reply, answer) = oneshot::channel();
        let unbegun = Arc::new(Unbegun {
            message: Mutex::new(Some(message)),
            begun_by: AtomicU32::new(0),
        });
        let asked = Asked {
            unbegun: unbegun.clone(),
            reply: Some(reply),
        };
        let question = Self {
            unbegun,
            answer,
            vitals,
        };
        (question, asked)
    }

    pub(super) async fn answer_within(mut self, limit: Duration) -> Result<M::Result, AskError<M>> {
        let answered = if runtime::Handle::try_current().is_ok() {
            match timeout(limit, &mut self.answer).await {
                Ok(answered) => answered,
                Err(_) => {
                    let message = self.unbegun.take();
                    return Err(AskError::Deadline { limit, message });
                }
            }
        } else {
            (&mut self.answer).await
        };
        answered.map_err(|_| self.why_unanswered())
    }

    fn why_unanswered(&self) -> AskError<M> {
        if let Some(message) = self.unbegun.take() {
            return AskError::Stopped(message);
        }
        let exit = self.vitals.exit_of(self.unbegun.begun_by.load(Ordering::Acquire));
        match exit {
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
