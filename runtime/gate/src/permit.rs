use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::gate::Gate;
use crate::shard::Fault;
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
    /// The word it was admitted under, without dormant bit and fence, and whether the call was slow. Its state says whether a probe permit is held:
    /// a settled probe sets it to open, which no permit is admitted under.
    admitted: Word,
}

impl<G: Deref<Target = Gate>> Permit<G> {
    /// Asks `gate` for the right to make one call.
    ///
    /// # Errors
    ///
    /// [`Shut`] where the gate is open or fenced, or half-open with all its permits in use. Nothing is written then.
    #[inline]
    pub fn acquire(gate: G) -> Result<Self, Shut> {
        let word = gate.word(Ordering::Acquire);
        if word.is_flowing() {
            let admitted = word.awake();
            return Ok(Self { gate, admitted });
        }
        if word.state() == State::Open {
            return Err(Shut::new(&gate, word));
        }
        match gate.enter(word) {
            Ok(admitted) => Ok(Self { gate, admitted }),
            Err(word) => Err(Shut::new(&gate, word)),
        }
    }

    /// Whether this call is a probe of a half-open gate.
    #[inline]
    pub fn is_probe(&self) -> bool {
        self.admitted.state() == State::HalfOpen
    }

    /// The call took longer than a call should, however it ended. To be followed by the report of its end.
    pub fn slow(mut self) -> Self {
        self.admitted = self.admitted.slow();
        self
    }

    /// The call succeeded.
    #[inline]
    pub fn success(self) {
        if self.admitted.is_plain() {
            self.gate.closed_success(self.admitted);
        } else {
            self.uncommon_success();
        }
    }

    fn uncommon_success(mut self) {
        let admitted = self.settle();
        match admitted.state() {
            State::Closed => self.gate.closed_uncommon_success(admitted),
            State::HalfOpen => self.gate.probe_success(admitted),
            State::MetricsOnly => self.gate.count_only(admitted, None),
            // A disabled gate counts nothing, an open one admits nothing.
            State::Disabled | State::Open | State::ForcedOpen => {}
        }
    }

    /// The call failed.
    #[inline]
    pub fn failure(self) {
        self.fail(Fault::Other, None);
    }

    /// The call failed because it took too long.
    pub fn timeout(self) {
        self.fail(Fault::Timeout, None);
    }

    /// The call failed, and the callee asks not to be called before `at`, as time since the mesh's epoch. The owner may
    /// stay open until then.
    pub fn failure_until(self, at: Duration) {
        self.fail(Fault::Other, Some(at));
    }

    /// The call failed because it took too long, and the callee asks not to be called before `at`, as in
    /// [`failure_until`](Self::failure_until).
    pub fn timeout_until(self, at: Duration) {
        self.fail(Fault::Timeout, Some(at));
    }

    fn fail(mut self, fault: Fault, retry_at: Option<Duration>) {
        let admitted = self.settle();
        match admitted.state() {
            State::Closed => self.gate.closed_failure(admitted, fault, retry_at),
            State::HalfOpen => self.gate.probe_failure(admitted, retry_at),
            State::MetricsOnly => self.gate.count_only(admitted, Some(fault)),
            State::Disabled | State::Open | State::ForcedOpen => {}
        }
    }

    /// The call was not made, or its end says nothing about the callee. The same as dropping the permit.
    #[inline]
    pub fn cancel(self) {
        drop(self);
    }

    /// What it was admitted under. Marks it as reported, so that the drop that follows returns nothing.
    fn settle(&mut self) -> Word {
        let settled = Word::new(State::Open, 0, self.admitted.generation());
        std::mem::replace(&mut self.admitted, settled)
    }
}

impl<G: Deref<Target = Gate>> Drop for Permit<G> {
    #[inline]
    fn drop(&mut self) {
        if self.is_probe() {
            self.gate.cancel_probe(self.admitted);
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
    until: u64,
}

impl Shut {
    #[inline]
    pub(crate) fn new(gate: &Gate, word: Word) -> Self {
        let state = word.state();
        let until = if state == State::Closed {
            Self::fenced_until(gate)
        } else {
            gate.refuse_until.load(Ordering::Relaxed)
        };
        Self { state, until }
    }

    #[cold]
    fn fenced_until(gate: &Gate) -> u64 {
        u64::try_from(gate.burning.fence.until().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The state that refused: open, forced open, half-open with all its permits in use, or closed behind a fence.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether a fence refused.
    pub fn is_fenced(&self) -> bool {
        self.state == State::Closed
    }

    /// When a new try makes sense, as time since the mesh's epoch; known while open or fenced.
    pub fn retry_at(&self) -> Option<Duration> {
        matches!(self.state, State::Open | State::Closed).then(|| Duration::from_nanos(self.until))
    }
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::HalfOpen => f.write_str("refused: half-open, and all probe permits are in use"),
            State::ForcedOpen => f.write_str("refused: forced open by an operator"),
            State::Closed => f.write_str("refused: fenced until the owner has looked"),
            State::Open | State::Disabled | State::MetricsOnly => f.write_str("refused: open"),
        }
    }
}

impl std::error::Error for Shut {}
