use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::gate::Gate;
use crate::sync::Ordering;
use crate::word::{State, Word};

/// The right to make one call. Report how it ended; dropping it means that it never happened.
///
/// `G` is how the caller holds the gate: `&Gate` where the permit ends with the call, `Arc<Gate>` where it moves,
/// for example into a response body.
///
/// # Cancel safety
///
/// A permit that is dropped, also by a cancelled future or a panic, counts nothing and returns its probe permit.
#[must_use = "a permit that is dropped is a cancelled call"]
pub struct Permit<G: Deref<Target = Gate>> {
    gate: G,
    /// The word it was admitted under, without the dormant bit. Its state says whether a probe permit is held:
    /// a settled probe sets it to open, which no permit is admitted under.
    admitted: Word,
}

impl<G: Deref<Target = Gate>> Permit<G> {
    /// Asks `gate` for the right to make one call.
    ///
    /// # Errors
    ///
    /// [`Shut`] where the gate is open, or half-open with all its permits in use. Nothing is written then.
    #[inline]
    pub fn acquire(gate: G) -> Result<Self, Shut> {
        let word = gate.word(Ordering::Acquire);
        match word.state() {
            State::Closed => Ok(Self {
                gate,
                admitted: word.awake(),
            }),
            State::Open => Err(Shut::new(&gate, word)),
            State::HalfOpen => match gate.enter_half_open(word) {
                Ok(admitted) => Ok(Self { gate, admitted }),
                Err(word) => Err(Shut::new(&gate, word)),
            },
        }
    }

    /// Whether this call is a probe of a half-open gate.
    #[inline]
    pub fn is_probe(&self) -> bool {
        self.admitted.state() == State::HalfOpen
    }

    /// The call succeeded.
    #[inline]
    pub fn success(mut self) {
        if self.admitted.is_closed() {
            self.gate.closed_success(self.admitted);
        } else {
            let generation = self.settle();
            self.gate.probe_success(generation);
        }
    }

    /// The call failed.
    #[inline]
    pub fn failure(mut self) {
        if self.admitted.is_closed() {
            self.gate.closed_failure(self.admitted);
        } else {
            let generation = self.settle();
            self.gate.probe_failure(generation);
        }
    }

    /// The call was not made, or its end says nothing about the callee. The same as dropping the permit.
    #[inline]
    pub fn cancel(self) {
        drop(self);
    }

    /// Marks a probe as reported, so that the drop that follows returns nothing.
    fn settle(&mut self) -> u64 {
        let generation = self.admitted.generation();
        self.admitted = Word::new(State::Open, 0, generation);
        generation
    }
}

impl<G: Deref<Target = Gate>> Drop for Permit<G> {
    #[inline]
    fn drop(&mut self) {
        if self.is_probe() {
            self.gate.leave_half_open(self.admitted.generation());
        }
    }
}

impl<G: Deref<Target = Gate>> fmt::Debug for Permit<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("probe", &self.is_probe())
            .field("generation", &self.admitted.generation())
            .finish_non_exhaustive()
    }
}

/// The gate refused the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shut {
    state: State,
    refuse_until: u64,
}

impl Shut {
    #[inline]
    pub(crate) fn new(gate: &Gate, word: Word) -> Self {
        Self {
            state: word.state(),
            refuse_until: gate.refuse_until.load(Ordering::Relaxed),
        }
    }

    /// The state that refused: open, or half-open with all its permits in use.
    pub fn state(&self) -> State {
        self.state
    }

    /// When a new try makes sense, as time since the mesh's epoch; known while open.
    pub fn retry_at(&self) -> Option<Duration> {
        (self.state == State::Open).then(|| Duration::from_nanos(self.refuse_until))
    }
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::HalfOpen => f.write_str("refused: half-open, and all probe permits are in use"),
            State::Open | State::Closed => f.write_str("refused: open"),
        }
    }
}

impl std::error::Error for Shut {}
