//! Connections to endpoints: shelf, dial, send.
//!
//! Each worker thread has a shelf for each endpoint, with connections that nobody uses for the moment. A call takes one
//! from there, or dials. No two threads share a connection, as a connection's home is the reactor of its thread.
//!
//! | file | subject |
//! |---|---|
//! | `shelf` | connections that wait for their next use |
//! | `dial` | opening a connection |
//! | `send` | one request over one connection, and the lease on it until the answer's end |
//! | `call` | one request to one endpoint, sent a second time only where that is safe |
//! | `watched` | the stream below a connection, which shows hyper what is an answer, and nothing else |
//! | `scan` | what is an answer, and where it ends |

mod call;
mod dial;
mod scan;
mod send;
mod shelf;
mod watched;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::upstream::Endpoint;
use hedgerow_actors::verdict::Verdict;

pub(crate) use call::{Spare, Undelivered, call};
pub(crate) use dial::spoken;
pub(crate) use send::{Answer, Lease};
pub(crate) use shelf::Shelf;

/// All connections of one worker.
#[derive(Default)]
pub(crate) struct Wire {
    /// By the place of the endpoint in memory; the shelf keeps the endpoint there.
    shelves: RefCell<HashMap<*const Endpoint, Rc<Shelf>>>,
}

impl Wire {
    /// The shelf for an endpoint.
    pub(crate) fn shelf(&self, endpoint: &Arc<Endpoint>) -> Rc<Shelf> {
        let mut shelves = self.shelves.borrow_mut();
        let shelf = shelves
            .entry(Arc::as_ptr(endpoint))
            .or_insert_with(|| Rc::new(Shelf::new(endpoint.clone())));
        shelf.clone()
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
