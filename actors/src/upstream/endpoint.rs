//! One address of an upstream.

use std::sync::atomic::{AtomicU64, Ordering};

use hedgerow_config::EndpointAddr;
use hedgerow_gate::{Gate, Permit, Tally};
use hedgerow_view::upstream::EndpointView;

use crate::breaker::{BreakerHandle, state};

const STARTED: usize = 0;
const SUCCEEDED: usize = 1;
const FAILED: usize = 2;
const CANCELLED: usize = 3;
const BROKEN: usize = 4;

/// One address of an upstream, with its breaker and its figures. It belongs to the place in the tree and outlives
/// every restart there.
pub struct Endpoint {
    addr: EndpointAddr,
    breaker: BreakerHandle,
    calls: Tally<5>,
    dials: Tally<2>,
    /// Written when a connection is shelved or taken: by the thread that owns it, rarely by two at once.
    idle: AtomicU64,
}

/// What became of a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dial {
    /// A connection was opened.
    Opened,
    /// None was.
    Failed,
}

impl Endpoint {
    pub(super) fn new(addr: EndpointAddr, breaker: BreakerHandle) -> Self {
        Self {
            addr,
            breaker,
            calls: Tally::default(),
            dials: Tally::default(),
            idle: AtomicU64::new(0),
        }
    }

    /// Its address, as configured.
    pub fn addr(&self) -> &EndpointAddr {
        &self.addr
    }

    /// Its breaker.
    pub fn breaker(&self) -> &BreakerHandle {
        &self.breaker
    }

    pub(super) fn gate(&self) -> &Gate {
        self.breaker.gate()
    }

    /// Counts an answer that broke off after its head: the call was a success at its head, and is none. The breaker hears
    /// of one failure more, whatever state it is in by now.
    pub fn count_broken_answer(&self) {
        self.calls.add(BROKEN);
        if let Ok(permit) = Permit::acquire(self.gate()) {
            permit.failure();
        }
    }

    /// Counts a dial.
    pub fn count_dial(&self, dial: Dial) {
        self.dials.add(match dial {
            Dial::Opened => 0,
            Dial::Failed => 1,
        });
    }

    /// Counts a connection that was put on a shelf.
    pub fn shelved(&self) {
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was taken off a shelf.
    pub fn unshelved(&self) {
        self.idle.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn begin(&self) {
        self.calls.add(STARTED);
    }

    pub(super) fn end(&self, end: End) {
        self.calls.add(match end {
            End::Succeeded => SUCCEEDED,
            End::Failed => FAILED,
            End::Cancelled => CANCELLED,
        });
    }

    pub(super) fn view(&self) -> EndpointView {
        let [started, successes, failures, cancelled, broken] = self.calls.sums();
        let [opened, dial_failures] = self.dials.sums();
        EndpointView {
            addr: self.addr.to_string(),
            state: state(self.gate().state()),
            // The sums are read one after another while calls go on.
            in_flight: started.saturating_sub(successes + failures + cancelled),
            successes: successes.saturating_sub(broken),
            failures: failures + broken,
            dials: opened + dial_failures,
            dial_failures,
            idle: self.idle.load(Ordering::Relaxed),
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    Cancelled,
}
