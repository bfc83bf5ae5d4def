//! A message on its way, with its type forgotten.

use std::sync::Arc;

use actix::dev::MessageResponse as _;
use actix::{Actor, Handler, Message};

use super::context::CellContext;
use crate::context::Carried;

/// What waits in a queue.
pub(super) enum Parcel<A: Actor> {
    Told(Box<dyn Letter<A> + Send>),
    Asked(Pending<A>),
}

impl<A: Actor<Context = CellContext<A>>> Parcel<A> {
    /// Has the actor handle it.
    pub(super) fn deliver(self, actor: &mut A, context: &mut CellContext<A>) {
        match self {
            Self::Told(letter) => letter.deliver(actor, context),
            Self::Asked(mut pending) => {
                if let Some(query) = pending.0.take() {
                    query.answer(actor, context);
                }
            }
        }
    }
}

/// A message that nobody waits for.
pub(super) trait Letter<A: Actor> {
    fn deliver(self: Box<Self>, actor: &mut A, context: &mut A::Context);
}

/// The one [`Letter`].
pub(super) struct Told<M> {
    message: M,
    carried: Carried,
}

impl<M: Message> Told<M> {
    pub(super) fn new(message: M) -> Self {
        Self {
            message,
            carried: Carried::current(),
        }
    }

    /// The message back.
    pub(super) fn into_message(self) -> M {
        self.message
    }
}

impl<A, M> Letter<A> for Told<M>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn deliver(self: Box<Self>, actor: &mut A, context: &mut CellContext<A>) {
        let Self { message, carried } = *self;
        carried.handle::<M, _>(|| {
            context.begin(&message);
            actor.handle(message, context).handle(context, None);
            context.handled();
        });
    }
}

impl<A, M> From<Box<Told<M>>> for Parcel<A>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn from(told: Box<Told<M>>) -> Self {
        Self::Told(told)
    }
}

/// A message whose sender waits: what both ends share.
pub(super) trait Query<A: Actor>: Send + Sync {
    fn answer(&self, actor: &mut A, context: &mut A::Context);
    /// Nobody will answer, unless it is being answered.
    fn abandon(&self);
}

/// The queue's end of a question. Dropped before its turn, it tells who asked.
pub(super) struct Pending<A: Actor>(Option<Arc<dyn Query<A>>>);

impl<A: Actor> Pending<A> {
    pub(super) fn new(query: Arc<dyn Query<A>>) -> Self {
        Self(Some(query))
    }
}

impl<A: Actor> Drop for Pending<A> {
    fn drop(&mut self) {
        if let Some(query) = self.0.take() {
            query.abandon();
        }
    }
}
