use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::gate::Gate;
use crate::sync::Ordering;
use crate::word::{State, Word};
use crate::{Probes, Sums};

/// The right to publish the state of one gate.
///
/// It belongs to the slot of the owning actor and is cloned into each incarnation. **Only one incarnation uses it
/// at a time**: that is the owner's promise. Callers stay safe where it is broken (none is admitted beyond a
/// word's permits), but a transition may be overwritten by another.
///
/// # Restarts
///
/// Nothing that an owner reads is consumed by reading: a fresh incarnation sees all that its predecessor saw.
#[derive(Debug, Clone)]
pub struct Owner {
    gate: Arc<Gate>,
}

/// A state to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// Calls flow.
    Closed,
    /// Calls are refused.
    Open {
        /// Until when, as time since the mesh's epoch. Callers are told; only the owner ends it.
        refuse_until: Duration,
    },
    /// Probes are let through.
    HalfOpen {
        /// How many at once; more than [`MAX_PERMITS`](crate::MAX_PERMITS) are cut to that.
        permits: u32,
    },
}

impl Publish {
    /// The state without its numbers.
    pub fn state(self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open { .. } => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
        }
    }
}

/// All that an owner decides by, read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Calls that ended while closed, since the gate was made.
    pub sums: Sums,
    /// The longest run of failures of this generation that reached the limit.
    pub streak: Option<u32>,
    /// How the probes of this generation ended; nothing in any state but half-open.
    pub probes: Probes,
    /// Probe permits that are free; 0 in any state but half-open. What is missing is with probes that have not
    /// ended, or have failed.
    pub free_permits: u32,
}

/// What became of arming the fuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a fuse that is spent rings no bell: look again"]
pub enum Armed {
    /// It is set; who spends it rings.
    Set,
    /// The failures since the observation have already spent it: observe again. No bell rings for these.
    Spent,
}

/// What became of going to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an owner that was stirred has to look again"]
pub enum Rest {
    /// No tick is needed: the next call that ends rings the bell.
    Asleep,
    /// A call ended since the observation, or the gate is not closed: observe again.
    Stirred,
}

impl Owner {
    pub(crate) fn of(gate: Arc<Gate>) -> Self {
        Self { gate }
    }

    /// The gate it publishes to.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The state that was published last.
    pub fn state(&self) -> State {
        self.gate.state()
    }

    /// What was published last, with its numbers. The permits of a half-open gate are those that are free now.
    pub fn published(&self) -> Publish {
        let word = self.gate.word(Ordering::Acquire);
        match word.state() {
            State::Closed => Publish::Closed,
            State::Open => Publish::Open {
                refuse_until: Duration::from_nanos(self.gate.refuse_until.load(Ordering::Relaxed)),
            },
            State::HalfOpen => Publish::HalfOpen {
                permits: word.permits(),
            },
        }
    }

    /// The number of the current generation; grows by one with each [`publish`](Self::publish), and wraps after
    /// 2^37.
    pub fn generation(&self) -> u64 {
        self.gate.word(Ordering::Acquire).generation()
    }

    /// Publishes a state and returns its generation. Runs, probes and permits begin anew; reports of calls that
    /// were admitted before change none of them. The fuse stays as it is.
    pub fn publish(&self, publish: Publish) -> u64 {
        let gate = &*self.gate;
        let generation = gate.word(Ordering::Relaxed).next_generation();
        let permits = match publish {
            Publish::Closed => 0,
            Publish::Open { refuse_until } => {
                let nanos = u64::try_from(refuse_until.as_nanos()).unwrap_or(u64::MAX);
                gate.refuse_until.store(nanos, Ordering::Relaxed);
                0
            }
            Publish::HalfOpen { permits } => permits,
        };
        // Before the word: whoever is admitted by it finds counters of its own generation. Swaps, here and there,
        // because callers change the same atomics: loom orders read-modify-writes as hardware does, but not stores.
        gate.streak.begin(generation);
        gate.probes.begin(generation);
        let word = Word::new(publish.state(), permits, generation);
        gate.word.swap(word.0, Ordering::AcqRel);
        generation
    }

    /// Failures in a row that ring the bell; `None` is off, which is how a gate begins. A limit is at most
    /// 2^27 - 1.
    pub fn limit_streak(&self, limit: Option<u32>) {
        self.gate.streak.set_limit(limit);
    }

    /// Calls that ended while closed, since the gate was made.
    pub fn sums(&self) -> Sums {
        self.gate.shards.sums()
    }

    /// Reads all that a decision needs.
    pub fn observe(&self) -> Observation {
        let gate = &*self.gate;
        let word = gate.word(Ordering::Acquire);
        Observation {
            sums: gate.shards.sums(),
            streak: gate.streak.latched(word.generation()),
            probes: match word.state() {
                State::HalfOpen => gate.probes.read(word.generation()),
                State::Closed | State::Open => Probes::default(),
            },
            free_permits: word.permits(),
        }
    }

    /// Sets the fuse to the fewest failures beyond those in `seen` that could trip; `None` where no number could.
    ///
    /// Failures that land between `seen` and the arming are burnt off here. One that lands right after it may be
    /// burnt twice: the bell can ring early, never late.
    pub fn arm(&self, fuse: Option<NonZeroU64>, seen: Sums) -> Armed {
        self.gate.fuse.arm(fuse);
        let missed = self.sums().failures.saturating_sub(seen.failures);
        if missed > 0 && self.gate.fuse.burn_many(missed) {
            Armed::Spent
        } else {
            Armed::Set
        }
    }

    /// Arms the fuse and goes to rest, where `seen` is an empty window: no tick is needed until a call ends.
    ///
    /// A success that is being counted in this very instant may stay unseen until the next call ends (it is in
    /// the sums then). A failure never does.
    pub fn rest(&self, fuse: Option<NonZeroU64>, seen: Sums) -> Rest {
        let gate = &*self.gate;
        let word = gate.word(Ordering::Acquire);
        if !word.is_closed() {
            return Rest::Stirred;
        }
        // Only the owner publishes, so the word is still closed.
        gate.word.fetch_or(Word::DORMANT, Ordering::AcqRel);
        if self.arm(fuse, seen) == Armed::Set && self.sums() == seen {
            return Rest::Asleep;
        }
        gate.word.fetch_and(!Word::DORMANT, Ordering::AcqRel);
        Rest::Stirred
    }
}
