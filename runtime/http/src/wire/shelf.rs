//! Connections that wait for their next use.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::upstream::Endpoint;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::send::Connection;
use crate::answer::escaped;
use crate::guard::Refused;

/// Connections to one endpoint that a thread keeps idle. Beyond it, the one that has waited longest is closed.
const MOST_IDLE: usize = 256;

/// A connection that was idle for longer is not used again: the endpoint may be about to close it, as servers commonly
/// do after 60 s and some after less.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// Dials of one thread to one endpoint at once, each until the endpoint has answered over its connection, or [`ACCEPTED`] is
/// over. A server commonly lets 128 connections wait to be accepted, and the system drops without a word what comes beyond:
/// those dials would take a second and more, and be taken for time-outs. That a connection is open says nothing, as the
/// system opens it before the server accepts it.
pub(super) const MOST_DIALS: usize = 32;

/// How long a fresh connection is taken to wait for the server to accept it, where no answer comes. A server that takes longer
/// to answer is given fresh connections at this rate.
pub(super) const ACCEPTED: Duration = Duration::from_millis(50);

/// The idle connections of one thread to one endpoint. The one that came last is taken first, so that the others can
/// grow old and be closed.
pub(crate) struct Shelf {
    endpoint: Arc<Endpoint>,
    /// Oldest in front.
    idle: RefCell<VecDeque<Idle>>,
    dials: Semaphore,
    /// Whether it was said why an answer was refused behind its head.
    said: Cell<bool>,
}

/// The right to dial, until the dial has ended.
pub(super) type Turn<'a> = Option<SemaphorePermit<'a>>;

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Idle {
    fn is_good(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) <= LONGEST_IDLE && self.connection.is_ready()
    }
}

impl Shelf {
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self {
            endpoint,
            idle: RefCell::default(),
            dials: Semaphore::new(MOST_DIALS),
            said: Cell::new(false),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Waits until there are fewer than [`MOST_DIALS`] dials under way; those who came first go first.
    pub(super) async fn turn(&self) -> Turn<'_> {
        // It is closed by nobody.
        self.dials.acquire().await.ok()
    }

    /// Says in the log why an answer was refused behind its head, as its client cannot be told: once, as each further one is
    /// counted.
    #[cold]
    pub(super) fn say_once(&self, refused: &Refused) {
        if self.said.replace(true) {
            return;
        }
        let (endpoint, rule) = (self.endpoint.addr(), refused.rule);
        let endpoint = endpoint.as_str();
        let (limit, observed) = (escaped(&refused.limit), escaped(&refused.observed));
        tracing::warn!(
            endpoint,
            rule,
            limit,
            observed,
            "an answer was refused behind its head, so its client was not told; the next ones of this endpoint are only counted"
        );
    }

    /// Takes a connection that is fit for use. Those that are not, and are met on the way, are closed.
    pub(super) fn take(&self, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some(last) = idle.pop_back() {
            self.endpoint.unshelved();
            if last.is_good(now) && !self.endpoint.has_left() {
                return Some(last.connection);
            }
        }
        None
    }

    /// Puts a connection here that is ready for the next request. The oldest one is closed where it is past use.
    pub(super) fn put(&self, connection: Connection, now: Instant) {
        if self.endpoint.has_left() {
            return;
        }
        let mut idle = self.idle.borrow_mut();
        let too_many = idle.len() >= MOST_IDLE;
        if idle
            .front()
            .is_some_and(|oldest| too_many || !oldest.is_good(now))
        {
            idle.pop_front();
            self.endpoint.unshelved();
        }
        idle.push_back(Idle {
            connection,
            since: now,
        });
        self.endpoint.shelved();
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for _ in self.idle.get_mut().drain(..) {
            self.endpoint.unshelved();
        }
    }
}
