//! Who waits, in the order in which they came.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Berth;

/// Seats, and those who wait for one. It wakes nobody: whoever holds it does, when it is not borrowed any more.
#[derive(Debug)]
pub(super) struct Line {
    most: usize,
    most_waiting: usize,
    /// Seats that are taken, those included whose owner was called and has not come yet.
    taken: usize,
    /// By number; who came first has the lowest. Who is called is not here any more.
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

/// What became of a request that came.
pub(super) enum Joined {
    /// It has a berth.
    Berthed,
    /// It waits under this number.
    Waits(u64),
    /// There is no room in the line, either.
    Full {
        /// How many wait.
        most_waiting: usize,
    },
}

impl Line {
    pub(super) fn new(most: usize, most_waiting: usize) -> Self {
        Self {
            most,
            most_waiting,
            taken: 0,
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    /// A request comes. While somebody waits no berth is free: one that is given back goes to who is called.
    pub(super) fn join(&mut self) -> Joined {
        if self.taken < self.most {
            self.taken += 1;
            return Joined::Berthed;
        }
        if self.waiting.len() >= self.most_waiting {
            let most_waiting = self.most_waiting;
            return Joined::Full { most_waiting };
        }
        let number = self.next;
        self.next += 1;
        self.waiting.insert(number, Waker::noop().clone());
        Joined::Waits(number)
    }

    /// A berth is given back: it is that of who came first, who is to be woken; or free.
    pub(super) fn leave(&mut self) -> Option<Waker> {
        match self.waiting.pop_first() {
            Some((_, first)) => Some(first),
            None => {
                self.taken -= 1;
                None
            }
        }
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.taken, self.waiting.len())
    }
}

/// A request that waits. Ready with its berth; dropped before, it leaves the line, and a berth that is already its own goes to
/// the next one.
pub(super) struct Waiting {
    line: Rc<RefCell<Line>>,
    /// `None` once it has its berth.
    number: Option<u64>,
}

impl Waiting {
    pub(super) fn new(line: Rc<RefCell<Line>>, number: u64) -> Self {
        Self {
            line,
            number: Some(number),
        }
    }
}

impl Future for Waiting {
    type Output = Berth;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Berth> {
        if let Some(number) = self.number
            && let Some(waker) = self.line.borrow_mut().waiting.get_mut(&number)
        {
            waker.clone_from(task.waker());
            return Poll::Pending;
        }
        self.number = None;
        let line = self.line.clone();
        Poll::Ready(Berth { line })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(number) = self.number else {
            return;
        };
        let still_waits = self.line.borrow_mut().waiting.remove(&number).is_some();
        if !still_waits {
            // It was called and did not come.
            let line = self.line.clone();
            drop(Berth { line });
        }
    }
}
