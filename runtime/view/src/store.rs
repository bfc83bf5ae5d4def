//! The store behind the mesh.

use serde::Serialize;

/// The store that keeps what must survive a crash.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreView {
    /// `sled` or `memory`.
    pub backend: String,
    /// Whether a record that was acknowledged is on the disk.
    pub durable: bool,
    /// Why it is not durable although it was asked to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Records saved since start.
    pub saved: u64,
    /// Saves that failed since start.
    pub failed: u64,
}
