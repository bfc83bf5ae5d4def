//! What happened, as `GET /api/events` and `GET /events` show it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path, Stamp};

/// One thing that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its place in the order; grows by one within a process, and goes on with a higher number in the next.
    pub seq: u64,
    /// When.
    pub at: Stamp,
    /// What kind of thing: `childStarted`, `childExited`, `breakerTransition`, ...
    pub kind: &'static str,
    /// Who it happened to, where that has an identity.
    #[schema(required)]
    pub id: Option<Identity>,
    /// Where it happened.
    pub path: Path,
    /// Why: rule, limit and observed value, or the exit's reason.
    pub cause: String,
    /// Whether the record of it was on the disk before this was emitted.
    pub persisted: bool,
}
