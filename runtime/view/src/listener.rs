//! A listener, as the metrics show it.

use serde::Serialize;

use crate::{Identity, Path};

/// What became of a listener's requests beside the ordinary.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerView {
    /// Who it is.
    pub id: Identity,
    /// Where it lives.
    pub path: Path,
    /// Requests that had to wait for one under way to end.
    pub waited: u64,
    /// Requests that were refused because as many were under way as may be.
    pub overloaded: u64,
    /// Requests whose body was refused when the head of its answer had gone out, so that no answer could say so.
    pub refused_late: u64,
    /// How much its workers work on; `None` where no utilization is asked for, or no worker has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<BoundView>,
}

/// How much a listener's workers work on: each figure is that of the worker that has the most to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundView {
    /// Requests without an answer that a worker works on at once, at most and for now.
    pub requests: u64,
    /// Hundredths of the time for which a worker was busy when requests last waited for this bound; 0 where none have.
    pub busy_percent: u64,
}
