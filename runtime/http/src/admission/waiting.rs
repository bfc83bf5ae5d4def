//! A request that waits for a berth.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::line::Told;
use super::{Berth, Berths, Overload};

/// A place in the line. Ready with a berth, or with why there is none; dropped before, it leaves the line, and a berth that is
/// already its own goes to the next one.
pub(super) struct Waiting {
    berths: Rc<Berths>,
    /// `None` once it is told.
    number: Option<u64>,
}

impl Waiting {
    pub(super) fn new(berths: Rc<Berths>, number: u64) -> Self {
        Self {
            berths,
            number: Some(number),
        }
    }
}

impl Future for Waiting {
    type Output = Result<Berth, Overload>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(number) = self.number {
            let told = self.berths.line.borrow_mut().ask(number, task.waker());
            match told {
                Told::Wait => return Poll::Pending,
                Told::Called => {}
                Told::Overdue(why) => {
                    self.number = None;
                    return Poll::Ready(Err(why));
                }
            }
        }
        self.number = None;
        Poll::Ready(Ok(Berth::of(&self.berths)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(number) = self.number else {
            return;
        };
        let still_waits = self.berths.line.borrow_mut().go(number);
        if !still_waits {
            // It was called and did not come.
            drop(Berth::of(&self.berths));
        }
    }
}
