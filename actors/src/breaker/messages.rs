//! What the shell is told from outside.

use actix::{Handler, Message};
use hedgerow_config::BreakerPolicy;
use hedgerow_supervisor::CellContext;

use super::actor::Breaker;
use super::keep::News;
use super::slot::now;
use super::{Instruction, Transition, instruct, retune};

/// Do what an operator says. Answers the move that followed.
#[derive(Debug)]
pub struct Instruct {
    pub(super) instruction: Instruction,
    pub(super) author: Box<str>,
}

impl Message for Instruct {
    type Result = Option<Transition>;
}

impl Handler<Instruct> for Breaker {
    type Result = Option<Transition>;

    fn handle(&mut self, order: Instruct, context: &mut CellContext<Self>) -> Self::Result {
        let (owner, now) = (&self.slot.owner, now(self.means.clock));
        let machine = self.machine.as_mut()?;
        let transition = instruct(machine, owner, now, order.instruction, &order.author)?;
        self.keep(vec![News::from(transition.clone())], context);
        self.look(context);
        Some(transition)
    }
}

/// Go by another policy.
#[derive(Debug)]
pub struct Retune(pub(super) BreakerPolicy);

impl Message for Retune {
    type Result = ();
}

impl Handler<Retune> for Breaker {
    type Result = ();

    fn handle(&mut self, Retune(policy): Retune, context: &mut CellContext<Self>) {
        self.slot.meter.set(&policy);
        // For the incarnations to come: each begins with the policy of its place.
        self.slot.policy.store(policy.clone().into());
        if let Some(machine) = &mut self.machine {
            retune(machine, &self.slot.owner, now(self.means.clock), policy);
            // The record names the policy it was kept under.
            self.keep(Vec::new(), context);
            self.look(context);
        }
    }
}
