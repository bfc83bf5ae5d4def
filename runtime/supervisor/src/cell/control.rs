//! What a supervisor wants of a cell, and the doorbell that anyone may ring.
//!
//! Orders are numbers that only grow: start up to incarnation n, stop up to incarnation n. An order that comes late
//! or twice therefore changes nothing, whatever the cell did in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::task::AtomicWaker;

/// The orders of one cell. One supervisor writes, one cell reads.
#[derive(Debug, Default)]
pub(crate) struct Control {
    start: AtomicU32,
    stop: AtomicU32,
    closed: AtomicBool,
    bell: AtomicBool,
    waker: AtomicWaker,
}

impl Control {
    pub(crate) fn start(&self, incarnation: u32) {
        self.start.fetch_max(incarnation, Ordering::AcqRel);
        self.waker.wake();
    }

    pub(crate) fn stop(&self, incarnation: u32) {
        self.stop.fetch_max(incarnation, Ordering::AcqRel);
        self.waker.wake();
    }

    /// Ends the cell for good, once its incarnation has ended.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(crate) fn wanted(&self) -> u32 {
        self.start.load(Ordering::Acquire)
    }

    pub(crate) fn stop_wanted(&self, incarnation: u32) -> bool {
        self.stop.load(Ordering::Acquire) >= incarnation
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn waker(&self) -> &AtomicWaker {
        &self.waker
    }

    /// Whether the bell was rung since the last time this was asked. Cleared before the actor looks, so that a ring
    /// during the look is not lost.
    pub(crate) fn take_bell(&self) -> bool {
        self.bell.load(Ordering::Relaxed) && self.bell.swap(false, Ordering::AcqRel)
    }
}

/// Rings an actor: the smallest message there is. Never refused, never allocates, and rung many times before the
/// actor looks, it is seen once ([`CellContext::on_bell`](crate::CellContext::on_bell)).
#[derive(Clone, Debug)]
pub struct Doorbell(pub(crate) Arc<Control>);

impl Doorbell {
    /// Rings. The actor looks once, soon; an actor that is being restarted looks when it is back.
    pub fn ring(&self) {
        if !self.0.bell.swap(true, Ordering::AcqRel) {
            self.0.waker.wake();
        }
    }
}
