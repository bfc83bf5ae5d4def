//! What an endpoint has under way and how fast it answers, for all threads.
//!
//! A choice by load needs what all threads have under way, so this is one line for each endpoint that they all write, beside
//! the counters that each writes for itself. What it costs: an atomic addition when a call begins, one and three plain
//! stores when it ends, about 20 ns where one thread calls, and 200 where two do nothing but write the same one. Reading it is one
//! line. Endpoints that are not chosen by load are spared the two additions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::Observed;
use super::ewma::Ewma;

/// The load of an endpoint. Times are those of one clock, the mesh's.
#[derive(Debug, Default)]
pub struct Load {
    line: CachePadded<Line>,
}

/// Two calls that end at once may each write a part: then one of them is not in the average.
#[derive(Debug, Default)]
struct Line {
    in_flight: AtomicU64,
    /// When the first of those that are under way began.
    busy_since: AtomicU64,
    /// [`Ewma`]: floats by their bits.
    nanos: AtomicU64,
    failing: AtomicU64,
    at: AtomicU64,
}

/// What the calls so far say of the next one, as of one instant. It fades with time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Known {
    /// The average time of an answer, in nanoseconds; 0 where there was none.
    pub(crate) nanos: f64,
    /// The share of failures, 0 to 1.
    pub(crate) failing: f64,
}

impl Known {
    /// What is left of it after so long.
    pub(crate) fn after(self, age: Duration) -> Self {
        let known = Ewma {
            nanos: self.nanos,
            failing: self.failing,
            at: 0,
        };
        known.faded(nanos(age))
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an answer.
    Answered,
    /// As a failure of the endpoint.
    Failed,
    /// Given up by its caller, or without anything that counts.
    Dropped,
}

impl Load {
    /// A call begins.
    #[inline]
    pub fn begin(&self, now: Duration) {
        if self.line.in_flight.fetch_add(1, Ordering::Relaxed) == 0 {
            self.line.busy_since.store(nanos(now), Ordering::Relaxed);
        }
    }

    /// A call that [`begin`](Self::begin) was told of has ended.
    #[inline]
    pub fn end(&self, ended: Ended, began: Duration, now: Duration) {
        self.measure(ended, began, now);
        self.line.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// How a call ended that [`begin`](Self::begin) was not told of: it was measured and not counted.
    pub fn measure(&self, ended: Ended, began: Duration, now: Duration) {
        let (began, now) = (nanos(began), nanos(now));
        let took = now.saturating_sub(began);
        let known = self.ewma();
        let next = match ended {
            Ended::Answered => known.answered(took, now),
            Ended::Failed => known.failed(took, now),
            // Something else was heard meanwhile: it is not the endpoint that was silent.
            Ended::Dropped if known.at >= began && known.nanos > 0.0 => return,
            Ended::Dropped => known.unanswered(took, now),
        };
        self.set(next);
    }

    #[inline]
    fn set(&self, next: Ewma) {
        let line = &self.line;
        line.nanos.store(next.nanos.to_bits(), Ordering::Relaxed);
        line.failing.store(next.failing.to_bits(), Ordering::Relaxed);
        line.at.store(next.at, Ordering::Relaxed);
    }

    /// What is known of it by now.
    pub(crate) fn known(&self, now: Duration) -> Known {
        self.ewma().faded(nanos(now))
    }

    /// When a call of it ended last, in nanoseconds; 0 where none has.
    pub(crate) fn heard_at(&self) -> u64 {
        self.line.at.load(Ordering::Relaxed)
    }

    /// Forgets its failures, as somebody says that it is well again. How fast it answers stays.
    pub(crate) fn forgive(&self) {
        self.line.failing.store(0.0_f64.to_bits(), Ordering::Relaxed);
    }

    /// Goes on from what was known of it in a former life of the process, as of now. What this life knows by itself stays.
    pub(crate) fn recall(&self, known: Known, now: Duration) {
        if self.ewma().nanos <= 0.0 {
            self.set(Ewma {
                nanos: known.nanos,
                failing: known.failing,
                at: nanos(now),
            });
        }
    }

    /// What a balancer is told of it.
    #[inline]
    pub fn observed(&self, now: Duration) -> Observed {
        let (now, known) = (nanos(now), self.ewma());
        let in_flight = self.in_flight();
        let silent = if in_flight == 0 {
            0
        } else {
            let heard = self.line.busy_since.load(Ordering::Relaxed).max(known.at);
            now.saturating_sub(heard)
        };
        Observed {
            in_flight,
            nanos: known.expected(silent, now),
        }
    }

    /// Calls that were counted and have not ended.
    #[inline]
    pub fn in_flight(&self) -> u64 {
        self.line.in_flight.load(Ordering::Relaxed)
    }

    /// The average time of an answer, as it is by now; `None` before the first one.
    pub fn average(&self, now: Duration) -> Option<Duration> {
        let average = self.ewma().average(nanos(now))?;
        Some(Duration::from_nanos(average as u64))
    }

    #[inline]
    fn ewma(&self) -> Ewma {
        let line = &self.line;
        Ewma {
            nanos: f64::from_bits(line.nanos.load(Ordering::Relaxed)),
            failing: f64::from_bits(line.failing.load(Ordering::Relaxed)),
            at: line.at.load(Ordering::Relaxed),
        }
    }
}

/// What does not fit is centuries away.
#[inline]
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
