//! How many requests a thread has under way at once, and who waits for one of them to end.
//!
//! A bulkhead: without one, each request costs more the more of them there are, and the endpoints get all of it. Here a
//! request that finds no berth waits in one line, and costs nothing meanwhile; where the line is full, it is refused at once,
//! and whoever has waited for too long is refused then. Who came first is served first.
//!
//! Two bounds give berths. One is a number: requests under way, until their answers have ended. It is high, as endpoints may
//! take their time. The other one is of requests that have no answer yet, and finds its number by itself ([`bound`]): it is low
//! while the thread has more to do than it can, and grows as soon as the thread is idle while somebody waits.
//!
//! All of it belongs to one thread, so that no counter is shared: a thread has its part of what the listener allows.

mod idleness;
mod line;
mod utilization;
mod waiting;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use hedgerow_config::ListenerLimits;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use crate::listener::{Figures, Pace};
pub(crate) use idleness::tell_idleness;
use line::{Awaited, Joined, Line};
use utilization::{Bound, Observed};
use waiting::Waiting;

/// How often the thread is looked at while the bound holds requests back: as often as timers allow.
const LOOK: Duration = Duration::from_millis(1);

/// The berths of one thread, and the line for them.
pub(crate) struct Admission {
    berths: Rc<Berths>,
    figures: Arc<Figures>,
    pace: Arc<Pace>,
}

#[derive(Debug)]
struct Berths {
    line: RefCell<Line>,
    /// Rung when there is something to do for the keeper.
    bell: Notify,
}

/// The right to be under way. Dropped, it goes to who has waited longest.
#[derive(Debug)]
pub(crate) struct Berth {
    berths: Rc<Berths>,
    is_answered: bool,
}

/// What keeps requests waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// So many may be under way on this thread.
    Requests(NonZeroUsize),
    /// So many keep this thread as busy as it is to be.
    Utilization(usize),
}

/// Why there is no berth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overload {
    /// As many wait as may.
    #[error("a thread has {cause} and {waiting} that wait, as many as it may")]
    LineFull {
        /// What keeps them waiting.
        cause: Cause,
        /// Requests that wait.
        waiting: usize,
    },
    /// It has waited for as long as it may.
    #[error("a request has waited for {wait:?}, as long as it may, for a thread that has {cause}")]
    TooLong {
        /// What kept it waiting.
        cause: Cause,
        /// How long that is.
        wait: Duration,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(most) => write!(f, "{most} requests under way"),
            Self::Utilization(bound) => write!(f, "{bound} requests without an answer, which keep it busy,"),
        }
    }
}

impl Admission {
    /// The part of one thread among so many.
    pub(crate) fn of(limits: &ListenerLimits, threads: NonZeroUsize, figures: Arc<Figures>) -> Self {
        let part = |all: u32| (all as usize).div_ceil(threads.get());
        let most = NonZeroUsize::new(part(limits.requests)).unwrap_or(NonZeroUsize::MIN);
        let bound = limits.utilization.map(|share| Bound::new(share, most));
        let pace = figures.pace_of_a_worker();
        if let Some(bound) = &bound {
            pace.show(bound.now(), 0);
        }
        let line = Line::new(most, part(limits.requests_waiting), limits.request_wait, bound);
        Self {
            berths: Rc::new(Berths {
                line: RefCell::new(line),
                bell: Notify::new(),
            }),
            figures,
            pace,
        }
    }

    /// A berth: at once where one is free, else when it is this request's turn, which the [keeper](Self::keep) tells. Dropped
    /// before, it leaves the line, and loses no berth.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn berth(&self) -> Result<Berth, Overload> {
        let (joined, rings) = {
            let mut line = self.berths.line.borrow_mut();
            (line.join(Instant::now), line.rings())
        };
        if rings {
            self.berths.bell.notify_one();
        }
        match joined? {
            Joined::Berthed => Ok(Berth::of(&self.berths)),
            Joined::Waits(number) => {
                self.figures.count_wait();
                Waiting::new(self.berths.clone(), number).await
            }
        }
    }

    /// Moves the bound, calls those who then have room, and refuses those who have waited for too long. To be polled beside the
    /// requests of its thread, for as long as there are any. It rests while nobody waits.
    pub(crate) async fn keep(&self) {
        loop {
            let awaited = self.berths.line.borrow_mut().awaited();
            match awaited {
                Awaited::Look => self.look().await,
                Awaited::Overdue(at) => self.berths.rung_or(at).await,
                Awaited::Nothing => self.berths.bell.notified().await,
            }
            self.berths.call();
            // Behind those who are called: who has his turn now is not refused because this process stood still.
            self.berths.tell_overdue(Instant::now());
        }
    }

    /// Looks at the thread for a moment, and moves the bound by what was seen.
    async fn look(&self) {
        let began = Instant::now();
        idleness::watch();
        sleep(LOOK).await;
        let passed = began.elapsed();
        let idle = idleness::look_away().min(passed);
        let busy = passed - idle;
        let (called, bound) = {
            let mut line = self.berths.line.borrow_mut();
            (line.look(Observed { busy, idle }), line.bound())
        };
        if let Some(called) = called {
            called.wake();
        }
        if let Some(bound) = bound {
            let percent = 100.0 * busy.as_secs_f64() / passed.as_secs_f64();
            self.pace.show(bound, percent as u64);
        }
    }
}

impl Berths {
    async fn rung_or(&self, at: Instant) {
        let (mut rung, mut over) = (pin!(self.bell.notified()), pin!(sleep_until(at)));
        poll_fn(|task| match rung.as_mut().poll(task) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => over.as_mut().poll(task),
        })
        .await;
    }

    /// Makes room, and wakes who has it then.
    fn change(&self, make_room: impl FnOnce(&mut Line)) {
        let (called, rings) = {
            let mut line = self.line.borrow_mut();
            make_room(&mut line);
            (line.call(), line.rings())
        };
        if rings {
            self.bell.notify_one();
        }
        if let Some(called) = called {
            called.wake();
        }
    }

    fn call(&self) {
        while let Some(called) = self.called() {
            called.wake();
        }
    }

    fn called(&self) -> Option<Waker> {
        self.line.borrow_mut().call()
    }

    fn tell_overdue(&self, now: Instant) {
        loop {
            let overdue = self.line.borrow_mut().tell_overdue(now);
            let Some(overdue) = overdue else {
                return;
            };
            overdue.wake();
        }
    }
}

impl Berth {
    fn of(berths: &Rc<Berths>) -> Self {
        Self {
            berths: berths.clone(),
            is_answered: false,
        }
    }

    /// The request has its answer, of which more may come.
    pub(crate) fn answered(&mut self) {
        if !self.is_answered {
            self.is_answered = true;
            self.berths.change(Line::answered);
        }
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let is_answered = self.is_answered;
        self.berths.change(|line| {
            if !is_answered {
                line.answered();
            }
            line.leave();
        });
    }
}

#[cfg(test)]
mod tests;
