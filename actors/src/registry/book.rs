//! What a registration is, and why one is refused.

use std::time::Duration;

use hedgerow_config::{EndpointAddr, Upstream};

/// Registrations that there may be in all.
pub const MOST: usize = 10_000;

/// Registrations that there may be of one service.
pub const MOST_PER_SERVICE: usize = 1_000;

/// How long a registration lives without a heartbeat where it does not say.
pub const DEFAULT_TTL: Duration = Duration::from_secs(30);

/// The shortest time that a registration may live without a heartbeat.
pub const SHORTEST_TTL: Duration = Duration::from_secs(1);

/// The longest time that a registration may live without a heartbeat: a day.
pub const LONGEST_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that a weight may be.
pub const MOST_WEIGHT: u32 = Upstream::MOST_WEIGHT;

/// Where an instance is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its address.
    pub addr: EndpointAddr,
    /// How much of the calls it is to get, beside the others: 1 to [`MOST_WEIGHT`]. Default 1.
    pub weight: u32,
    /// How long it lives without a heartbeat: [`SHORTEST_TTL`] to [`LONGEST_TTL`]. Default [`DEFAULT_TTL`].
    pub ttl: Duration,
}

/// A registration was not made, changed or renewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such registration, or none any more.
    #[error(
        "nobody is registered as `{id}` of `{service}`: it ended, or never was; register without a version"
    )]
    Unknown {
        /// The service.
        service: String,
        /// The id.
        id: String,
    },
    /// Somebody else has the id.
    #[error(
        "`{id}` of `{service}` is registered at {held_by}, and its heartbeats come: show its version, or take another id"
    )]
    Taken {
        /// The service.
        service: String,
        /// The id.
        id: String,
        /// Where it is.
        held_by: EndpointAddr,
    },
    /// The version is that of a registration before.
    #[error("`{id}` of `{service}` was registered anew since version {version}: who shows that has lost it")]
    Overtaken {
        /// The service.
        service: String,
        /// The id.
        id: String,
        /// The version that was shown.
        version: String,
    },
    /// The version is older than the last two.
    #[error("`{id}` of `{service}` has gone on since version {version}: this came late, and changes nothing")]
    Late {
        /// The service.
        service: String,
        /// The id.
        id: String,
        /// The version that was shown.
        version: String,
    },
    /// There is no room.
    #[error("no room for `{id}` of `{service}`: there are {count} of at most {most} registrations {whereof}")]
    Full {
        /// The service.
        service: String,
        /// The id.
        id: String,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
        /// Of the service, or in all.
        whereof: &'static str,
    },
}
