//! A message on its way, with its type forgotten.

use std::any::type_name;
use std::sync::Arc;

use actix::dev::MessageResponse as _;
use actix::{Actor, Handler, Message};

use super::context::CellContext;

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
            Self::Asked(pending) => pending.0.answer(actor, context),
        }
    }
}

/// A message that nobody waits for.
pub(super) trait Letter<A: Actor> {
    fn deliver(self: Box<Self>, actor: &mut A, context: &mut A::Context);
}

/// The one [`Letter`].
pub(super) struct Told<M>(pub(super) M);

impl<A, M> Letter<A> for Told<M>
where
    A: Actor<Context = CellContext<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn deliver(self: Box<Self>, actor: &mut A, context: &mut CellContext<A>) {
        context.doing(type_name::<M>());
        actor.handle(self.0, context).handle(context, None);
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
pub(super) struct Pending<A: Actor>(pub(super) Arc<dyn Query<A>>);

impl<A: Actor> Drop for Pending<A> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
