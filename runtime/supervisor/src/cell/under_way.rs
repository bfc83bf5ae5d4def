//! What an actor has under way in its context: waits, and what it has spawned.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix::{Actor, ActorFuture, SpawnHandle};

use super::context::CellContext;
use crate::context::Context as RequestContext;
use crate::panics::drop_caught;

/// Waits that are polled in a row, and futures that are spawned and polled in the same turn. Those that are over at once
/// and bring the next must not hold the thread.
const IN_A_ROW: usize = 64;

type Boxed<A> = Pin<Box<dyn ActorFuture<A, Output = ()>>>;

/// The futures of one incarnation. They end with it.
pub(super) struct UnderWay<A: Actor> {
    /// Taken last first. While there is one, the actor gets no messages and nothing that it has spawned is polled.
    waits: Vec<Boxed<A>>,
    /// Empty places are futures that are being polled, are over, or were cancelled.
    spawned: Vec<(SpawnHandle, Option<Boxed<A>>)>,
    last: SpawnHandle,
    /// The one that is being polled, until it is cancelled.
    polled: Option<SpawnHandle>,
}

impl<A: Actor> Default for UnderWay<A> {
    fn default() -> Self {
        Self {
            waits: Vec::new(),
            spawned: Vec::new(),
            last: SpawnHandle::default(),
            polled: None,
        }
    }
}

/// Why no more was polled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Polled {
    /// A wait is under way.
    Waiting,
    /// There is nothing more to poll in this turn.
    All,
}

impl<A: Actor> UnderWay<A> {
    pub(super) fn spawn(&mut self, future: impl ActorFuture<A, Output = ()> + 'static) -> SpawnHandle {
        self.last = self.last.next();
        self.spawned.push((self.last, Some(boxed(future))));
        self.last
    }

    pub(super) fn wait(&mut self, future: impl ActorFuture<A, Output = ()> + 'static) {
        self.waits.push(boxed(future));
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waits.is_empty()
    }

    /// Drops the futures one by one.
    pub(super) fn drop_each(&mut self) {
        for wait in self.waits.drain(..) {
            drop_caught("what an actor waited for", wait);
        }
        for (_, future) in self.spawned.drain(..) {
            drop_caught("what an actor spawned", future);
        }
    }

    /// Whether there was such a future.
    pub(super) fn cancel(&mut self, handle: SpawnHandle) -> bool {
        if self.polled == Some(handle) {
            self.polled = None;
            return true;
        }
        // Handles only grow, and those whose turn was cut short go to the end: not sorted.
        let found = self.spawned.iter_mut().find(|(at, _)| *at == handle);
        found.is_some_and(|(_, future)| future.take().is_some())
    }
}

/// What is begun in a context belongs to it until it is over.
fn boxed<A: Actor>(future: impl ActorFuture<A, Output = ()> + 'static) -> Boxed<A> {
    let current = RequestContext::current();
    if current.is_empty() {
        Box::pin(future)
    } else {
        Box::pin(current.scope(future))
    }
}

/// Polls the waits, last first, until there is none or one of them is pending.
pub(super) fn poll_waits<A: Actor<Context = CellContext<A>>>(
    actor: &mut A,
    context: &mut CellContext<A>,
    task: &mut Context<'_>,
) -> Polled {
    let mut polls = 0;
    while context.is_running()
        && let Some(mut wait) = context.under_way.waits.pop()
    {
        if polls == IN_A_ROW {
            context.under_way.waits.push(wait);
            task.waker().wake_by_ref();
            return Polled::Waiting;
        }
        polls += 1;
        let below = context.under_way.waits.len();
        let polled = wait.as_mut().poll(actor, context, task);
        // In a context that is stopping nothing is waited for.
        if polled.is_pending() && context.is_running() {
            let has_new = context.under_way.waits.len() > below;
            context.under_way.waits.insert(below, wait);
            if !has_new {
                return Polled::Waiting;
            }
        }
    }
    Polled::All
}

/// Polls what was spawned, in order, until a wait comes in between.
pub(super) fn poll_spawned<A: Actor<Context = CellContext<A>>>(
    actor: &mut A,
    context: &mut CellContext<A>,
    task: &mut Context<'_>,
) -> Polled {
    let mut at = 0;
    // What is spawned meanwhile is appended, and polled in the same turn.
    let most = context.under_way.spawned.len() + IN_A_ROW;
    while at < context.under_way.spawned.len() && context.is_running() {
        if at == most {
            task.waker().wake_by_ref();
            break;
        }
        let (handle, place) = &mut context.under_way.spawned[at];
        let (handle, Some(mut future)) = (*handle, place.take()) else {
            at += 1;
            continue;
        };
        context.under_way.polled = Some(handle);
        let polled = future.as_mut().poll(actor, context, task);
        let is_wanted = context.under_way.polled.take().is_some();
        if polled == Poll::Pending && is_wanted {
            context.under_way.spawned[at].1 = Some(future);
        }
        if context.under_way.is_waiting() && context.is_running() {
            // To the end: one that waits again and again must not keep the others from being polled.
            let cut_short = context.under_way.spawned.remove(at);
            context.under_way.spawned.push(cut_short);
            return Polled::Waiting;
        }
        at += 1;
    }
    context.under_way.spawned.retain(|(_, future)| future.is_some());
    Polled::All
}
