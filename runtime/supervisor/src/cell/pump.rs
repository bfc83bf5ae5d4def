//! Takes messages out of the queue and hands them to the actor.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix::dev::EnvelopeProxy as _;
use actix::dev::channel::AddressReceiver;
use actix::{Actor, ActorFuture, AsyncContext as _};
use futures_core::Stream as _;
use tokio::sync::mpsc;

use super::context::CellContext;
use super::control::Control;
use super::mailbox::{Admitted, Lane};
use super::vitals::Vitals;

/// Messages handled in one turn before timers, stop and the other actors of the thread get theirs. Measured: 500
/// messages of a millisecond each, without a budget, held a timer back by half a second.
const BUDGET: usize = 64;

/// What a cell receives by, over all its incarnations.
pub(crate) struct Inlet<A: Actor<Context = CellContext<A>>> {
    pub(crate) queue: mpsc::UnboundedReceiver<Admitted<A>>,
    /// For what only actix can send: `ctx.notify`, `ctx.address()`.
    pub(crate) address: AddressReceiver<A>,
}

/// Runs inside an incarnation; the inlet outlives it.
pub(crate) struct Pump<A: Actor<Context = CellContext<A>>> {
    pub(crate) inlet: Rc<RefCell<Inlet<A>>>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) control: Arc<Control>,
}

impl<A: Actor<Context = CellContext<A>>> ActorFuture<A> for Pump<A> {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut A,
        context: &mut CellContext<A>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        if self.control.take_bell()
            && let Some(answer) = context.bell
        {
            self.vitals.queue.count();
            answer(actor, context);
        }
        self.vitals.queue.moved(context.surroundings.clock.now());
        for _ in 0..BUDGET {
            if context.waiting() {
                return Poll::Pending;
            }
            // The borrow ends before the actor runs: its code may panic, and the next incarnation borrows again.
            let ours = self.inlet.borrow_mut().queue.poll_recv(task);
            let mut idle = true;
            if let Poll::Ready(Some(Admitted { mut envelope, lane })) = ours {
                idle = false;
                if lane == Lane::Ordinary {
                    self.vitals.queue.release();
                }
                self.vitals.queue.count();
                envelope.handle(actor, context);
            }
            if context.waiting() {
                return Poll::Pending;
            }
            // In turns with ours, so that neither starves the other.
            let actixs = Pin::new(&mut self.inlet.borrow_mut().address).poll_next(task);
            if let Poll::Ready(Some(mut envelope)) = actixs {
                idle = false;
                self.vitals.queue.count();
                envelope.handle(actor, context);
            }
            if idle {
                return Poll::Pending;
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<A: Actor<Context = CellContext<A>>> Inlet<A> {
    /// Drops what waits. Who asked is told that nobody will answer.
    pub(crate) fn discard(&mut self, vitals: &Vitals) {
        while let Ok(Admitted { envelope, lane }) = self.queue.try_recv() {
            drop(envelope);
            if lane == Lane::Ordinary {
                vitals.queue.release();
            }
        }
    }
}
