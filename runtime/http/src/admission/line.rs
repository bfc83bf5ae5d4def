//! Who waits, in the order in which they came.

use std::collections::BTreeMap;
use std::mem;
use std::num::NonZeroUsize;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::utilization::{Bound, Observed};
use super::{Cause, Overload};

/// Seats, and those who wait for one. It wakes nobody: whoever holds it does, when it is not borrowed any more.
#[derive(Debug)]
pub(super) struct Line {
    most: NonZeroUsize,
    most_waiting: usize,
    wait: Duration,
    bound: Option<Bound>,
    /// Seats that are taken, those included whose owner was called and has not come yet.
    taken: usize,
    /// Those of them whose request has no answer yet. One that is answered is no work that waits to be done: an answer may last
    /// for hours.
    at_work: usize,
    /// Requests that were begun since the last look at the thread.
    begun: usize,
    /// By number; who came first has the lowest. Who is called is not here any more.
    waiting: BTreeMap<u64, Waits>,
    next: u64,
    /// What the keeper waits for.
    awaited: Awaited,
}

#[derive(Debug)]
struct Waits {
    until: Instant,
    waker: Waker,
    /// It was told that its time is over, and has not come to hear why.
    is_overdue: bool,
}

/// What became of a request that came.
pub(super) enum Joined {
    /// It has a berth.
    Berthed,
    /// It waits under this number.
    Waits(u64),
}

/// What one who waits is told.
pub(super) enum Told {
    Wait,
    /// It has a berth.
    Called,
    /// It has waited for too long, and is not in the line any more.
    Overdue(Overload),
}

/// What the keeper of a line waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The next look at the thread: the bound holds requests back.
    Look,
    /// Somebody's time to be over: all seats are taken.
    Overdue(Instant),
    /// A ring.
    Nothing,
}

impl Line {
    /// A line for so many seats, in which so many may wait for so long.
    pub(super) fn new(most: NonZeroUsize, most_waiting: usize, wait: Duration, bound: Option<Bound>) -> Self {
        Self {
            most,
            most_waiting,
            wait,
            bound,
            taken: 0,
            at_work: 0,
            begun: 0,
            waiting: BTreeMap::new(),
            next: 0,
            awaited: Awaited::Nothing,
        }
    }

    /// A request comes. While somebody waits none is begun before him.
    pub(super) fn join(&mut self, now: impl FnOnce() -> Instant) -> Result<Joined, Overload> {
        if self.waiting.is_empty() && self.has_room() {
            self.begin();
            return Ok(Joined::Berthed);
        }
        // Whom the bound alone holds back takes nobody's place in the line: he has a seat to come.
        let waiting = self.waiting.len();
        if self.taken + waiting >= self.most.get().saturating_add(self.most_waiting) {
            return Err(Overload::LineFull {
                cause: self.cause(),
                waiting,
            });
        }
        let number = self.next;
        self.next += 1;
        let waits = Waits {
            until: later(now(), self.wait),
            waker: Waker::noop().clone(),
            is_overdue: false,
        };
        self.waiting.insert(number, waits);
        Ok(Joined::Waits(number))
    }

    /// Whether the keeper is to be rung for. It is told once.
    pub(super) fn rings(&mut self) -> bool {
        let wanted = self.wanted();
        let rings = match self.awaited {
            Awaited::Look => false,
            Awaited::Overdue(_) => wanted == Awaited::Look,
            Awaited::Nothing => wanted != Awaited::Nothing,
        };
        if rings {
            self.awaited = Awaited::Look;
        }
        rings
    }

    /// A request has its answer, of which more may come.
    pub(super) fn answered(&mut self) {
        self.at_work -= 1;
    }

    /// A berth is given back.
    pub(super) fn leave(&mut self) {
        self.taken -= 1;
    }

    /// Calls who came first, where there is room: to be woken.
    pub(super) fn call(&mut self) -> Option<Waker> {
        if self.has_room() { self.call_anyway() } else { None }
    }

    fn call_anyway(&mut self) -> Option<Waker> {
        let first = self.waiting.iter().find(|(_, waits)| !waits.is_overdue);
        let number = *first?.0;
        let called = self.waiting.remove(&number)?;
        self.begin();
        Some(called.waker)
    }

    /// The one under this number asks, and is woken by this when there is something to hear.
    pub(super) fn ask(&mut self, number: u64, waker: &Waker) -> Told {
        match self.waiting.get_mut(&number) {
            None => Told::Called,
            Some(waits) if waits.is_overdue => {
                self.waiting.remove(&number);
                Told::Overdue(Overload::TooLong {
                    cause: self.cause(),
                    wait: self.wait,
                })
            }
            Some(waits) => {
                waits.waker.clone_from(waker);
                Told::Wait
            }
        }
    }

    /// The one under this number goes away. Whether it was in the line: else it was called, and has a berth.
    pub(super) fn go(&mut self, number: u64) -> bool {
        self.waiting.remove(&number).is_some()
    }

    /// Moves the bound by what was seen of the thread. Where nothing was begun meanwhile, who came first is called whatever the
    /// bound, so that the line moves whatever keeps the thread busy: to be woken.
    pub(super) fn look(&mut self, observed: Observed) -> Option<Waker> {
        if let Some(bound) = &mut self.bound {
            bound.observe(observed);
        }
        let stands_still = mem::take(&mut self.begun) == 0 && self.taken < self.most.get();
        if stands_still { self.call_anyway() } else { None }
    }

    /// Tells the first one whose time is over: to be woken.
    pub(super) fn tell_overdue(&mut self, now: Instant) -> Option<Waker> {
        let first = self.waiting.values_mut().find(|waits| !waits.is_overdue)?;
        (first.until <= now).then(|| {
            first.is_overdue = true;
            first.waker.clone()
        })
    }

    /// What its keeper is to wait for.
    pub(super) fn awaited(&mut self) -> Awaited {
        self.awaited = self.wanted();
        self.awaited
    }

    fn wanted(&self) -> Awaited {
        match self.waiting.values().find(|waits| !waits.is_overdue) {
            Some(_) if self.taken < self.most.get() => Awaited::Look,
            Some(first) => Awaited::Overdue(first.until),
            None => Awaited::Nothing,
        }
    }

    /// How many may be worked on at once, for now; `None` where that is not bounded.
    pub(super) fn bound(&self) -> Option<usize> {
        self.bound.as_ref().map(Bound::now)
    }

    fn has_room(&self) -> bool {
        self.taken < self.most.get() && self.bound().is_none_or(|bound| self.at_work < bound)
    }

    fn begin(&mut self) {
        self.taken += 1;
        self.at_work += 1;
        self.begun += 1;
    }

    /// What keeps those waiting who wait.
    fn cause(&self) -> Cause {
        match self.bound() {
            Some(bound) if self.taken < self.most.get() => Cause::Utilization(bound),
            _ => Cause::Requests(self.most),
        }
    }

    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.most.get()
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.taken, self.waiting.len())
    }
}

/// A time that cannot be told is years away.
fn later(now: Instant, wait: Duration) -> Instant {
    const YEARS: Duration = Duration::from_secs(10 * 365 * 86_400);
    now.checked_add(wait).unwrap_or_else(|| now + YEARS)
}
