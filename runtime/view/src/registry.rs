//! Who has registered, as `GET /api/registry` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::Path;

/// All that have registered.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryView {
    /// By service and id.
    pub registrations: Vec<RegistrationView>,
    /// Services that an upstream takes its endpoints from.
    pub followed: Vec<String>,
    /// How many there may be in all.
    pub most: usize,
    /// How many there may be of one service.
    pub most_per_service: usize,
}

/// One registration.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationView {
    /// What it is an instance of.
    pub service: String,
    /// Which one.
    pub id: String,
    /// Service and id, percent-encoded by segment: they stand behind `/api/registry/` as they are.
    pub path: Path,
    /// Where it is called.
    pub addr: String,
    /// How much of the calls it is to get, beside the others.
    pub weight: u32,
    /// How long it lives without a heartbeat.
    pub ttl_ms: u64,
    /// Whether its heartbeats come.
    pub state: RegistrationState,
    /// How long ago it was renewed.
    pub age_ms: u64,
    /// Heartbeats that have renewed it.
    pub heartbeats: u64,
}

/// Whether the heartbeats of a registration come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RegistrationState {
    /// They do.
    Live,
    /// One is overdue; it is called nevertheless.
    Suspect,
}

impl RegistrationState {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Live, Self::Suspect];

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Suspect => "suspect",
        }
    }
}
