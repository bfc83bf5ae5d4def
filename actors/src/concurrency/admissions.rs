//! Who is inside, and who waits.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_utils::CachePadded;

use super::queued::{Queued, Waiter};

/// A bounded number of admissions, and those who wait for one, first come, first served.
pub(crate) struct Admissions {
    /// Those inside in the lower half, those who wait in the upper. Nobody goes in past one who waits.
    word: CachePadded<AtomicU64>,
    limit: AtomicU32,
    /// Those who wait, in order. It has as many as the word says whenever it is not locked.
    queue: Mutex<VecDeque<Arc<Waiter>>>,
}

const ONE_INSIDE: u64 = 1;
const ONE_WAITING: u64 = 1 << 32;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) inside: u32,
    pub(crate) waiting: u32,
}

impl Census {
    fn of(word: u64) -> Self {
        Self {
            // Cut to the lower half.
            inside: word as u32,
            waiting: (word >> 32) as u32,
        }
    }
}

impl fmt::Display for Census {
    /// As it is told: `100 inside, 50 waiting`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} inside", self.inside)?;
        if self.waiting > 0 {
            write!(f, ", {} waiting", self.waiting)?;
        }
        Ok(())
    }
}

/// What became of one who wanted an admission.
pub(crate) enum Joined {
    /// There was one after all.
    Inside,
    Waiting(Queued),
    /// The queue is full.
    Refused(Census),
}

impl Admissions {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            word: CachePadded::default(),
            limit: AtomicU32::new(limit),
            queue: Mutex::default(),
        }
    }

    /// Takes an admission, which is given back by [`leave`](Self::leave).
    #[inline]
    pub(crate) fn enter(&self) -> Result<(), Census> {
        let limit = self.limit.load(Ordering::Relaxed);
        let one_more = |word: u64| {
            let Census { inside, waiting } = Census::of(word);
            (inside < limit && waiting == 0).then(|| word + ONE_INSIDE)
        };
        let entered = self
            .word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        entered.map(drop).map_err(Census::of)
    }

    /// Gives an admission back. Who waits for one is let in.
    #[inline]
    pub(crate) fn leave(&self) {
        let before = Census::of(self.word.fetch_sub(ONE_INSIDE, Ordering::AcqRel));
        debug_assert!(before.inside > 0, "an admission is given back once");
        if before.waiting > 0 {
            self.let_in();
        }
    }

    /// Takes an admission, or a place in a queue of at most so many.
    #[cold]
    pub(crate) fn join(self: &Arc<Self>, waiter: &Arc<Waiter>, most_waiting: u32) -> Joined {
        let mut queue = self.lock();
        let limit = self.limit();
        // In one step with looking: who gives an admission back sees that somebody waits, or has given it back before.
        let come = |word: u64| match Census::of(word) {
            Census { inside, waiting: 0 } if inside < limit => Some(word + ONE_INSIDE),
            Census { waiting, .. } if waiting < most_waiting => Some(word + ONE_WAITING),
            _ => None,
        };
        match self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, come) {
            Ok(before) if Census::of(before).waiting == 0 && Census::of(before).inside < limit => {
                Joined::Inside
            }
            Ok(_) => {
                waiter.begin();
                queue.push_back(Arc::clone(waiter));
                drop(queue);
                Joined::Waiting(Queued::new(Arc::clone(self), Arc::clone(waiter)))
            }
            Err(word) => Joined::Refused(Census::of(word)),
        }
    }

    /// One goes away who has waited. True where it has been let in meanwhile: then the admission is its own.
    pub(super) fn withdraw(&self, waiter: &Arc<Waiter>) -> bool {
        let mut queue = self.lock();
        if waiter.is_in() {
            return true;
        }
        if let Some(at) = queue.iter().position(|other| Arc::ptr_eq(other, waiter)) {
            queue.remove(at);
            self.word.fetch_sub(ONE_WAITING, Ordering::AcqRel);
        }
        false
    }

    /// Lets those in who wait, in order, for as long as there are admissions.
    #[cold]
    fn let_in(&self) {
        while let Some(first) = self.next_in() {
            // Not under the lock: what a waker does is not ours to know.
            first.let_in();
        }
    }

    /// Gives an admission to the first one who waits, and takes him off the queue.
    fn next_in(&self) -> Option<Arc<Waiter>> {
        let mut queue = self.lock();
        let limit = self.limit();
        queue.front()?;
        let swap = |word: u64| {
            let has_room = Census::of(word).inside < limit;
            has_room.then(|| word + ONE_INSIDE - ONE_WAITING)
        };
        let taken = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, swap);
        taken.ok().and_then(|_| {
            let first = queue.pop_front()?;
            // Under the lock: whoever withdraws finds himself in the queue, or in.
            first.set_in();
            Some(first)
        })
    }

    /// Those inside stay, and those for whom there is room now are let in.
    pub(crate) fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Release);
        self.let_in();
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit.load(Ordering::Acquire)
    }

    pub(crate) fn census(&self) -> Census {
        Census::of(self.word.load(Ordering::Acquire))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Waiter>>> {
        // Nothing of others runs under it, and nothing of ours leaves it half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
