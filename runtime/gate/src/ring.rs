//! How exactly the last calls ended, in one order for all threads.

use crate::Sums;
use crate::sync::{AtomicU64, Ordering};

/// The most calls that can be looked back at.
pub const MAX_LAST_CALLS: u32 = 1_000;

/// Outcomes in one word. Fewer under loom, so that its models come to the next word.
#[cfg(not(loom))]
const PER_WORD: u64 = 21;
#[cfg(loom)]
const PER_WORD: u64 = 1;

/// One more than hold the most calls whatever part of the newest is filled.
#[cfg(not(loom))]
const WORDS: usize = MAX_LAST_CALLS as usize / PER_WORD as usize + 2;
#[cfg(loom)]
const WORDS: usize = 3;

/// A ring of words that hold outcomes, 21 each.
///
/// | bits of a word | what |
/// |---|---|
/// | 0-20 | which of its calls failed, the oldest lowest |
/// | 21-41 | which were slow |
/// | 42-46 | how many there are |
/// | 47-63 | its number, of which the lowest 17 bits |
///
/// Words are numbered from 0 for ever; a number lies at its remainder by the ring's length. Outcomes are appended to
/// the newest word with one compare-and-swap, which is what orders them; where that is full, the same instruction turns the
/// oldest word into the next. `newest` is a hint that follows: it is at most one behind.
pub(crate) struct Ring {
    newest: AtomicU64,
    /// Calls before this position are of an older generation.
    base: AtomicU64,
    words: [AtomicU64; WORDS],
}

const SLOW_SHIFT: u32 = 21;
const COUNT_SHIFT: u32 = 42;
const COUNT_MASK: u64 = 0b1_1111;
const NUMBER_SHIFT: u32 = 47;
const NUMBER_MASK: u64 = (1 << 17) - 1;
const MARKS: u64 = (1 << SLOW_SHIFT) - 1;

/// Readings that may be overtaken by callers before one is taken as it is.
const READINGS: u32 = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Outcomes(u64);

impl Outcomes {
    fn empty(number: u64) -> Self {
        Self((number & NUMBER_MASK) << NUMBER_SHIFT)
    }

    fn is(self, number: u64) -> bool {
        self.0 >> NUMBER_SHIFT == number & NUMBER_MASK
    }

    fn count(self) -> u64 {
        self.0 >> COUNT_SHIFT & COUNT_MASK
    }

    fn with(self, failed: u64, slow: u64) -> Self {
        let at = self.count();
        Self((self.0 | failed << at | slow << (at + u64::from(SLOW_SHIFT))) + (1 << COUNT_SHIFT))
    }

    /// The newest so many of its calls.
    fn newest(self, calls: u64) -> Sums {
        let marks = ((1_u64 << self.count()) - 1) & !((1_u64 << (self.count() - calls)) - 1) & MARKS;
        let failures = u64::from((self.0 & marks).count_ones());
        Sums {
            successes: calls - failures,
            failures,
            timeouts: 0,
            slow: u64::from((self.0 >> SLOW_SHIFT & marks).count_ones()),
        }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            newest: AtomicU64::new(0),
            base: AtomicU64::new(0),
            // As if a lap had been filled before: the word after the newest is always the oldest.
            words: std::array::from_fn(|at| {
                let lap_before = (at as u64).wrapping_sub(WORDS as u64);
                AtomicU64::new(Outcomes::empty(if at == 0 { 0 } else { lap_before }).0)
            }),
        }
    }
}

impl Ring {
    fn word(&self, number: u64) -> &AtomicU64 {
        &self.words[(number % WORDS as u64) as usize]
    }

    pub(crate) fn append(&self, failed: bool, slow: bool) {
        let (failed, slow) = (u64::from(failed), u64::from(slow));
        let swap = |number: u64, from: Outcomes, to: Outcomes| {
            self.word(number)
                .compare_exchange_weak(from.0, to.0, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
        };
        let mut number = self.newest.load(Ordering::Acquire);
        loop {
            let word = Outcomes(self.word(number).load(Ordering::Acquire));
            if !word.is(number) {
                // A lap ahead: the hint has moved on.
                number = self.newest.load(Ordering::Acquire);
            } else if word.count() < PER_WORD {
                if swap(number, word, word.with(failed, slow)) {
                    return;
                }
            } else {
                let turn = |next, oldest| swap(next, oldest, Outcomes::empty(next).with(failed, slow));
                match self.open_next(number, turn) {
                    Some(newest) => number = newest,
                    None => return,
                }
            }
        }
    }

    /// Turns the oldest word into the one after `full`, which is full. Answers where to try next; nowhere, where
    /// `turn` has done it.
    fn open_next(&self, full: u64, turn: impl FnOnce(u64, Outcomes) -> bool) -> Option<u64> {
        let next = full + 1;
        let oldest = Outcomes(self.word(next).load(Ordering::Acquire));
        let turned = oldest.is(next.wrapping_sub(WORDS as u64)) && turn(next, oldest);
        if turned || oldest.is(next) {
            // Before anybody goes on from there: so the hint is never more than one behind.
            self.newest.fetch_max(next, Ordering::AcqRel);
            return (!turned).then_some(next);
        }
        Some(self.newest.load(Ordering::Acquire))
    }

    /// The newest word's number, and what it holds.
    fn head(&self) -> (u64, Outcomes) {
        let hint = self.newest.load(Ordering::Acquire);
        let after = Outcomes(self.word(hint + 1).load(Ordering::Acquire));
        if after.is(hint + 1) {
            (hint + 1, after)
        } else {
            (hint, Outcomes(self.word(hint).load(Ordering::Acquire)))
        }
    }

    /// Calls from now on are of another generation.
    pub(crate) fn begin(&self) {
        let (number, word) = self.head();
        self.base.swap(number * PER_WORD + word.count(), Ordering::AcqRel);
    }

    /// The last so many calls of this generation, or as many as there were.
    pub(crate) fn last(&self, calls: u32) -> Sums {
        let mut sums = Sums::default();
        for _ in 0..READINGS {
            let overtaken = self.read(calls, &mut sums);
            if !overtaken {
                break;
            }
        }
        sums
    }

    /// True where callers have turned a word meanwhile that was still to be read.
    fn read(&self, calls: u32, sums: &mut Sums) -> bool {
        *sums = Sums::default();
        let (mut number, mut word) = self.head();
        if !word.is(number) {
            return true;
        }
        let known = (number * PER_WORD + word.count()).saturating_sub(self.base.load(Ordering::Acquire));
        let mut missing = known.min(u64::from(calls.min(MAX_LAST_CALLS)));
        loop {
            let taken = missing.min(word.count());
            let newest = word.newest(taken);
            sums.successes += newest.successes;
            sums.failures += newest.failures;
            sums.slow += newest.slow;
            missing -= taken;
            if missing == 0 {
                return false;
            }
            number -= 1;
            word = Outcomes(self.word(number).load(Ordering::Acquire));
            if !word.is(number) {
                return true;
            }
        }
    }
}
