//! The queue of a cell: two lanes behind one short lock.
//!
//! It belongs to the cell, so that what waits survives a restart. Admission and closing happen under the lock: the
//! bound is exact, and after the queue was shut no ordinary message is left in it. An idle queue owns no memory beyond itself.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use actix::Actor;
use hedgerow_view::tree::MailboxView;

use super::context::CellContext;
use super::gauge::{Gauge, Stamp};
use super::parcel::Parcel;
use crate::panics::drop_caught;

/// Messages that wait in a mailbox at most, where nothing else is said.
pub(crate) const MAILBOX: usize = 1_024;
/// Messages that an incarnation takes out together.
const BATCH: usize = 64;
/// Room that an idle queue keeps.
const KEPT: usize = 64;
/// Of messages that come while others wait, one in so many is stamped: a clock costs as much as the rest of a send.
const STAMPED: u32 = 16;

/// A message on its way.
pub(super) struct Entry<A: Actor> {
    pub(super) parcel: Parcel<A>,
    pub(super) stamp: Stamp,
    pub(super) lane: Lane,
}

/// By which lane a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// The kernel's own: it takes no place, and is never dropped while the cell has a use for it.
    Control,
    Ordinary,
}

/// Messages that were taken out together, and wait for their turn with the incarnation that took them.
pub(super) type Batch<A> = VecDeque<Entry<A>>;

/// What waits.
pub(super) struct Queue<A: Actor<Context = CellContext<A>>> {
    lanes: Mutex<Lanes<A>>,
    pub(super) gauge: Gauge,
}

struct Lanes<A: Actor> {
    /// The kernel's own few: never refused, and first.
    control: Batch<A>,
    ordinary: Batch<A>,
    door: Door,
    /// Whether the cell is closed, for good.
    is_closed: bool,
    /// Who takes messages, once it has left none: the next one wakes it.
    asleep: Option<Waker>,
    unstamped: u32,
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Everybody, as far as there is room.
    Open,
    /// Nobody until the next incarnation is ready; what waits, waits for that.
    Ajar,
    /// Nobody, and nothing waits.
    Shut,
}

/// Why a message was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Restarting,
    Quarantined,
    Shut,
}

/// Who has to be woken, if anybody: outside of the lock.
#[must_use]
#[derive(Debug)]
pub(super) struct Rouse(Option<Waker>);

impl Rouse {
    pub(super) fn wake(self) {
        if let Some(waker) = self.0 {
            waker.wake();
        }
    }
}

/// Whether messages that come later wake who has taken the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// They do: none was left.
    Wakes,
    /// Nobody is woken: some were left, or it is not known.
    Unknown,
}

