//! What has a mailbox: starts the server, tells what becomes of it, and drains it on order.

use std::sync::Arc;

use actix::{Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Running, WrapFuture as _};
use hedgerow_supervisor::{CellContext, Events};

use super::notice::Notice;
use super::server::{Ending, Phase};
use super::slot::{Attached, Found, ListenerError, Slot};

/// The actor of a listener.
pub(super) struct ListenerActor {
    slot: Arc<Slot>,
    events: Events,
    leave: Leave,
}

/// How far an incarnation is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// Not at all.
    No,
    /// It waits for the server to drain.
    Draining,
    /// Nothing is left to wait for.
    Now,
}

impl ListenerActor {
    pub(super) fn new(slot: Arc<Slot>, events: Events) -> Self {
        Self {
            slot,
            events,
            leave: Leave::No,
        }
    }

    fn notice(&self, context: &CellContext<Self>) -> Notice {
        Notice {
            events: self.events.clone(),
            path: context.path().clone(),
            id: self.slot.id().clone(),
            figures: self.slot.figures().clone(),
        }
    }

    fn tell(&self, kind: &'static str, cause: String, context: &CellContext<Self>) {
        self.notice(context).tell(kind, cause);
    }

    fn fail(&mut self, error: ListenerError, context: &mut CellContext<Self>) {
        self.leave = Leave::Now;
        context.fail(error);
    }

    fn attached(&mut self, attached: Attached, context: &mut CellContext<Self>) {
        let Attached { mut phase, found } = attached;
        if found == Found::Fresh {
            self.tell(
                "listenerServing",
                format!("serves on {}", self.slot.addr()),
                context,
            );
        }
        let ended = async move {
            let ended = phase.wait_for(|phase| matches!(phase, Phase::Ended(_))).await;
            ended.map(|phase| phase.clone())
        };
        let watched = ended.into_actor(self).map(|ended, listener, context| {
            if listener.leave == Leave::No {
                let addr = listener.slot.addr();
                let error = match ended {
                    Ok(Phase::Ended(ending)) => ListenerError::Ended(addr, ending),
                    _ => ListenerError::Crashed(addr),
                };
                listener.fail(error, context);
            }
        });
        context.spawn(watched);
    }

    fn drained(&mut self, ending: Option<&Ending>, context: &mut CellContext<Self>) {
        let how = match ending {
            Some(Ending::Drained) => "every request was answered",
            Some(Ending::CutOff) => "at the drain limit connections or copies were left and have been closed",
            Some(Ending::Failed(why)) => why,
            None => "no server ran",
        };
        let cause = format!("no longer serves on {}: {how}", self.slot.addr());
        self.tell("listenerDrained", cause, context);
        self.leave = Leave::Now;
        context.stop();
    }
}

impl Actor for ListenerActor {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let (slot, notice) = (self.slot.clone(), self.notice(context));
        let attach = async move { slot.attach(&notice).await };
        let attach = attach
            .into_actor(self)
            .map(|attached, listener, context| match attached {
                Ok(attached) => listener.attached(attached, context),
                Err(error) => listener.fail(error, context),
            });
        context.wait(attach);
    }

    /// Whoever orders a stop gets it when the server has drained.
    fn stopping(&mut self, context: &mut Self::Context) -> Running {
        match self.leave {
            Leave::Now => return Running::Stop,
            Leave::Draining => {}
            Leave::No => {
                self.leave = Leave::Draining;
                let slot = self.slot.clone();
                // The order is given when this is polled: after a start that may be under way.
                let drain = async move { slot.drain().await };
                let drained = drain.into_actor(self).map(|ending, listener, context| {
                    listener.drained(ending.as_ref(), context);
                });
                context.spawn(drained);
            }
        }
        Running::Continue
    }
}
