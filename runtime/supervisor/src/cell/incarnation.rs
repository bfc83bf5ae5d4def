//! One life of an actor: a value, its context, and the turns in which it works.
//!
//! A turn is a poll. In each, waits come first, then messages up to a budget, then what was spawned; the order, and
//! what `stop`, `stopping` and `terminate` do, is that of actix's own context. Ours owns no channel: messages come out
//! of the cell's queue, which outlives it.

use std::task::{Context, Poll, Waker};

use actix::{Actor, ActorState, Running};

use super::context::CellContext;
use super::queue::{Lane, Next};
use super::under_way::{Polled, poll_spawned, poll_waits};
use crate::context::Carried;
use crate::panics::drop_caught;
use crate::watchdog::TURN;

/// Messages handled in one turn before timers, stop and the other actors of the thread get theirs. Measured: 500
/// messages of a millisecond each, without a budget, held a timer back by half a second.
const BUDGET: usize = 64;

/// A value in its context.
pub(super) struct Incarnation<A: Actor<Context = CellContext<A>>> {
    pub(super) context: CellContext<A>,
    actor: A,
    /// The context that `started` runs in, until it has.
    starts_in: Option<Carried>,
}

impl<A: Actor<Context = CellContext<A>>> Incarnation<A> {
    pub(super) fn new(actor: A, context: CellContext<A>, starts_in: Carried) -> Self {
        Self {
            context,
            actor,
            starts_in: Some(starts_in),
        }
    }

    /// Drops what it spawned, then the value. All of it is the user's and may panic: apart, because a panic while
    /// unwinding from another would abort.
    pub(super) fn drop_each(mut self) {
        self.context.under_way.drop_each();
        drop_caught("what an actor left in its context", self.context);
        drop_caught("an actor", self.actor);
    }

    /// One turn. Ready once the actor has stopped.
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let Self {
            context,
            actor,
            starts_in,
        } = self;
        if let Some(starts_in) = starts_in.take() {
            context.doing("started");
            starts_in.run(|| actor.started(context));
            context.doing(TURN);
        }
        let mut budget = BUDGET;
        loop {
            if poll_waits(actor, context, task) == Polled::Waiting {
                return Poll::Pending;
            }
            if context.is_running() {
                context.readiness.after_waits();
                pump(actor, context, &mut budget, task.waker());
                // Also after a full budget: messages without end must not keep timers from being polled.
                let is_cut_short = context.under_way.is_waiting() && context.is_running()
                    || poll_spawned(actor, context, task) == Polled::Waiting;
                if budget == 0 {
                    // The others of this thread first.
                    task.waker().wake_by_ref();
                } else if is_cut_short {
                    // Waits that are over at once must not hold the thread either.
                    budget -= 1;
                    continue;
                }
            }
            match context.state {
                ActorState::Stopping => {
                    if actor.stopping(context) == Running::Continue {
                        context.state = ActorState::Running;
                        // Nor must one that stops itself again at once.
                        if budget > 0 {
                            budget -= 1;
                            continue;
                        }
                        task.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    context.state = ActorState::Stopped;
                    actor.stopped(context);
                    return Poll::Ready(());
                }
                ActorState::Stopped => {
                    actor.stopped(context);
                    return Poll::Ready(());
                }
                ActorState::Started | ActorState::Running => return Poll::Pending,
            }
        }
    }
}

/// Hands messages to the actor until there are none, the budget is spent, or something is waited for.
fn pump<A: Actor<Context = CellContext<A>>>(
    actor: &mut A,
    context: &mut CellContext<A>,
    budget: &mut usize,
    turn: &Waker,
) {
    if context.cell.control.take_bell()
        && let Some(answer) = context.bell
    {
        context.doing("bell");
        context.cell.queue.gauge.count();
        answer(actor, context);
        context.doing(TURN);
    }
    let mut delivered = false;
    let mut next = Next::Unknown;
    while *budget > 0 && !context.is_busy() {
        let Some(entry) = context.next_message(&mut next, turn) else {
            break;
        };
        *budget -= 1;
        delivered = true;
        let gauge = &context.cell.queue.gauge;
        if entry.lane == Lane::Ordinary {
            // Those of the kernel came before all others.
            gauge.taken(context.batch.len());
        }
        gauge.begin(entry.stamp);
        entry.parcel.deliver(actor, context);
    }
    if delivered {
        context.doing(TURN);
    }
}
