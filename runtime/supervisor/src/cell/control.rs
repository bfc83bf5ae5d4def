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
    /// The cell's answer: every incarnation up to this one has ended.
    ended: AtomicU32,
    closed: AtomicBool,
    /// Set when the cell itself is gone, with its thread or before it had one.
    dead: AtomicBool,
    /// Whether messages that wait are to be dropped, because nobody will come to handle them.
    discard: AtomicBool,
    bell: AtomicBool,
    waker: AtomicWaker,
}

impl Control {
    pub(crate) fn start(&self, incarnation: u32) {
        // Together with `die`: either the cell finds the order, or who gave it finds the cell dead.
        self.start.fetch_max(incarnation, Ordering::SeqCst);
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

    pub(crate) fn end(&self, incarnation: u32) {
        self.ended.fetch_max(incarnation, Ordering::AcqRel);
    }

    /// Whether this incarnation is over, or was never ordered: what a supervisor may have missed while it was down
    /// itself.
    pub(crate) fn is_over(&self, incarnation: u32) -> bool {
        self.is_ended(incarnation) || self.wanted() < incarnation || self.is_dead()
    }

    pub(crate) fn is_ended(&self, incarnation: u32) -> bool {
        self.ended.load(Ordering::Acquire) >= incarnation
    }

    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Drops the messages that wait, so that who asked gets an answer.
    pub(crate) fn discard(&self) {
        self.discard.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(crate) fn take_discard(&self) -> bool {
        self.discard.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn wanted(&self) -> u32 {
        self.start.load(Ordering::SeqCst)
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
