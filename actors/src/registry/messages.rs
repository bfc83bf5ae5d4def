//! What the registry is told.

use actix::Message;
use hedgerow_store::KeyError;

use super::book::{Refused, Registration};
use super::version::Version;

/// Somebody registers, or changes its registration.
pub(super) struct Register {
    pub(super) service: String,
    pub(super) id: String,
    pub(super) registration: Registration,
    pub(super) shown: Option<Version>,
}

/// Somebody is still there.
pub(super) struct Heartbeat {
    pub(super) service: String,
    pub(super) id: String,
    pub(super) shown: Version,
}

/// Somebody leaves.
pub(super) struct Leave {
    pub(super) service: String,
    pub(super) id: String,
    pub(super) shown: Option<Version>,
}

/// A change that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    /// What to show with the next request; none for who has left.
    pub(super) version: Option<Version>,
    /// Whether it is on the disk.
    pub(super) persisted: bool,
}

/// A change that was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotMade {
    /// The registry says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be kept under service and id.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Message for Register {
    type Result = Result<Made, NotMade>;
}

impl Message for Heartbeat {
    type Result = Result<Version, Refused>;
}

impl Message for Leave {
    type Result = Result<Made, NotMade>;
}
