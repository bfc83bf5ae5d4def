//! What is refused at the doors of a mesh, as `GET /api/quarantine` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::Path;

/// Messages or requests that are refused, because those like them keep crashing who gets them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// At whose door: an actor, or a chain. Its action `release` lets all in again that is refused there.
    pub path: Path,
    /// What is refused.
    pub what: HeldKind,
    /// The type of the message; the node that the request crashes.
    pub of: String,
    /// What tells it apart from others, in hexadecimal digits; `null` where the type alone counts.
    #[schema(required)]
    pub fingerprint: Option<String>,
    /// The crashes that it caused.
    pub crashes: u32,
    /// How often it was refused since.
    pub refused: u64,
}

/// What is refused at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HeldKind {
    /// A message to an actor.
    Message,
    /// A request to a chain.
    Request,
}

impl HeldView {
    /// What is refused at the door of this actor; not of those below it.
    pub fn of_actor(actor: &crate::ActorView) -> impl Iterator<Item = Self> {
        actor.quarantined.iter().map(|entry| Self {
            path: actor.path.clone(),
            what: HeldKind::Message,
            of: entry.message.to_owned(),
            fingerprint: entry.fingerprint.clone(),
            crashes: entry.crashes,
            refused: entry.refused,
        })
    }

    /// What is refused at the door of this chain.
    pub fn of_chain(chain: &crate::ChainView) -> impl Iterator<Item = Self> {
        chain.quarantined.iter().map(|entry| Self {
            path: chain.path.clone(),
            what: HeldKind::Request,
            of: entry.node.clone(),
            fingerprint: Some(entry.fingerprint.clone()),
            crashes: entry.crashes,
            refused: entry.refused,
        })
    }
}
