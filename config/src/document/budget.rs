//! Bounds what a small text may grow to by aliases and variables.

use super::Stop;
use crate::error::ProblemKind;
use crate::position::Position;

/// Most keys and values of a document, aliases expanded.
const MOST_NODES: usize = 100_000;

/// Most bytes of text in them, aliases expanded and variables substituted.
const MOST_EXPANDED: usize = 4 * 1024 * 1024;

/// What has been used up.
#[derive(Default)]
pub(super) struct Budget {
    nodes: usize,
    text: usize,
}

impl Budget {
    /// Takes nodes and text out of the budget; stops when there is not enough left.
    pub(super) fn take(&mut self, nodes: usize, text: usize, at: Position) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.text = self.text.saturating_add(text);
        let (what, limit) = if self.nodes > MOST_NODES {
            ("keys and values", MOST_NODES)
        } else if self.text > MOST_EXPANDED {
            (
                "bytes of text once aliases and variables are expanded",
                MOST_EXPANDED,
            )
        } else {
            return Ok(());
        };
        Err(Stop {
            at,
            kind: ProblemKind::TooBig { what, limit },
        })
    }
}
