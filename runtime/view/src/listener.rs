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
}
