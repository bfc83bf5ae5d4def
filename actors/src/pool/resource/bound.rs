//! How many leases may be out, and who waits for one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_utils::CachePadded;

use super::census::{BARGED, CLOSED, Census, ONE_BARGED, ONE_OUT, ONE_WAITING, PART, RESTING, barged};
use super::turn::{Standing, Turn, Waiter};

/// The bound on the leases of one pool, over all threads: one word on a line of its own, and a queue behind a lock that is
/// touched only while somebody waits.
///
/// Who waits is served first come, first served: nobody goes past. With `barging` so many may, for each one that waits at the
/// head: a lease that comes back is then free for whoever is quickest, which saves a switch of tasks each time, and after so
/// many it is handed to the head.
pub(crate) struct Bound {
    word: CachePadded<AtomicU64>,
    limit: u32,
    barging: u32,
    queue: Mutex<Queue>,
}

/// Those who wait, in order. As many of them are live as the word says whenever it is not locked.
#[derive(Default)]
struct Queue {
    line: VecDeque<Arc<Waiter>>,
    /// Those in the line who have gone away.
    gone: usize,
}

/// What became of one who wanted a lease.
pub(crate) enum Joined<'a> {
    /// There was one after all.
    In(Entered),
    Waiting(Turn<'a>),
    /// The queue is full, or the pool is closed.
    Refused(Census),
}

/// One more lease is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The owner is about.
    Quietly,
    /// The owner rested, and is to be woken: nobody else is told so.
    First,
}

impl Bound {
    /// The most leases that a bound can be set to.
    pub(crate) const MOST: u32 = (1 << PART) - 1;

    /// The most that may go past one who waits.
    pub(crate) const MOST_BARGING: u32 = 0xfff;

    pub(crate) fn new(limit: u32, barging: u32) -> Self {
        Self {
            // The owner is woken by the first lease.
            word: CachePadded::new(AtomicU64::new(RESTING)),
            limit: limit.min(Self::MOST),
            barging: barging.min(Self::MOST_BARGING),
            queue: Mutex::default(),
        }
    }

