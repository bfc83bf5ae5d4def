//! The actor behind each node: publishes its filter, and restarts after a crash.

use std::sync::Arc;

use actix::Actor;
use hedgerow_supervisor::{CellContext, PanicRecord};

use super::node::Node;
use super::walk::NodeSlot;

/// Makes a fresh filter; a panic in it is a failed start of the node's actor.
pub(super) type MakeFilter = Arc<dyn Fn() -> Box<dyn Node> + Send + Sync>;

/// One node at work. Requests walk through the filter that it has published, not through its mailbox.
pub(super) struct NodeActor {
    pub(super) slot: Arc<NodeSlot>,
    pub(super) make: MakeFilter,
}

impl Actor for NodeActor {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.slot.filter.store(Some(Arc::new((self.make)())));
        // However many requests crashed meanwhile, the bell is answered once: one restart an incarnation.
        context.on_bell(|node, context| {
            if let Some(record) = node.slot.last_panic.load_full() {
                context.fail(FilterCrashed { record });
            }
        });
    }
}

/// Requests crashed in a node's filter.
#[derive(Debug, thiserror::Error)]
#[error("a request crashed in its filter: {record}")]
struct FilterCrashed {
    record: Arc<PanicRecord>,
}
