//! Connections that wait for their next use.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Weak;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::pool::resource::Life;
use hedgerow_actors::upstream::Endpoint;
use hedgerow_config::PoolPolicy;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::send::Connection;
use super::sweep::Shelves;
use crate::escape::escaped;
use crate::guard::Refused;
use crate::resolve::StaticName;

/// Connections to one endpoint that a thread keeps idle. Beyond it, the one that has waited longest is closed.
const MOST_IDLE: usize = 256;

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
    /// Where it is no address.
    name: Option<Arc<StaticName>>,
    /// A connection that was idle for longer is not used again: the endpoint may be about to close it, as servers commonly
    /// do after 60 s and some after less.
    keep_alive: Duration,
    max_life: Option<Duration>,
    /// The lives of its connections are counted from here.
    epoch: Instant,
    /// Lives begun so far.
    lives: Cell<u64>,
    shelves: Weak<Shelves>,
    /// Oldest in front.
    idle: RefCell<VecDeque<Connection>>,
    dials: Semaphore,
    /// Whether it was said why an answer was refused behind its head.
    said: Cell<bool>,
}

/// The right to dial, until the dial has ended.
pub(super) type Turn<'a> = Option<SemaphorePermit<'a>>;

impl Shelf {
    /// One of those shelves; what it keeps is kept by this policy.
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        name: Option<Arc<StaticName>>,
        policy: &PoolPolicy,
        shelves: Weak<Shelves>,
    ) -> Self {
        Self {
            name,
            // Spreads the lives of workers that began together.
            lives: Cell::new(u64::from(std::process::id()) << 32 ^ (Arc::as_ptr(&endpoint).addr() as u64)),
            endpoint,
            keep_alive: policy.min_keep_alive,
            max_life: policy.max_life,
            epoch: Instant::now(),
            shelves,
            idle: RefCell::default(),
            dials: Semaphore::new(MOST_DIALS),
            said: Cell::new(false),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its name, where it is no address.
    pub(super) fn name(&self) -> Option<&Arc<StaticName>> {
        self.name.as_ref()
    }

    /// Whether this is no connection to the endpoint any more: its name leads elsewhere by now.
    fn is_elsewhere(&self, connection: &Connection) -> bool {
        match (&self.name, connection.peer()) {
            (Some(name), Some(peer)) => !name.has(peer),
            _ => false,
        }
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

    /// The life of a connection that begins now.
    pub(super) fn life(&self, now: Instant) -> Life {
        self.lives.set(self.lives.get().wrapping_add(1));
        Life::begin(self.age(now), self.max_life, self.lives.get())
    }

    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.epoch)
    }

    fn is_good(&self, idle: &Connection, now: Instant) -> bool {
        let life = idle.life();
        let is_kept = life.is_some_and(|life| life.over(self.age(now), self.keep_alive).is_none());
        is_kept && !self.endpoint.has_left() && idle.is_ready() && !self.is_elsewhere(idle)
    }

    /// Takes a connection that is fit for use. Those that are not, and are met on the way, are closed.
    pub(super) fn take(&self, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some(last) = idle.pop_back() {
            self.endpoint.unshelved();
            if self.is_good(&last, now) {
                return Some(last);
            }
        }
        None
    }

    /// Puts a connection here that is ready for the next request. One that has lived for long enough is closed, and so is the
    /// oldest one where it is past use.
    pub(super) fn put(&self, connection: Connection, now: Instant) {
        let age = self.age(now);
        let mut life = connection.life().unwrap_or_else(|| self.life(now));
        if self.endpoint.has_left() || life.is_over(age) || self.is_elsewhere(&connection) {
            return;
        }
        life.rest(age);
        connection.set_life(life);
        let mut idle = self.idle.borrow_mut();
        let too_many = idle.len() >= MOST_IDLE;
        if idle
            .front()
            .is_some_and(|oldest| too_many || !self.is_good(oldest, now))
        {
            idle.pop_front();
            self.endpoint.unshelved();
        }
        idle.push_back(connection);
        self.endpoint.shelved();
        if let Some(shelves) = self.shelves.upgrade() {
            shelves.sweep_from_now_on();
        }
    }

    /// Closes what is not fit for use any more. Says how many are left.
    pub(super) fn sweep(&self, now: Instant) -> usize {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|connection| {
            let is_good = self.is_good(connection, now);
            if !is_good {
                self.endpoint.unshelved();
            }
            is_good
        });
        idle.len()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for _ in self.idle.get_mut().drain(..) {
            self.endpoint.unshelved();
        }
    }
}
