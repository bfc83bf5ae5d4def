//! How many requests a thread has under way at once, and who waits for one of them to end.
//!
//! A bulkhead: without one, each request costs more the more of them there are, and the endpoints get all of it. Here a
//! request that finds no berth waits in one line, and costs nothing meanwhile; where the line is full, it is refused at once,
//! and whoever has waited for too long is refused then. Who came first is served first.
//!
//! All of it belongs to one thread, so that no counter is shared: a thread has its part of what the listener allows.

mod line;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::ListenerLimits;

use crate::listener::Figures;
use line::{Joined, Line, Waiting};

/// The berths of one thread, and the line for them.
pub(crate) struct Admission {
    most: usize,
    wait: Duration,
    line: Rc<RefCell<Line>>,
    figures: Arc<Figures>,
}

/// The right to be under way. Dropped, it goes to who has waited longest.
#[derive(Debug)]
pub(crate) struct Berth {
    line: Rc<RefCell<Line>>,
}

/// Why there is no berth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overload {
    /// As many wait as may.
    #[error("a thread has {most} requests under way and {most_waiting} that wait, as many as it may")]
    LineFull {
        /// Requests that may be under way on this thread.
        most: usize,
        /// Requests that may wait.
        most_waiting: usize,
    },
    /// It has waited for as long as it may.
    #[error("a request has waited for {wait:?}, as long as it may")]
    TooLong {
        /// How long that is.
        wait: Duration,
    },
}

impl Admission {
    /// The part of one thread among so many.
    pub(crate) fn of(limits: &ListenerLimits, threads: NonZeroUsize, figures: Arc<Figures>) -> Self {
        let part = |all: u32| (all as usize).div_ceil(threads.get());
        let most = part(limits.requests);
        Self {
            most,
            wait: limits.request_wait,
            line: Rc::new(RefCell::new(Line::new(most, part(limits.requests_waiting)))),
            figures,
        }
    }

    /// A berth: at once where one is free, else when it is this request's turn. Dropped before, it leaves the line, and loses
    /// no berth.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn berth(&self) -> Result<Berth, Overload> {
        let joined = self.line.borrow_mut().join();
        match joined {
            Joined::Berthed => Ok(Berth {
                line: self.line.clone(),
            }),
            // Apart, so that a request that need not wait keeps no room for it.
            Joined::Waits(number) => {
                self.figures.count_wait();
                Box::pin(self.wait(Waiting::new(self.line.clone(), number))).await
            }
            Joined::Full { most_waiting } => Err(Overload::LineFull {
                most: self.most,
                most_waiting,
            }),
        }
    }

    async fn wait(&self, waiting: Waiting) -> Result<Berth, Overload> {
        let wait = self.wait;
        // The timer is polled behind the line: who is called while this process stood still is not refused for that.
        tokio::time::timeout(wait, waiting)
            .await
            .map_err(|_| Overload::TooLong { wait })
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let next = self.line.borrow_mut().leave();
        if let Some(next) = next {
            next.wake();
        }
    }
}

#[cfg(test)]
mod tests;
