//! How long a client may take.

use std::time::Duration;

use super::pace::Least;

/// The times of a client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// From the first byte of a head to its last; and from the beginning of a connection to its first byte.
    pub(crate) head: Duration,
    /// From an answer to the next request.
    pub(crate) idle: Duration,
    /// What a body must come at.
    pub(crate) body: Least,
    /// What an answer must be taken at.
    pub(crate) answer: Least,
    /// How long a client that has closed its sending side is taken to wait for its answer.
    pub(crate) half_closed: Duration,
    /// How long the last answer on a connection may take to be read where the client still sends.
    pub(crate) linger: Duration,
    /// How long a connection without a request may send one after a drain has begun.
    pub(crate) last_call: Duration,
}

/// Which time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    Idle,
    Head,
    Body,
    Answer,
    HalfClosed,
}