    /// Takes a lease, which is given back by [`leave`](Self::leave).
    #[inline]
    pub(crate) fn enter(&self) -> Result<Entered, Census> {
        let limit = self.limit;
        let entered = self
            .word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                self.one_more(word, limit)
            });
        entered.map(Self::entered).map_err(Census::of)
    }

    fn one_more(&self, word: u64, limit: u32) -> Option<u64> {
        let Census {
            out,
            waiting,
            is_closed,
        } = Census::of(word);
        if out >= limit || is_closed {
            return None;
        }
        let entered = (word + ONE_OUT) & !RESTING;
        match waiting {
            0 => Some(entered),
            _ => (barged(word) < self.barging).then(|| entered + ONE_BARGED),
        }
    }

    fn entered(before: u64) -> Entered {
        match before & RESTING {
            0 => Entered::Quietly,
            _ => Entered::First,
        }
    }

    /// Gives a lease back: it is the next one's who waits. Says how things stood before.
    #[inline]
    pub(crate) fn leave(&self) -> Census {
        let before = Census::of(self.word.fetch_sub(ONE_OUT, Ordering::AcqRel));
        debug_assert!(before.out > 0, "a lease is given back once");
        if before.waiting > 0 {
            self.pass_on();
        }
        before
    }

    /// Takes a lease, or a place in a queue of at most so many.
    #[cold]
    pub(crate) fn join(&self, most_waiting: u32) -> Joined<'_> {
        let mut queue = self.lock();
        let limit = self.limit;
        // In one step with looking: who gives a lease back sees that somebody waits, or has given it back before.
        let come = |word: u64| {
            let Census {
                out,
                waiting,
                is_closed,
            } = Census::of(word);
            match (waiting, is_closed) {
                (_, true) => None,
                (0, _) if out < limit => self.one_more(word, limit),
                _ => (waiting < most_waiting.min(Self::MOST)).then(|| word + ONE_WAITING),
            }
        };
        let joined = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, come);
        match joined.map(|before| (before, Census::of(before))) {
            Ok((before, census)) if census.waiting == 0 && census.out < limit => {
                Joined::In(Self::entered(before))
            }
            Ok(_) => {
                let waiter = Arc::new(Waiter::default());
                queue.line.push_back(Arc::clone(&waiter));
                drop(queue);
                Joined::Waiting(Turn::new(self, waiter))
            }
            Err(word) => Joined::Refused(Census::of(word)),
        }
    }

    /// One goes away who has waited. True where a lease was given to it meanwhile: then that is its own.
    pub(super) fn withdraw(&self, waiter: &Arc<Waiter>) -> bool {
        let mut queue = self.lock();
        match waiter.standing() {
            Standing::Served => return true,
            Standing::Refused => return false,
            Standing::Waiting | Standing::Gone => {}
        }
        waiter.stand(Standing::Gone);
        self.word.fetch_sub(ONE_WAITING, Ordering::AcqRel);
        queue.gone += 1;
        // One sweep for as many as have gone: those who go in a crowd cost no more than each its place.
        if queue.gone > queue.line.len() / 2 {
            queue.line.retain(|other| other.standing() == Standing::Waiting);
            queue.gone = 0;
        }
        drop(queue);
        // It may have been woken for a lease that is free.
        self.pass_on();
        false
    }

    /// Takes a lease that is free for the first in line. False where there is none, or others come first.
    pub(super) fn claim(&self, waiter: &Arc<Waiter>) -> bool {
        if self.barging == 0 {
            return false;
        }
        let mut queue = self.lock();
        let Some(first) = queue.head() else { return false };
        let is_served = Arc::ptr_eq(&first, waiter) && self.serve(&mut queue).is_some();
        drop(queue);
        if is_served {
            // There may be another one for the next.
            self.pass_on();
        }
        is_served
    }

    /// Sees to what is free while somebody waits.
    #[cold]
    fn pass_on(&self) {
        while let Some(next) = self.next() {
            // Not under the lock: what a waker does is not ours to know.
            match next {
                Next::Served(waiter) => {
                    waiter.wake();
                    // Most often one lease came back for one who waits. Whoever gives another one back looks himself.
                    let Census { out, waiting, .. } = self.census();
                    if out >= self.limit || waiting == 0 {
                        return;
                    }
                }
                Next::MayClaim(waiter) => return waiter.wake(),
            }
        }
    }

    fn next(&self) -> Option<Next> {
        let mut queue = self.lock();
        let first = queue.head()?;
        let word = self.word.load(Ordering::Acquire);
        if barged(word) < self.barging {
            return (Census::of(word).out < self.limit).then_some(Next::MayClaim(first));
        }
        self.serve(&mut queue).map(Next::Served)
    }

    /// Gives a lease to the first in line, where one is free.
    fn serve(&self, queue: &mut Queue) -> Option<Arc<Waiter>> {
        let limit = self.limit;
        let swap = |word: u64| {
            let has_room = Census::of(word).out < limit;
            has_room.then(|| ((word + ONE_OUT - ONE_WAITING) & !BARGED) & !RESTING)
        };
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, swap)
            .ok()?;
        let first = queue.line.pop_front()?;
        // Under the lock: whoever withdraws finds himself in the queue, or served.
        first.stand(Standing::Served);
        Some(first)
    }

    /// Gives nothing out any more. Those who wait are refused; leases that are out stay until they come back.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
        let line = std::mem::take(&mut *queue).line;
        let waiting: Vec<_> = line
            .into_iter()
            .filter(|waiter| waiter.standing() == Standing::Waiting)
            .collect();
        for waiter in &waiting {
            waiter.stand(Standing::Refused);
            self.word.fetch_sub(ONE_WAITING, Ordering::AcqRel);
        }
        drop(queue);
        waiting.iter().for_each(|waiter| waiter.wake());
    }

    /// The owner rests, unless there is something to look at: true where it may. The next lease wakes it.
    pub(crate) fn rest(&self) -> bool {
        let idle = |word: u64| {
            let Census { out, waiting, .. } = Census::of(word);
            (out == 0 && waiting == 0).then_some(word | RESTING)
        };
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, idle)
            .is_ok()
    }

    #[cfg(test)]
    pub(super) fn rests(&self) -> bool {
        self.word.load(Ordering::Acquire) & RESTING != 0
    }

    pub(crate) fn census(&self) -> Census {
        Census::of(self.word.load(Ordering::Acquire))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing of others runs under it, and nothing of ours leaves it half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be done for the first in line.
enum Next {
    /// It was given a lease.
    Served(Arc<Waiter>),
    /// One is free, for it or for who is quicker.
    MayClaim(Arc<Waiter>),
}

impl Queue {
    /// The first who has not gone away.
    fn head(&mut self) -> Option<Arc<Waiter>> {
        while self.line.front()?.standing() == Standing::Gone {
            self.line.pop_front();
            self.gone -= 1;
        }
        self.line.front().cloned()
    }
}
