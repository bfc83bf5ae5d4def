//! A chain, as `GET /api/chains` shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Identity, Stamp};

/// One chain and its nodes in order.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainView {
    /// Who it is.
    pub id: Identity,
    /// The revision that requests run under that come in now.
    pub revision: u64,
    /// The nodes, in the order a request meets them.
    pub nodes: Vec<NodeView>,
    /// The edits that are kept and made again after a restart of the process, in order.
    pub edits: Vec<EditView>,
}

/// An edit of a chain that is kept.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EditView {
    /// What it does, as it was ordered: `action` (`insert`, `remove`, `move`, `enable`, `disable`, `replace`) and its arguments.
    #[serde(flatten)]
    pub edit: serde_json::Value,
    /// Who ordered it.
    pub author: String,
    /// When.
    pub at: Stamp,
    /// Why it is not in force, where the config does not fit it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
}

/// One node of a chain.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// Its name, unique in the chain.
    pub name: String,
    /// What it does: `route`, ...
    pub kind: &'static str,
    /// Whether requests meet it: `enabled`, or `disabled` by an edit.
    pub state: &'static str,
    /// What becomes of requests that meet it: `served`; over its panic budget they are refused (`failClosed`) or pass it by
    /// (`failOpen`).
    pub standing: &'static str,
    /// Requests that entered it, and those that were refused because it was over its panic budget.
    pub calls: u64,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that crashed in it, and work for them.
    pub panics: u64,
    /// Requests that passed it by, because it was over its panic budget.
    pub skipped: u64,
    /// Pieces of work that it has begun beside requests.
    pub spawned: u64,
    /// Those of them that have not ended.
    pub working: u64,
    /// Those of them whose request has ended: they are dropped by their runtime at once, or never come back from a poll.
    pub overdue: u64,
    /// What the node shows of itself, as it is at this moment: how many keys it knows, what its limit is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<&'static str, u64>,
}
