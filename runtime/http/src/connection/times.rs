//! How long a client may take.

use std::time::Duration;

use hedgerow_config::ListenerLimits;

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
    /// How long a connection without a request is kept once the listener drains: its client may just be about to send
    /// one.
    pub(crate) parting: Duration,
}

/// How long the last answer on a connection may take to be read where the client still sends.
const LINGER: Duration = Duration::from_secs(2);

/// Longer than a client that is under load takes for its next request.
const PARTING: Duration = Duration::from_secs(1);

impl Times {
    /// What the limits of a listener allow that has `drain` to drain.
    pub(crate) fn of(limits: &ListenerLimits, drain: Duration) -> Self {
        Self {
            head: limits.header_time,
            idle: limits.idle_time,
            body: Least {
                grace: limits.body_time,
                bytes_per_second: limits.body_rate,
            },
            answer: Least {
                grace: limits.write_time,
                bytes_per_second: limits.write_rate,
            },
            half_closed: limits.half_closed_time,
            linger: LINGER,
            parting: PARTING.min(drain / 2),
        }
    }
}

/// Which time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    Idle,
    Head,
    Body,
    Answer,
    CoolOff,
    HalfClosed,
}
