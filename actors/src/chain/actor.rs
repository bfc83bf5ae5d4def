//! The actor behind each node: publishes its filter, restarts after a crash, and keeps the node's panic budget.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use actix::{Actor, AsyncContext as _};
use hedgerow_supervisor::{CellContext, Handle, PanicRecord, Persistence};
use hedgerow_view::Refusal;

use super::budget::{Figures, Sample, Standing};
use super::node_slot::NodeSlot;
use super::serial::Serial;
use super::slot::ChainSlot;
use super::step::Filter;

/// Makes what an incarnation of a node's actor has; a panic in it is a failed start of the actor, whose handle this is
/// given.
pub(super) type Make = Arc<dyn Fn(&Handle<NodeActor>) -> Made + Send + Sync>;

/// What an incarnation of a node's actor has.
pub(super) struct Made {
    /// What requests walk through.
    pub(super) filter: Arc<dyn Filter>,
    /// What answers them one at a time, where the node is serialised.
    pub(super) serial: Option<Serial>,
}

/// Between two restarts because of panics: a node that crashes on one request in a hundred must neither be restarted all
/// the time, nor use up what its supervisor bears.
const RESTART_EVERY: Duration = Duration::from_secs(1);

/// One node at work. Requests walk through the filter that it has published; through its mailbox only where the node is
/// serialised.
pub(super) struct NodeActor {
    pub(super) chain: Arc<ChainSlot>,
    pub(super) node: Arc<NodeSlot>,
    pub(super) make: Make,
    pub(super) serial: Option<Serial>,
    pub(super) restarting: bool,
}

impl Actor for NodeActor {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let Made { filter, serial } = (self.make)(&context.handle());
        self.serial = serial;
        // A state that cannot be made is a failed start, and no request's misfortune.
        drop(Arc::clone(&filter).step());
        self.chain.publish(&self.node, filter);
        // Whatever crashed so far crashed in an older one.
        drop(self.node.take_panic());
        context.on_bell(|node, context| {
            node.look(context);
            node.restart(context);
        });
        self.look(context);
    }
}

impl NodeActor {
    /// Restarts after a crash. However many requests crashed meanwhile, it is one restart an incarnation.
    fn restart(&mut self, context: &mut CellContext<Self>) {
        if self.restarting {
            return;
        }
        let now = context.clock().now();
        let waits = {
            let mut watch = self.node.watch.lock().unwrap_or_else(PoisonError::into_inner);
            let due = watch.restarted_at.map_or(now, |last| last + RESTART_EVERY);
            if due <= now {
                watch.restarted_at = Some(now);
            }
            due.saturating_sub(now)
        };
        if waits.is_zero() {
            if let Some(record) = self.node.take_panic() {
                context.fail(FilterCrashed { record });
            }
            return;
        }
        self.restarting = true;
        context.run_later(waits, |node, context| {
            node.restarting = false;
            node.restart(context);
        });
    }

    /// Looks at what was counted, and publishes how the node stands.
    fn look(&mut self, context: &mut CellContext<Self>) {
        let counts = self.chain.counts(&self.node);
        let now = Sample {
            at: context.clock().now(),
            calls: counts.calls,
            panics: counts.panics,
        };
        let (seen, rule) = {
            let mut watch = self.node.watch.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = watch.look(now, context.incarnation());
            let rule = watch.budget().map(|budget| {
                let (rate, per) = (budget.rate * 100.0, budget.per);
                (
                    format!("{rate} % of {} requests or more in {per:?}", budget.min_calls),
                    per,
                )
            });
            (seen, rule)
        };
        if let (Some(figures), Some((limit, per))) = (seen.changed, rule) {
            self.change(seen.standing, figures, &limit, per, context);
        }
        context.wake_at(seen.look_at, Self::look);
    }

    fn change(
        &self,
        standing: Standing,
        figures: Figures,
        limit: &str,
        per: Duration,
        context: &CellContext<Self>,
    ) {
        let observed = format!("{} panics in {} requests", figures.panics, figures.calls);
        let id = &self.node.id;
        let (kind, cause) = match standing {
            Standing::Served => {
                let cause = "its actor has restarted, and the time of its panic budget is over";
                ("nodeServedAgain", cause.to_owned())
            }
            Standing::Skipped | Standing::Refused => {
                let refusal =
                    Refusal::new(id.to_string(), "panicBudget", limit, observed.clone()).retry_after(per);
                self.node.told.store(Some(Arc::new(refusal)));
                let then = standing.name();
                (
                    "nodeOverBudget",
                    format!("rule=panicBudget; limit={limit}; observed={observed}; then={then}"),
                )
            }
        };
        // After what requests are told: who meets the word finds its reason.
        self.chain.set_standing(&self.node, standing);
        match self.chain.events.get() {
            Some(events) => events.emit(kind, context.path(), Some(id), cause, Persistence::Volatile),
            None => tracing::warn!(kind, node = %id, %cause, "event"),
        }
    }
}

/// Requests crashed in a node's filter.
#[derive(Debug, thiserror::Error)]
#[error("a request crashed in its filter: {record}")]
struct FilterCrashed {
    record: Arc<PanicRecord>,
}
