//! The shell around the machine: carries its orders out, and feeds back what came of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Actor, AsyncContext as _, Handler, Message, Running, SpawnHandle};

use super::machine::Machine;
use super::messages::{NotAdded, say};
use super::placing::Site;
use super::step::{ChildId, Effect, Input};
use super::waits::Waits;
use crate::cell::context::CellContext;
use crate::cell::ending::Parent;
use crate::cell::mailbox::Handle;
use crate::events::Persistence;
use crate::exit::Exit;
use hedgerow_view::tree::ActorState;

/// A supervisor at work.
pub(crate) struct SupervisorActor {
    /// Belongs to the place: the child list outlives the incarnation. Only the living incarnation locks it.
    machine: Arc<Mutex<Machine>>,
    pub(super) site: Arc<Site>,
    waits: Waits,
    timer: Option<SpawnHandle>,
}

impl Actor for SupervisorActor {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.hold_readiness();
        let over = self.reconcile();
        self.drive(Input::Begin { over }, context);
    }

    fn stopping(&mut self, context: &mut Self::Context) -> Running {
        if !self.machine().is_finished() {
            self.drive(Input::Stop, context);
        }
        if self.machine().is_finished() {
            Running::Stop
        } else {
            Running::Continue
        }
    }
}

impl SupervisorActor {
    pub(super) fn new(machine: Arc<Mutex<Machine>>, site: Arc<Site>) -> Self {
        Self {
            machine,
            site,
            waits: Waits::default(),
            timer: None,
        }
    }

    pub(super) fn machine(&self) -> MutexGuard<'_, Machine> {
        // A panic while it was held costs this incarnation; the next one begins by stopping whatever is alive.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes good what an incarnation before this one fell in the middle of, and finds the children that are over.
    fn reconcile(&mut self) -> Vec<ChildId> {
        let mut over = Vec::new();
        for (child, slot) in self.site.list.numbered() {
            let incarnation = self.machine().incarnation(child);
            match incarnation {
                Some(incarnation) if slot.is_over(incarnation) => over.push(child),
                Some(_) => {}
                None => self.remove(child),
            }
        }
        let machine = self.machine();
        self.site.list.forget(
            |child| machine.is_first_starting(child),
            |child| machine.is_leaving(child),
        );
        over
    }

    pub(super) fn drive(&mut self, input: Input, context: &mut CellContext<Self>) {
        let now = context.clock().now();
        let effects = self.machine().on(input, now);
        for effect in effects {
            self.carry_out(effect, now, context);
        }
        self.arm(now, context);
    }

    fn carry_out(&mut self, effect: Effect, now: Duration, context: &mut CellContext<Self>) {
        match effect {
            Effect::Start { child, incarnation } => {
                if let Some(slot) = self.slot(child) {
                    slot.start(incarnation);
                }
            }
            Effect::Stop { child, incarnation } => {
                if let Some(slot) = self.slot(child) {
                    slot.stop(incarnation);
                }
            }
            Effect::Mark { child, state } => match self.slot(child) {
                Some(slot) if state == ActorState::Failed && self.machine().is_ending() => slot.show_failed(),
                Some(slot) => slot.mark(state),
                None => {}
            },
            Effect::Wait { token, time } => self.waits.add(now + time, token),
            Effect::Restarting { child, after } => {
                self.tell(child, "childRestarting", || {
                    format!("after a back-off of {} ms", after.as_millis())
                });
            }
            Effect::FirstStartOver { child, exit } => self.first_start_over(child, exit),
            Effect::Removed { child } => self.remove(child),
            Effect::AllUp => context.say_ready(),
            Effect::Finished(exit) => {
                if exit.is_abnormal() {
                    self.site.environment.events.emit(
                        "supervisorGaveUp",
                        context.path(),
                        None,
                        exit.to_string(),
                        Persistence::Volatile,
                    );
                }
                context.end(exit);
            }
        }
    }

    /// Tells who added a child that its first start is over.
    fn first_start_over(&mut self, child: ChildId, exit: Option<Exit>) {
        let why = exit.as_ref().map(|exit| format!("never became ready: {exit}"));
        if let Some(waiting) = self.site.list.take_start(child, why) {
            say(waiting, exit.map_or(Ok(()), |exit| Err(NotAdded::Ended(exit))));
        }
    }

    /// Takes a child that is down off the list, for good.
    fn remove(&mut self, child: ChildId) {
        if let Some((slot, mut waiting)) = self.site.list.remove(child) {
            slot.retire();
            self.tell_deleted(&slot, waiting.is_ordered(), waiting.why_removed());
            waiting.tell_removed();
        }
    }

    /// Has the one timer fire when the first of the waits is over.
    fn arm(&mut self, now: Duration, context: &mut CellContext<Self>) {
        let Some(at) = self.waits.rearm() else {
            return;
        };
        if let Some(timer) = self.timer.take() {
            context.cancel_future(timer);
        }
        let timer = context.run_later(at.saturating_sub(now), |actor, context| {
            actor.timer = None;
            let now = context.clock().now();
            for token in actor.waits.fired(now) {
                actor.drive(Input::WaitOver { token }, context);
            }
            actor.arm(now, context);
        });
        self.timer = Some(timer);
    }
}

impl Drop for SupervisorActor {
    /// A supervisor that falls leaves nobody behind unsupervised: its children are told to stop, last first. The next
    /// incarnation, if there is one, waits for them and starts them anew.
    fn drop(&mut self) {
        if !self.machine().is_finished() {
            for child in self.site.list.slots().iter().rev() {
                child.stop(child.wanted());
            }
        }
    }
}

#[cfg(test)]
#[path = "actor_tests.rs"]
mod tests;

/// What a child's cell tells its supervisor.
pub(super) struct Link(pub(super) Handle<SupervisorActor>);

impl Parent for Link {
    fn ready(&self, child: ChildId, incarnation: u32) {
        self.0.order(ChildReady { child, incarnation });
    }

    fn exited(&self, child: ChildId, incarnation: u32, exit: Exit) {
        self.0.order(ChildExited {
            child,
            incarnation,
            exit,
        });
    }
}

struct ChildReady {
    child: ChildId,
    incarnation: u32,
}

impl Message for ChildReady {
    type Result = ();
}

impl Handler<ChildReady> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, ChildReady { child, incarnation }: ChildReady, context: &mut CellContext<Self>) {
        self.drive(Input::Ready { child, incarnation }, context);
        self.tell_started(child, incarnation);
    }
}

pub(super) struct ChildExited {
    pub(super) child: ChildId,
    pub(super) incarnation: u32,
    pub(super) exit: Exit,
}

impl Message for ChildExited {
    type Result = ();
}

impl Handler<ChildExited> for SupervisorActor {
    type Result = ();

    fn handle(
        &mut self,
        ChildExited {
            child,
            incarnation,
            exit,
        }: ChildExited,
        context: &mut CellContext<Self>,
    ) {
        self.tell_exited(child, &exit);
        self.drive(
            Input::Exited {
                child,
                incarnation,
                exit,
            },
            context,
        );
    }
}
