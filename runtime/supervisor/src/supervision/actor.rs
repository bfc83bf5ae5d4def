//! The shell around the machine: carries its orders out, and feeds back what came of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Actor, AsyncContext as _, Handler, Message, Running};
use hedgerow_view::Path;

use super::machine::Machine;
use super::spec::{Body, ChildSpec, Placement, Supervisor, Unplaced};
use super::step::{Effect, Input, Order, Rules};
use crate::cell::context::CellContext;
use crate::cell::mailbox::Handle;
use crate::cell::shell::{Parent, Shutdown};
use crate::events::{Events, Persistence};
use crate::exit::Exit;
use crate::slot::{Environment, Keeper, Sketch, Slot};

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
        self.drive(Input::Begin, context);
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
                Effect::Start { child, incarnation } => self.children[child].control.start(incarnation),
                Effect::Stop { child, incarnation } => self.children[child].control.stop(incarnation),
                Effect::Mark { child, state } => self.children[child].vitals.mark(state),
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
        self.tell(child, "childStarted", format!("incarnation {incarnation}"));
        self.drive(Input::Ready { child, incarnation }, context);
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
    type Result = ();
}

impl Handler<Operate> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, Operate { child, order }: Operate, context: &mut CellContext<Self>) {
        self.tell(child, "childOrdered", format!("by hand: {}", order.name()));
        self.drive(Input::Operate { child, order }, context);
    }
}

/// Puts a supervisor and all below it in their places. Nothing runs until it is ordered to start.
pub(crate) fn place(
    spec: Supervisor<ChildSpec>,
    path: &Path,
    keeper: Option<Keeper>,
    parent: Arc<dyn Parent>,
    environment: &Environment,
) -> Arc<Slot> {
    let arbiter = environment.next_arbiter();
    let unplaced = Unplaced::<SupervisorActor>::new();
    let handle = unplaced.handle.clone();
    let link: Arc<dyn Parent> = Arc::new(Link(handle.clone()));
    let mut restarts = Vec::with_capacity(spec.children.len());
    let mut children = Vec::with_capacity(spec.children.len());
    for (index, child) in spec.children.into_iter().enumerate() {
        restarts.push((child.name.clone(), child.settings.restart));
        let keeper = Some(Keeper {
            handle: handle.clone(),
            index,
        });
        let path = path.child(child.name);
        children.push(match child.body {
            Body::Supervisor(inner) => place(*inner, &path, keeper, link.clone(), environment),
            Body::Actor(recipe) => recipe.place(Placement {
                environment,
                sketch: Sketch {
                    path,
                    kind: child.settings.kind,
                    id: child.settings.id,
                    inspect: child.settings.inspect,
                    keeper,
                },
                shutdown: child.settings.shutdown.unwrap_or_default(),
                start_within: child.settings.start_within,
                mailbox: child.settings.mailbox,
                index,
                parent: link.clone(),
                arbiter,
            }),
        });
    }
    let rules = Rules {
        strategy: spec.strategy,
        intensity: spec.intensity,
        curve: spec.curve,
        seed: environment.seed,
    };
    let machine = Arc::new(Mutex::new(Machine::new(rules, restarts)));
    let links: Arc<[Arc<Slot>]> = children.clone().into();
    let events = environment.events.clone();
    let factory = Box::new(move || SupervisorActor {
        machine: machine.clone(),
        children: links.clone(),
        events: events.clone(),
    });
    let index = keeper.as_ref().map_or(0, |keeper| keeper.index);
    let placement = Placement {
        environment,
        sketch: Sketch {
            path: path.clone(),
            kind: spec.kind,
            id: spec.id,
            inspect: spec.inspect,
            keeper,
        },
        shutdown: Shutdown::Infinity,
        start_within: super::spec::SUPERVISOR_START_WITHIN,
        mailbox: super::spec::MAILBOX,
        index,
        parent,
        arbiter,
    };
    unplaced.place(factory, children, placement)
}
