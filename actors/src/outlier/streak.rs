//! Failures in a row of one endpoint, for the rule `consecutive`.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

/// The bits below the life's number.
const COUNT: u32 = 32;

/// A run of failures without a success between them, exactly, on a line of its own: a success writes only where there is a
/// run.
///
/// Each ejection and each return begins another *life*. What was begun in one life says nothing in the next: an endpoint that
/// comes back is not ejected for calls that it failed before.
///
/// # Ordering
///
/// Who makes the run as long as the limit latches it, then rings; the owner reads the run, then the latch. All are
/// read-modify-writes and acquiring loads of one word each: a run that a success ends before the owner looks is found in the
/// latch, or rings again.
pub(crate) struct Streak {
    words: CachePadded<Words>,
    limit: u64,
}

/// Each a life in the high half and a count in the low one.
struct Words {
    run: AtomicU64,
    /// The longest run of the life that has reached the limit.
    latch: AtomicU64,
}

/// The number of an endpoint's life; wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life(u64);

impl Streak {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            words: CachePadded::new(Words {
                run: AtomicU64::new(0),
                latch: AtomicU64::new(0),
            }),
            limit: u64::from(limit),
        }
    }

    /// The present life.
    #[inline]
    pub(super) fn life(&self) -> Life {
        Life(self.words.run.load(Ordering::Relaxed) >> COUNT)
    }

    /// A call of this life has succeeded.
    #[inline]
    pub(super) fn success(&self, life: Life) {
        let run = self.words.run.load(Ordering::Relaxed);
        if run != life.0 << COUNT {
            self.end(life);
        }
    }

    #[cold]
    fn end(&self, Life(life): Life) {
        // An error is a run of another life.
        let _ = self
            .words
            .run
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
                (run >> COUNT == life).then_some(life << COUNT)
            });
    }

    /// A call of this life has failed. Whether the run is as long as the limit now: then the owner is to be rung for.
    pub(super) fn failure(&self, Life(life): Life) -> bool {
        let lengthened = self
            .words
            .run
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |run| {
                let has_room = run & u64::from(u32::MAX) < u64::from(u32::MAX);
                (run >> COUNT == life && has_room).then_some(run + 1)
            });
        let Ok(before) = lengthened else { return false };
        let run = before + 1;
        if run & u64::from(u32::MAX) < self.limit {
            return false;
        }
        // A greater word is a longer run, or one of a later life; where the number of lives has wrapped, the next begin clears it.
        self.words.latch.fetch_max(run, Ordering::AcqRel);
        true
    }

    /// The longest run of this life that is still going on or has reached the limit.
    pub(super) fn longest(&self) -> u32 {
        let run = self.words.run.load(Ordering::Acquire);
        let latch = self.words.latch.load(Ordering::Acquire);
        let count = |word: u64| {
            if word >> COUNT == run >> COUNT {
                // Fits: the low half.
                (word & u64::from(u32::MAX)) as u32
            } else {
                0
            }
        };
        count(run).max(count(latch))
    }

    /// Begins the next life, without a run. The owner's alone.
    pub(super) fn begin(&self) {
        let next = (self.words.run.load(Ordering::Relaxed) >> COUNT).wrapping_add(1) & u64::from(u32::MAX);
        // Before the run: what is latched in the next life stays.
        self.words.latch.swap(0, Ordering::AcqRel);
        self.words.run.swap(next << COUNT, Ordering::AcqRel);
    }
}
