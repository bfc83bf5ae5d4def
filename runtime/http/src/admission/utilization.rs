//! How many requests a thread works on at once, where more wait than it can do.
//!
//! The number is led by one signal: the part of its time in which the thread had something to do, while requests waited. A thread
//! that is nearly always busy gains nothing by a further request, and each costs more the more of them there are; one that
//! is idle while requests wait is held back for nothing. So the number shrinks with the time that the thread is busy, grows with the
//! time that it is idle, and is at rest where it is busy for the share that is wanted: the least number that keeps it so.
//! Endpoints that take their time leave the thread idle, whatever they take: latencies are not looked at.
//!
//! Lead by the server's own load, more while there is room and in proportion less where there is none, is how Breakwater (Cho
//! et al., *Overload Control for µs-scale RPCs with Breakwater*, OSDI 2020) gives out credits and DAGOR (Zhou et al., *Overload
//! Control for Scaling WeChat Microservices*, 2018) moves its level, both by the queueing delay of the server. A proxy has
//! its queues in its endpoints and sockets, where it cannot time them; that it is never idle is what all of them amount to.

use std::num::NonZeroUsize;
use std::time::Duration;

/// What the bound never falls below: enough to keep a thread busy with endpoints that answer at once.
pub(super) const FLOOR: usize = 16;

/// The idle time in which the bound doubles.
const DOUBLES_IN: Duration = Duration::from_millis(5);

/// The bound on requests that are worked on. Pure: what was observed comes as an argument.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    /// The time that the thread is busy for each moment that it is idle, where the bound is at rest.
    busy_by_idle: f64,
    floor: f64,
    most: f64,
    now: f64,
}

/// What a thread did for a while in which requests waited for the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Observed {
    /// How long it had something to do.
    pub(super) busy: Duration,
    /// How long it had nothing to do.
    pub(super) idle: Duration,
}

impl Bound {
    /// One that keeps a thread busy for this share of its time, and is never above `most`. It begins at its floor.
    pub(super) fn new(utilization: f64, most: NonZeroUsize) -> Self {
        // A count of requests is far below what a float keeps exactly.
        let most = most.get() as f64;
        let floor = (FLOOR as f64).min(most);
        Self {
            busy_by_idle: utilization / (1.0 - utilization),
            floor,
            most,
            now: floor,
        }
    }

    /// What it is now.
    pub(super) fn now(&self) -> usize {
        self.now as usize
    }

    /// Moves by what was observed since the last time.
    pub(super) fn observe(&mut self, observed: Observed) {
        let idle = observed.idle.as_secs_f64();
        let excess = idle - observed.busy.as_secs_f64() / self.busy_by_idle;
        let doublings = excess / DOUBLES_IN.as_secs_f64();
        self.now = (self.now * doublings.exp2()).clamp(self.floor, self.most);
    }
}

#[cfg(test)]
#[path = "utilization_tests.rs"]
mod tests;
