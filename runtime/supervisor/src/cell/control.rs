//! What a supervisor wants of a cell, and the doorbell that anyone may ring.
//!
//! Orders are numbers that only grow: start up to incarnation n, stop up to incarnation n. An order that comes late
//! or twice therefore changes nothing, whatever the cell did in between.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::{fmt, mem};

use super::lasting::AnyCell;

/// The orders of one cell. One supervisor writes, one incarnation at a time reads.
#[derive(Debug, Default)]
pub(crate) struct Control {
    start: AtomicU32,
    stop: AtomicU32,
    /// The cell's answer: every incarnation up to this one has ended.
    ended: AtomicU32,
    bell: AtomicBool,
    /// The incarnation that lives. It stays here when it is woken: orders are few, and turns are many.
    listener: Mutex<Option<Waker>>,
}

impl Control {
    /// Whether this is the first order to start this incarnation.
    pub(crate) fn start(&self, incarnation: u32) -> bool {
        self.start.fetch_max(incarnation, Ordering::AcqRel) < incarnation
    }

    pub(crate) fn stop(&self, incarnation: u32) {
        self.stop.fetch_max(incarnation, Ordering::AcqRel);
        self.wake();
    }

    pub(crate) fn end(&self, incarnation: u32) {
        self.ended.fetch_max(incarnation, Ordering::AcqRel);
    }

    /// Whether this incarnation is over, or was never ordered: what a supervisor may have missed while it was down
    /// itself.
    pub(crate) fn is_over(&self, incarnation: u32) -> bool {
        self.ended.load(Ordering::Acquire) >= incarnation || self.wanted() < incarnation
    }

    pub(crate) fn wanted(&self) -> u32 {
        self.start.load(Ordering::Acquire)
    }

    pub(crate) fn stop_wanted(&self, incarnation: u32) -> bool {
        self.stop.load(Ordering::Acquire) >= incarnation
    }

    /// From now on orders and the bell wake this incarnation, which has to look at them once more itself; or nobody.
    pub(super) fn listen(&self, listener: Option<Waker>) {
        let before = mem::replace(&mut *self.listener(), listener);
        drop(before);
    }

    fn wake(&self) {
        let listener = self.listener().clone();
        if let Some(listener) = listener {
            listener.wake();
        }
    }

    fn listener(&self) -> MutexGuard<'_, Option<Waker>> {
        // Nothing that could panic runs under it.
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the bell was rung since the last time this was asked. Cleared before the actor looks, so that a ring
    /// during the look is not lost.
    pub(crate) fn take_bell(&self) -> bool {
        self.bell.load(Ordering::Relaxed) && self.bell.swap(false, Ordering::AcqRel)
    }

    fn ring(&self) {
        if !self.bell.swap(true, Ordering::AcqRel) {
            self.wake();
        }
    }
}

/// Rings an actor: the smallest message there is. Never refused, never allocates, and rung many times before the
/// actor looks, it is seen once ([`CellContext::on_bell`](crate::CellContext::on_bell)).
#[derive(Clone)]
pub struct Doorbell(pub(super) Arc<dyn AnyCell>);

impl Doorbell {
    /// Rings. The actor looks once, soon; an actor that is being restarted looks when it is back.
    pub fn ring(&self) {
        self.0.control().ring();
    }
}

impl fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doorbell").finish_non_exhaustive()
    }
}
