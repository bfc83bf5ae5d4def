//! The orders that a supervisor takes.

use actix::{Handler, Message};
use tokio::sync::oneshot;

use super::actor::SupervisorActor;
use super::spec::ChildSpec;
use super::step::{ChildId, Input, Order, Origin};
use super::validate::{InvalidTree, validate_child};
use crate::cell::context::CellContext;
use crate::exit::Exit;
use crate::panics::{drop_caught, run_caught};

/// An operator's order for one child.
pub(crate) struct TakeOrder {
    pub(crate) child: ChildId,
    pub(crate) order: Order,
}

impl Message for TakeOrder {
    type Result = Result<(), Untaken>;
}

/// Why a supervisor did not take an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untaken {
    /// The supervisor is on its way out, and takes no orders.
    Ending,
    /// The child is off the list.
    NoSuchChild,
}

impl Handler<TakeOrder> for SupervisorActor {
    type Result = Result<(), Untaken>;

    fn handle(
        &mut self,
        TakeOrder { child, order }: TakeOrder,
        context: &mut CellContext<Self>,
    ) -> Self::Result {
        if self.machine().is_ending() {
            return Err(Untaken::Ending);
        }
        if !self.machine().contains(child) {
            return Err(Untaken::NoSuchChild);
        }
        self.tell(child, "childOrdered", || format!("by hand: {}", order.name()));
        self.drive(Input::Operate { child, order }, context);
        Ok(())
    }
}

/// A child is to be added. Who waits is told when its first start is over.
pub(super) struct Add {
    pub(super) spec: Box<ChildSpec>,
    pub(super) answer: oneshot::Sender<Result<(), NotAdded>>,
}

impl Message for Add {
    type Result = ();
}

/// Why a child is not on the list. A spec that was not used goes back, so that what it holds is dropped by who made it.
pub(super) enum NotAdded {
    /// The spec has mistakes.
    Invalid(InvalidTree, Box<ChildSpec>),
    /// The supervisor is on its way out.
    Ending(Box<ChildSpec>),
    /// It ended before it was ready.
    Ended(Exit),
}

impl Handler<Add> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, Add { spec, answer }: Add, context: &mut CellContext<Self>) {
        // Nobody waits for it any more.
        if answer.is_closed() {
            return drop_caught("the spec of a child", spec);
        }
        if self.machine().is_ending() {
            return say(answer, Err(NotAdded::Ending(spec)));
        }
        let (site, list) = (self.site.clone(), self.site.list.clone());
        let is_taken = |name: &str| list.named(name).is_some();
        if let Err(invalid) = validate_child(&spec, &site.path, site.policy.auto_shutdown, is_taken) {
            return say(answer, Err(NotAdded::Invalid(invalid, spec)));
        }
        match site.settle(*spec, Origin::Added) {
            Ok((child, rules)) => {
                list.await_start(child, answer);
                self.tell_ordered(child, "childAdded", "by hand");
                self.drive(Input::Add { child, rules }, context);
            }
            // The whole tree was let go in between.
            Err(_) => say(answer, Err(NotAdded::Ended(Exit::Shutdown))),
        }
    }
}

/// Answers. What nobody waits for is dropped here, and who waits is woken: a panic of theirs must cost nobody his
/// supervisor.
pub(super) fn say<T>(answer: oneshot::Sender<T>, said: T) {
    run_caught("an answer of a supervisor", || drop(answer.send(said)));
}

/// A child is to be stopped and taken off the list. Who waits is told when it is.
pub(super) struct Delete {
    pub(super) name: String,
    pub(super) answer: oneshot::Sender<Result<(), NoSuchChild>>,
}

impl Message for Delete {
    type Result = ();
}

/// No child on the list has this name.
#[derive(Debug)]
pub(super) struct NoSuchChild;

impl Handler<Delete> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, Delete { name, answer }: Delete, context: &mut CellContext<Self>) {
        let Some(child) = self.site.list.named(&name) else {
            return say(answer, Err(NoSuchChild));
        };
        self.site.list.await_removal(child, answer);
        self.tell_ordered(child, "childOrdered", "by hand: delete");
        self.drive(Input::Delete { child }, context);
    }
}
