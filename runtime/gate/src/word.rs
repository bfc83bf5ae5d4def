//! The layout of the gate's word.
//!
//! | bits | what |
//! |---|---|
//! | 0-2 | state |
//! | 3 | dormant: no tick is armed; the next report wakes the owner (closed and metrics-only) |
//! | 4 | fenced: a caller has shut the gate until the owner has looked (closed only) |
//! | 5 | metered: a probe that ends gives no permit back, the owner grants the next (half-open only) |
//! | 6 | slow: never in the gate, only in a permit's copy of the word: its call was slow |
//! | 7 | ordered: reports also go to the ring of the last calls (closed and metrics-only) |
//! | 8-26 | free permits (half-open only, otherwise 0) |
//! | 27-63 | generation |
//!
//! The generation has 37 bits and wraps. A permit would be taken for a fresh one only if it were held while the
//! gate changes its state exactly 2^37 times: four years at a thousand changes a second.

use std::fmt;

/// Permits a half-open generation can have at most; more are cut to this.
pub const MAX_PERMITS: u32 = (1 << PERMIT_BITS) - 1;

const STATE_MASK: u64 = 0b111;
const DORMANT: u64 = 1 << 3;
const FENCED: u64 = 1 << 4;
const METERED: u64 = 1 << 5;
const SLOW: u64 = 1 << 6;
const ORDERED: u64 = 1 << 7;
const PERMIT_SHIFT: u32 = 8;
const PERMIT_BITS: u32 = 19;
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
    /// Calls are refused, by order of an operator.
    ForcedOpen,
    /// Calls flow, uncounted, by order of an operator.
    Disabled,
    /// Calls flow and are counted, and nothing follows from it, by order of an operator.
    MetricsOnly,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
        Self::MetricsOnly,
    ];

    /// The name, as in config, JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
            Self::ForcedOpen => "forcedOpen",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metricsOnly",
        }
    }

    /// Whether an operator has ordered it, so that no rule and no time ends it.
    pub fn is_forced(self) -> bool {
        matches!(self, Self::ForcedOpen | Self::Disabled | Self::MetricsOnly)
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
    /// Set and cleared by the owner.
    pub(crate) const ORDERED: u64 = ORDERED;
    /// The fence: set by a caller and cleared by the owner, or by a caller once it has lapsed.
    pub(crate) const FENCED: u64 = FENCED;

    pub(crate) fn new(state: State, permits: u32, generation: u64) -> Self {
        let state = match state {
            State::Closed => 0,
            State::Open => 1,
            State::HalfOpen => 2,
            State::ForcedOpen => 3,
            State::Disabled => 4,
            State::MetricsOnly => 5,
        };
        let permits = u64::from(permits.min(MAX_PERMITS));
        Self(state | permits << PERMIT_SHIFT | generation << GENERATION_SHIFT)
    }

    #[inline]
    pub(crate) fn state(self) -> State {
        match self.0 & STATE_MASK {
            0 => State::Closed,
            1 => State::Open,
            2 => State::HalfOpen,
            3 => State::ForcedOpen,
            4 => State::Disabled,
            _ => State::MetricsOnly,
        }
    }

    /// Closed, and no fence: the one test of a call in ordinary times.
    #[inline]
    pub(crate) fn is_flowing(self) -> bool {
        self.0 & (STATE_MASK | FENCED) == 0
    }

    /// Closed without a fence, nothing to say about the call, and no order to keep: the one test of a success in ordinary
    /// times.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0 & (STATE_MASK | FENCED | SLOW | ORDERED) == 0
    }

    pub(crate) fn is_ordered(self) -> bool {
        self.0 & ORDERED != 0
    }

    pub(crate) fn ordered(self) -> Self {
        Self(self.0 | ORDERED)
    }

    #[inline]
    pub(crate) fn is_fenced(self) -> bool {
        self.0 & FENCED != 0
    }

    pub(crate) fn fenced(self) -> Self {
        Self(self.0 | FENCED)
    }

    /// What a report compares with the word that it was admitted under: without what changes in a generation.
    #[inline]
    pub(crate) fn bare(self) -> Self {
        Self(self.0 & !(DORMANT | FENCED | SLOW | ORDERED))
    }

    /// What a call is admitted under.
    #[inline]
    pub(crate) fn admitting(self) -> Self {
        Self(self.0 & !(DORMANT | FENCED))
    }

    pub(crate) fn is_slow(self) -> bool {
        self.0 & SLOW != 0
    }

    pub(crate) fn slow(self) -> Self {
        Self(self.0 | SLOW)
    }

    pub(crate) fn is_metered(self) -> bool {
        self.0 & METERED != 0
    }

    pub(crate) fn metered(self) -> Self {
        Self(self.0 | METERED)
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
        // Fits: the mask leaves 19 bits.
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
