//! Which filters a request meets, in order.

use std::sync::Arc;

use super::lead::Lead;
use super::lineup::Lineup;
use super::step::{Filter, let_go};

/// The live filters of a chain in order, as one request sees them. A new plan takes its place when the chain is edited, and
/// when a node publishes a fresh filter.
pub(crate) struct Plan {
    pub(super) lineup: Arc<Lineup>,
    pub(super) filters: Box<[Option<Arc<dyn Filter>>]>,
}

impl Plan {
    /// With what the nodes have published so far.
    pub(super) fn of(lineup: Arc<Lineup>) -> Self {
        Self {
            filters: lineup.nodes.iter().map(|node| node.filter()).collect(),
            lineup,
        }
    }

    /// The lead with this number of the node at this index.
    pub(super) fn lead(&self, (node, lead): (usize, usize)) -> Option<&Lead> {
        self.lineup.nodes.get(node)?.leads.get(lead)
    }
}

/// One at a time, as in a context.
impl Drop for Plan {
    fn drop(&mut self) {
        for filter in &mut self.filters {
            let_go(filter.take());
        }
    }
}
