//! How long somebody waits, at next to no cost where the answer comes in time.
//!
//! Most limits are never reached, and a timer that is registered for each and removed again costs more than the rest
//! of a question. So timers stay where they are when the wait is over, and are kept for the next one who waits on the
//! thread. One that goes off too early for its new owner is set anew, to the very instant; until then it need not be
//! touched, as often as the same task waits again.

use std::cell::RefCell;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{self, Handle};
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// Timers that a thread keeps. Each is at most once set off for nothing, and holds what it would wake until then.
const KEPT: usize = 32;

thread_local! {
    static TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// A wait that ends at a time, by the clock of the runtime in which it is polled. Outside of a runtime it does not end.
/// It may move between threads and runtimes.
pub(super) struct Limit {
    after: Duration,
    /// `None` where the end is too far away to have a name.
    until: Option<Instant>,
    timer: Option<Timer>,
}

impl Limit {
    /// One that ends so long after `now`.
    pub(super) fn new(now: Instant, after: Duration) -> Self {
        Self {
            after,
            until: now.checked_add(after),
            timer: None,
        }
    }

    /// How long that is.
    pub(super) fn length(&self) -> Duration {
        self.after
    }

    /// Ready once the time is over.
    ///
    /// # Panics
    /// Inside a runtime whose timers are not enabled, or that is being shut down.
    pub(super) fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else {
            return Poll::Pending;
        };
        let Ok(here) = Handle::try_current().map(|runtime| runtime.id()) else {
            // A timer of a runtime that is gone must not be polled, and one that nobody drives is of no use.
            self.release();
            return Poll::Pending;
        };
        if self.timer.as_ref().is_some_and(|timer| timer.runtime != here) {
            self.release();
        }
        self.timer
            .get_or_insert_with(|| Timer::take(here).unwrap_or_else(|| Timer::new(here, until)))
            .poll(until, task)
    }

    /// The timer is left to the next one.
    fn release(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.keep();
        }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        self.release();
    }
}

/// A timer of a runtime.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    runtime: runtime::Id,
    /// Whom it wakes when it goes off, unless that is not certain.
    wakes: Option<Waker>,
}

impl Timer {
    fn new(runtime: runtime::Id, until: Instant) -> Self {
        Self {
            sleep: Box::pin(sleep_until(until)),
            runtime,
            wakes: None,
        }
    }

    /// One that was kept here. Those of other runtimes, which nobody may drive any more, are given up.
    fn take(runtime: runtime::Id) -> Option<Self> {
        // Outside of the borrow, as a waker that is dropped may drop anything.
        let next = || TIMERS.try_with(|timers| timers.borrow_mut().pop()).ok().flatten();
        while let Some(timer) = next() {
            if timer.runtime == runtime {
                return Some(timer);
            }
        }
        None
    }

    /// Keeps it for the next one, if there is room.
    fn keep(self) {
        let mut timer = Some(self);
        // A thread that is ending keeps nothing.
        let _ = TIMERS.try_with(|timers| {
            let mut timers = timers.borrow_mut();
            if timers.len() < KEPT {
                timers.extend(timer.take());
            }
        });
    }

    fn poll(&mut self, until: Instant, task: &mut Context<'_>) -> Poll<()> {
        if self.sleep.deadline() > until {
            self.set(until);
        }
        while self.watch(task).is_ready() {
            if self.sleep.deadline() >= until {
                return Poll::Ready(());
            }
            self.set(until);
        }
        Poll::Pending
    }

    fn set(&mut self, until: Instant) {
        self.wakes = None;
        self.sleep.as_mut().reset(until);
    }

    /// Whether it has gone off. If not, it will wake this task.
    fn watch(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let wakes = self.wakes.as_ref();
        if wakes.is_some_and(|waker| is_same(waker, task.waker())) && !self.sleep.is_elapsed() {
            return Poll::Pending;
        }
        // Without a budget: where that is spent, a poll comes back without having noted whom to wake.
        let polled = Pin::new(&mut unconstrained(self.sleep.as_mut())).poll(task);
        self.wakes = polled.is_pending().then(|| task.waker().clone());
        polled
    }
}

/// Whether both wake the same. `will_wake` takes tables of the same functions for different ones where the compiler has
/// made copies, as it does of tokio's `block_on`.
fn is_same(one: &Waker, other: &Waker) -> bool {
    one.data() == other.data() && one.vtable() == other.vtable()
}

#[cfg(test)]
#[path = "limit_tests.rs"]
mod tests;
