//! A chain, as `GET /api/chains` shows it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path, Stamp};

/// One chain and its nodes in order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives in the tree.
    pub path: Path,
    /// The revision that requests run under that come in now.
    pub revision: u64,
    /// The nodes, in the order a request meets them.
    pub nodes: Vec<NodeView>,
    /// The edits that are kept and made again after a restart of the process, in order.
    pub edits: Vec<EditView>,
    /// Requests that were refused at its door, because those like them kept crashing a node.
    pub refused: u64,
    /// The requests that are refused at its door, the longest first.
    pub quarantined: Vec<QuarantinedRequestView>,
}

/// Requests that are refused, because those like them keep crashing a node.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantinedRequestView {
    /// The node that they crash.
    pub node: String,
    /// What their method, path and listed headers come to, in hexadecimal digits. It is another one in every process.
    pub fingerprint: String,
    /// The crashes that they caused.
    pub crashes: u32,
    /// How many were refused since.
    pub refused: u64,
    /// For how long they are refused from now on, in milliseconds.
    pub left_ms: u64,
}

/// An edit of a chain that is kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    #[schema(nullable = false)]
    pub set_aside: Option<String>,
}

/// One node of a chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    /// Requests that entered it and came to nothing, in it or behind it: a node crashed on them, there was no answer or it
    /// broke off, or its status, as the client gets it, is 500 or higher. What was refused is in `refused` of who refused it,
    /// and what a client gave up is no error. What a node counts more than the next one was lost in it; what the last one
    /// counts, in it or at the upstream.
    pub errors: u64,
    /// Requests that crashed in it, and work for them.
    pub panics: u64,
    /// How long it held half of the requests at most, in nanoseconds: on their way in, while they waited in it, and on the way
    /// out of their replies. One request in 256 is timed, and the value is off by a sixteenth at most. Of all requests since
    /// its place was made; `None` before one was timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub p50_ns: Option<u64>,
    /// As `p50_ns`, for 99 of 100 requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub p99_ns: Option<u64>,
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
