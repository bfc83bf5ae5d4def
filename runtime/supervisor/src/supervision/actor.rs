//! The shell around the machine: carries its orders out, and feeds back what came of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Actor, AsyncContext as _, Handler, Message, Running};

use super::machine::Machine;
use super::spec::{Body, ChildSpec, Placement, settle};
use super::step::{ChildRules, Effect, Input, Order, Policy};
use crate::cell::context::CellContext;
use crate::cell::lasting::Cell;
use crate::cell::mailbox::Handle;
use crate::cell::shell::Parent;
use crate::events::{Events, Persistence};
use crate::exit::Exit;
use crate::slot::{Keeper, Sketch, Slot};

/// A supervisor at work.
pub(crate) struct SupervisorActor {
    /// Belongs to the slot: the child list outlives the incarnation. Only the living incarnation locks it.
    machine: Arc<Mutex<Machine>>,
    children: Arc<[Arc<Slot>]>,
    events: Events,
}

impl Actor for SupervisorActor {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.hold_readiness();
        let over = {
            let machine = self.machine();
            let over = |child: &usize| self.children[*child].is_over(machine.incarnation(*child));
            (0..self.children.len()).filter(over).collect()
        };
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
    fn machine(&self) -> MutexGuard<'_, Machine> {
        // A panic while it was held costs this incarnation; the next one begins by stopping whatever is alive.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drive(&mut self, input: Input, context: &mut CellContext<Self>) {
        let now = context.clock().now();
        let effects = self.machine().on(input, now);
        for effect in effects {
            match effect {
                Effect::Start { child, incarnation } => self.children[child].start(incarnation),
                Effect::Stop { child, incarnation } => self.children[child].stop(incarnation),
                Effect::Mark { child, state } => self.children[child].mark(state),
                Effect::Wait { token, time } => {
                    context.run_later(time, move |actor, context| {
                        actor.drive(Input::WaitOver { token }, context)
                    });
                }
                Effect::Restarting { child, after } => {
                    self.tell(
                        child,
                        "childRestarting",
                        format!("after a back-off of {} ms", after.as_millis()),
                    );
                }
                Effect::AllUp => context.say_ready(),
                Effect::Finished(exit) => {
                    if exit.is_abnormal() {
                        self.events.emit(
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
    }

    fn tell(&self, child: usize, kind: &'static str, cause: String) {
        let slot = &self.children[child];
        self.events
            .emit(kind, &slot.path, slot.id.as_ref(), cause, Persistence::Volatile);
    }
}

impl Drop for SupervisorActor {
    /// A supervisor that falls leaves nobody behind unsupervised: its children are told to stop, last first. The next
    /// incarnation, if there is one, waits for them and starts them anew.
    fn drop(&mut self) {
        if !self.machine().is_finished() {
            for child in self.children.iter().rev() {
                child.stop(child.wanted());
            }
        }
    }
}

/// What a child's cell tells its supervisor.
struct Link(Handle<SupervisorActor>);

impl Parent for Link {
    fn ready(&self, child: usize, incarnation: u32) {
        self.0.order(ChildReady { child, incarnation });
    }

    fn exited(&self, child: usize, incarnation: u32, exit: Exit) {
        self.0.order(ChildExited {
            child,
            incarnation,
            exit,
        });
    }
}

struct ChildReady {
    child: usize,
    incarnation: u32,
}

impl Message for ChildReady {
    type Result = ();
}

impl Handler<ChildReady> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, ChildReady { child, incarnation }: ChildReady, context: &mut CellContext<Self>) {
        self.drive(Input::Ready { child, incarnation }, context);
        self.tell(child, "childStarted", format!("incarnation {incarnation}"));
    }
}

struct ChildExited {
    child: usize,
    incarnation: u32,
    exit: Exit,
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
        self.tell(child, "childExited", exit.to_string());
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

/// An operator's order for one child.
pub(crate) struct Operate {
    pub(crate) child: usize,
    pub(crate) order: Order,
}

impl Message for Operate {
    /// Whether the order was taken.
    type Result = Result<(), Ending>;
}

/// The supervisor is on its way out, and takes no orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending;

impl Handler<Operate> for SupervisorActor {
    type Result = Result<(), Ending>;

    fn handle(&mut self, Operate { child, order }: Operate, context: &mut CellContext<Self>) -> Self::Result {
        if self.machine().is_ending() {
            return Err(Ending);
        }
        self.tell(child, "childOrdered", format!("by hand: {}", order.name()));
        self.drive(Input::Operate { child, order }, context);
        Ok(())
    }
}

/// Puts a supervisor and all below it in their places. Nothing runs until it is ordered to start.
pub(crate) fn place(children: Vec<ChildSpec>, policy: Policy, placement: Placement<'_>) -> Arc<Slot> {
    let (environment, path) = (placement.environment, placement.sketch.path.clone());
    let cell = Arc::new(Cell::<SupervisorActor>::new());
    let handle = Handle::of(cell.clone());
    let link: Arc<dyn Parent> = Arc::new(Link(handle.clone()));
    let mut known = Vec::with_capacity(children.len());
    let mut slots = Vec::with_capacity(children.len());
    for (index, ChildSpec { name, settings, body }) in children.into_iter().enumerate() {
        known.push(ChildRules {
            name: name.clone(),
            restart: settings.restart,
            significant: settings.significant,
        });
        let placement = Placement {
            environment,
            sketch: Sketch {
                path: Arc::new(path.child(name)),
                kind: settings.kind,
                id: settings.id,
                inspect: settings.inspect,
                keeper: Some(Keeper {
                    handle: handle.clone(),
                    index,
                }),
            },
            shutdown: settings.shutdown.unwrap_or_default(),
            start_within: settings.start_within,
            mailbox: settings.mailbox,
            while_restarting: settings.while_restarting,
            quarantine: settings.quarantine.map(|rule| (rule, settings.fingerprints)),
            index,
            parent: link.clone(),
            arbiter: placement.arbiter,
        };
        slots.push(match body {
            Body::Supervisor(inner) => {
                let arbiter = environment.next_arbiter();
                place(inner.children, inner.policy, Placement { arbiter, ..placement })
            }
            Body::Actor(recipe) => recipe.place(placement),
        });
    }
    let machine = Machine::new(policy, environment.seed_at(&path), known);
    let machine = Arc::new(Mutex::new(machine));
    let links: Arc<[Arc<Slot>]> = slots.clone().into();
    let events = environment.events.clone();
    let factory = Box::new(move || SupervisorActor {
        machine: machine.clone(),
        children: links.clone(),
        events: events.clone(),
    });
    settle(cell, factory, slots, placement)
}

#[cfg(test)]
#[path = "actor_tests.rs"]
mod tests;
