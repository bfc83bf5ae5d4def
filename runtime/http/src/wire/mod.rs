//! Connections to endpoints: shelf, dial, send.
//!
//! Each worker thread has a shelf for each endpoint, with connections that nobody uses for the moment. A call takes one
//! from there, or dials. No two threads share a connection, as a connection's home is the reactor of its thread.
//!
//! | file | subject |
//! |---|---|
//! | `shelf` | connections that wait for their next use |
//! | `sweep` | the shelves of a worker, and what closes connections that nobody takes off them |
//! | `dial` | opening a connection |
//! | `send` | one request over one connection, and the lease on it until the answer's end |
//! | `call` | one request to one endpoint, sent a second time only where that is safe |
//! | `watched` | the stream below a connection, which shows hyper what is an answer, and nothing else |
//! | `copies` | copies of requests that are under way, for which a worker waits before it ends |
//! | `scan` | what is an answer, and where it ends |

mod call;
mod copies;
mod dial;
mod scan;
mod send;
mod shelf;
mod sweep;
mod watched;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::upstream::Endpoint;
use hedgerow_actors::verdict::Verdict;
use hedgerow_config::PoolPolicy;

pub(crate) use call::{Spare, Undelivered, call};
pub(crate) use copies::Copies;
pub(crate) use dial::{connect, spoken};
pub(crate) use send::{Answer, Lease};
pub(crate) use shelf::Shelf;

/// All connections of one worker; a clone is the same ones.
#[derive(Default, Clone)]
pub(crate) struct Wire {
    shelves: Rc<sweep::Shelves>,
    copies: Copies,
}

impl Wire {
    /// The shelf for an endpoint. What it keeps is kept as the `policy` of its upstream says.
    pub(crate) fn shelf(&self, endpoint: &Arc<Endpoint>, policy: &PoolPolicy) -> Rc<Shelf> {
        self.shelves.shelf(endpoint, policy)
    }

    /// Copies of requests that are under way.
    pub(crate) fn copies(&self) -> &Copies {
        &self.copies
    }
}

/// Why a call to an endpoint came to nothing. What that says about the endpoint: [`verdict`](Self::verdict).
#[derive(Debug)]
pub(crate) enum Fault {
    /// No connection could be opened.
    Connect(String),
    /// None could be opened in time.
    ConnectTimeout { limit: Duration, verdict: Verdict },
    /// The connection ended before the answer's head was there.
    Reset(String),
    /// What came is no answer, or one that could be read in two ways.
    Garbage { limit: String, observed: String },
    /// The client did not send its request to the end: not the endpoint's fault.
    BrokenOff(String),
}

impl Fault {
    /// What it says about the endpoint.
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Connect(_) | Self::Reset(_) | Self::Garbage { .. } => Verdict::failure(),
            Self::ConnectTimeout { verdict, .. } => *verdict,
            Self::BrokenOff(_) => Verdict::ignored(),
        }
    }
}

#[cfg(test)]
mod tests;