impl<A: Actor<Context = CellContext<A>>> Queue<A> {
    /// An open queue.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            lanes: Mutex::new(Lanes {
                control: Batch::new(),
                ordinary: Batch::new(),
                door: Door::Open,
                is_closed: false,
                asleep: None,
                unstamped: 0,
            }),
            gauge: Gauge::new(capacity),
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes<A>> {
        // No code of an actor or of a message runs under it.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how many may wait.
    pub(super) fn limit(&self, capacity: usize) {
        self.gauge.limit(capacity);
    }

    /// Puts a message at the end, or hands it back.
    pub(super) fn push<P: Into<Parcel<A>>>(
        &self,
        message: P,
        now: impl FnOnce() -> Stamp,
    ) -> Result<Rouse, (Refused, P)> {
        let mut lanes = self.lanes();
        match lanes.door {
            _ if lanes.is_closed => return Err((Refused::Shut, message)),
            Door::Open => {}
            Door::Ajar => return Err((Refused::Restarting, message)),
            Door::Shut => return Err((Refused::Shut, message)),
        }
        let waiting = lanes.ordinary.len();
        if waiting + self.gauge.how_many_taken() >= self.gauge.capacity() {
            self.gauge.refuse();
            return Err((Refused::Full, message));
        }
        let stamp = if waiting == 0 || lanes.unstamped + 1 >= STAMPED {
            lanes.unstamped = 0;
            now()
        } else {
            lanes.unstamped += 1;
            Stamp::NONE
        };
        if lanes.ordinary.capacity() == 0 {
            // Of itself it makes room for four, and most never have two waiting.
            lanes.ordinary.reserve_exact(1);
        }
        lanes.ordinary.push_back(Entry {
            parcel: message.into(),
            stamp,
            lane: Lane::Ordinary,
        });
        if waiting == 0 {
            self.gauge.waiting(1, stamp);
        } else {
            self.gauge.one_more(waiting + 1);
        }
        Ok(Rouse(lanes.asleep.take()))
    }

    /// Puts a message of the kernel before all ordinary ones. A queue that is shut takes it too: whoever stops in there
    /// still has to hear that what it waits for is down.
    pub(super) fn order(&self, parcel: Parcel<A>, stamp: Stamp) -> Rouse {
        let mut lanes = self.lanes();
        lanes.control.push_back(Entry {
            parcel,
            stamp,
            lane: Lane::Control,
        });
        Rouse(lanes.asleep.take())
    }

    /// Takes messages out, in order, if there are any. Where it leaves none, the next one wakes `sleeper`.
    pub(super) fn take(&self, batch: &mut Batch<A>, sleeper: &Waker) -> Next {
        let mut lanes = self.lanes();
        if lanes.control.is_empty() && lanes.ordinary.is_empty() {
            return lanes.sleep(sleeper);
        }
        let taken = if lanes.control.is_empty() && batch.is_empty() && lanes.ordinary.len() <= BATCH {
            std::mem::swap(&mut lanes.ordinary, batch);
            batch.len()
        } else {
            let lanes = &mut *lanes;
            batch.append(&mut lanes.control);
            let ordinary = lanes.ordinary.len().min(BATCH);
            batch.extend(lanes.ordinary.drain(..ordinary));
            ordinary
        };
        self.gauge.taken(taken);
        let Some(front) = lanes.ordinary.front() else {
            self.gauge.waiting(0, Stamp::NONE);
            return lanes.sleep(sleeper);
        };
        let earlier = || batch.iter().rev().map(|entry| entry.stamp).find(Stamp::is_some);
        let front = Some(front.stamp).filter(Stamp::is_some).or_else(earlier);
        self.gauge
            .waiting(lanes.ordinary.len(), front.unwrap_or(Stamp::NONE));
        Next::Unknown
    }

    /// Nothing is in hand, taken or known to wait.
    pub(super) fn rest(&self, batch: &mut Batch<A>) {
        batch.shrink_to(KEPT);
        self.gauge.rest();
    }

    /// Puts back in front what was taken and not begun. Nobody is woken any more.
    pub(super) fn put_back(&self, batch: &mut Batch<A>) {
        let mut lanes = self.lanes();
        lanes.asleep = None;
        self.gauge.taken(0);
        self.gauge.rest();
        if batch.is_empty() {
            return;
        }
        // They came first, and are there for whoever comes next.
        let controls = batch
            .iter()
            .take_while(|entry| entry.lane == Lane::Control)
            .count();
        let ordinary = batch.split_off(controls);
        let later = std::mem::replace(&mut lanes.control, std::mem::take(batch));
        lanes.control.extend(later);
        if lanes.is_closed || lanes.door == Door::Shut {
            drop(lanes);
            return Remains(ordinary).drop_each();
        }
        let front = ordinary.front().map(|entry| entry.stamp).filter(Stamp::is_some);
        let stamp = front.unwrap_or_else(|| self.gauge.in_hand());
        let later = std::mem::replace(&mut lanes.ordinary, ordinary);
        lanes.ordinary.extend(later);
        self.gauge.waiting(lanes.ordinary.len(), stamp);
    }

    /// Lets in whom the door lets in from now on. Shut, it drops what waits and is not the kernel's: who asked is told.
    pub(super) fn set(&self, door: Door) {
        let remains = {
            let mut lanes = self.lanes();
            lanes.door = door;
            if door != Door::Shut {
                return;
            }
            self.gauge.waiting(0, Stamp::NONE);
            Remains(std::mem::take(&mut lanes.ordinary))
        };
        remains.drop_each();
    }

    /// Lets nobody in any more, whatever the door does, but the kernel's own: the incarnation that lives may have
    /// children, and waits for their exits.
    pub(super) fn close(&self) {
        let remains = {
            let mut lanes = self.lanes();
            lanes.is_closed = true;
            self.gauge.waiting(0, Stamp::NONE);
            Remains(std::mem::take(&mut lanes.ordinary))
        };
        remains.drop_each();
    }

    pub(super) fn view(&self, now: Duration) -> MailboxView {
        self.gauge.view(now)
    }
}

impl<A: Actor<Context = CellContext<A>>> Drop for Queue<A> {
    /// A cell that never got its place goes with its last handle, and with what was sent to it.
    fn drop(&mut self) {
        self.set(Door::Shut);
    }
}

impl<A: Actor> Lanes<A> {
    /// Nothing is left: the next message wakes `sleeper`.
    fn sleep(&mut self, sleeper: &Waker) -> Next {
        if !self
            .asleep
            .as_ref()
            .is_some_and(|asleep| asleep.will_wake(sleeper))
        {
            self.asleep = Some(sleeper.clone());
        }
        self.shrink();
        Next::Wakes
    }

    /// Gives memory back that a flood has left.
    fn shrink(&mut self) {
        if self.ordinary.capacity() > KEPT {
            self.ordinary.shrink_to(KEPT);
        }
    }
}

/// Messages that nobody will handle.
struct Remains<A: Actor>(Batch<A>);

impl<A: Actor> Remains<A> {
    /// Drops them one by one, outside of the lock: what is dropped is the user's, and may panic.
    fn drop_each(self) {
        for entry in self.0 {
            drop_caught("a message that nobody will handle", entry);
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
