//! The layout of the gate's word.
//!
//! | bits | what |
//! |---|---|
//! | 0-1 | state |
//! | 2 | dormant: no tick is armed; the next report wakes the owner (closed only) |
//! | 3-26 | free permits (half-open only, otherwise 0) |
//! | 27-63 | generation |
//!
//! The generation has 37 bits and wraps. A permit would be taken for a fresh one only if it were held while the
//! gate changes its state exactly 2^37 times: four years at a thousand changes a second.

use std::fmt;

/// Permits a half-open generation can have at most; more are cut to this.
pub const MAX_PERMITS: u32 = (1 << PERMIT_BITS) - 1;

const STATE_MASK: u64 = 0b11;
const DORMANT: u64 = 1 << 2;
const PERMIT_SHIFT: u32 = 3;
const PERMIT_BITS: u32 = 24;
const ONE_PERMIT: u64 = 1 << PERMIT_SHIFT;
const PERMIT_MASK: u64 = (MAX_PERMITS as u64) << PERMIT_SHIFT;

/// Where the generation begins, in this word and in every other that is tagged with one.
pub(crate) const GENERATION_SHIFT: u32 = PERMIT_SHIFT + PERMIT_BITS;

/// The state of a gate. Closed: calls flow. Open: calls are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls flow.
    Closed,
    /// Calls are refused.
    Open,
    /// A few probes are let through.
    HalfOpen,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The name, as in config, JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value of the gate's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    /// The dormant bit: set by the owner and cleared by the report that wakes it, each with one instruction.
    pub(crate) const DORMANT: u64 = DORMANT;

    pub(crate) fn new(state: State, permits: u32, generation: u64) -> Self {
        let state = match state {
            State::Closed => 0,
            State::Open => 1,
            State::HalfOpen => 2,
        };
        let permits = u64::from(permits.min(MAX_PERMITS));
        Self(state | permits << PERMIT_SHIFT | generation << GENERATION_SHIFT)
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        match self.0 & STATE_MASK {
            0 => State::Closed,
            1 => State::Open,
            _ => State::HalfOpen,
        }
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & STATE_MASK == 0
    }

    #[inline]
    pub(crate) fn is_dormant(self) -> bool {
        self.0 & DORMANT != 0
    }

    #[inline]
    pub(crate) fn dormant(self) -> Self {
        Self(self.0 | DORMANT)
    }

    #[inline]
    pub(crate) fn awake(self) -> Self {
        Self(self.0 & !DORMANT)
    }

    #[inline]
    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    /// The generation after this one, wrapped to its bits.
    pub(crate) fn next_generation(self) -> u64 {
        Self(self.0.wrapping_add(1 << GENERATION_SHIFT)).generation()
    }

    pub(crate) fn permits(self) -> u32 {
        // Fits: the mask leaves 24 bits.
        ((self.0 & PERMIT_MASK) >> PERMIT_SHIFT) as u32
    }

    /// One permit fewer, where there is one.
    pub(crate) fn take_permit(self) -> Option<Self> {
        (self.0 & PERMIT_MASK != 0).then(|| Self(self.0 - ONE_PERMIT))
    }

    /// One permit more.
    pub(crate) fn give_permit(self) -> Self {
        Self(self.0 + ONE_PERMIT)
    }
}
