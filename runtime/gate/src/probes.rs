//! How the probes of a half-open generation ended.

use crate::sync::{AtomicU64, Ordering};
use crate::word::GENERATION_SHIFT;

const FAILED: u64 = 1 << (GENERATION_SHIFT - 1);
const COUNT_MASK: u64 = FAILED - 1;

/// How the probes of the current generation ended so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probes {
    /// Probes that succeeded.
    pub successes: u32,
    /// Whether at least one failed.
    pub failed: bool,
}

/// One word: successes, whether one failed, and the generation they belong to.
pub(crate) struct ProbeWord(AtomicU64);

impl ProbeWord {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// True where it counted, that is, the generation is still the current one.
    pub(crate) fn success(&self, generation: u64) -> bool {
        self.record(generation, |word| {
            if word & COUNT_MASK < COUNT_MASK {
                word + 1
            } else {
                word
            }
        })
    }

    /// True where it counted, that is, the generation is still the current one.
    pub(crate) fn failure(&self, generation: u64) -> bool {
        self.record(generation, |word| word | FAILED)
    }

    fn record(&self, generation: u64, change: impl Fn(u64) -> u64) -> bool {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
                (word >> GENERATION_SHIFT == generation).then(|| change(word))
            })
            .is_ok()
    }

    pub(crate) fn read(&self, generation: u64) -> Probes {
        let word = self.0.load(Ordering::Acquire);
        if word >> GENERATION_SHIFT != generation {
            return Probes::default();
        }
        Probes {
            // Fits: the mask leaves 26 bits.
            successes: (word & COUNT_MASK) as u32,
            failed: word & FAILED != 0,
        }
    }

    /// Begins a generation. The owner calls it before it publishes the word.
    pub(crate) fn begin(&self, generation: u64) {
        self.0.swap(generation << GENERATION_SHIFT, Ordering::AcqRel);
    }
}
