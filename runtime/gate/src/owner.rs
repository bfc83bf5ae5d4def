use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use crate::gate::Gate;
use crate::sync::Ordering;
use crate::word::{State, Word};
use crate::{Probes, Rules, Runs, Sums};

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
        /// Who makes room for the next probe.
        pace: Pace,
    },
    /// Calls are refused until an operator says otherwise.
    ForcedOpen,
    /// Calls flow, uncounted, until an operator says otherwise.
    Disabled,
    /// Calls flow and are counted, without a consequence, until an operator says otherwise.
    MetricsOnly,
}

/// Who makes room for the next probe of a half-open gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A probe that succeeds: its permit is free again.
    Free,
    /// The owner, with [`Owner::grant`]. Only a probe that is cancelled gives its permit back.
    Metered,
}

impl Publish {
    /// The state without its numbers.
    pub fn state(self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open { .. } => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
            Self::ForcedOpen => State::ForcedOpen,
            Self::Disabled => State::Disabled,
            Self::MetricsOnly => State::MetricsOnly,
        }
    }
}

/// All that an owner decides by, read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Calls that ended while closed, since the gate was made.
    pub sums: Sums,
    /// The calls of a window of [last calls](Rules::last_calls), of this generation; none where the rules have no such.
    pub last_calls: Sums,
    /// The longest runs of this generation that reached a limit and were not [forgotten](Owner::forget_runs), else those
    /// that are going on.
    pub runs: Runs,
    /// How the probes of this generation ended; nothing in any state but half-open.
    pub probes: Probes,
    /// Probe permits that are free; 0 in any state but half-open.
    pub free_permits: u32,
    /// Probes that have not ended, or have failed; 0 in any state but half-open.
    pub under_way: u32,
    /// Until when callees have asked in this generation not to be called, as time since the mesh's epoch.
    pub retry_at: Option<Duration>,
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
    /// A call ended since the observation, or the gate is in a state that counts no calls: observe again.
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
                pace: if word.is_metered() {
                    Pace::Metered
                } else {
                    Pace::Free
                },
            },
            State::ForcedOpen => Publish::ForcedOpen,
            State::Disabled => Publish::Disabled,
            State::MetricsOnly => Publish::MetricsOnly,
        }
    }

    /// The number of the current generation; grows by one with each [`publish`](Self::publish), and wraps after
    /// 2^37.
    pub fn generation(&self) -> u64 {
        self.gate.word(Ordering::Acquire).generation()
    }

    /// Publishes a state and returns its generation. Runs, probes and permits begin anew; reports of calls that
    /// were admitted before change none of them. A fence is gone. The fuse stays as it is.
    pub fn publish(&self, publish: Publish) -> u64 {
        let gate = &*self.gate;
        let generation = gate.word(Ordering::Relaxed).next_generation();
        if let Publish::Open { refuse_until } = publish {
            let nanos = u64::try_from(refuse_until.as_nanos()).unwrap_or(u64::MAX);
            gate.refuse_until.store(nanos, Ordering::Relaxed);
        }
        let word = match publish {
            Publish::HalfOpen { permits, pace } => {
                let word = Word::new(State::HalfOpen, permits, generation);
                if pace == Pace::Metered {
                    word.metered()
                } else {
                    word
                }
            }
            Publish::Closed | Publish::MetricsOnly if gate.burning.posted.last_calls().is_some() => {
                Word::new(publish.state(), 0, generation).ordered()
            }
            other => Word::new(other.state(), 0, generation),
        };
        // Before the word: whoever is admitted by it finds counters of its own generation. Swaps, here and there,
        // because callers change the same atomics: loom orders read-modify-writes as hardware does, but not stores.
        gate.streak.begin(generation);
        gate.probes.begin(generation);
        if let Some(ring) = gate.ring.get() {
            ring.begin();
        }
        gate.burning.retry_at.swap(0, Ordering::AcqRel);
        gate.granted.store(word.permits(), Ordering::Release);
        gate.word.swap(word.0, Ordering::AcqRel);
        generation
    }

    /// Sets the rules that callers go by when they ring the bell and when they fence. A new gate has none.
    pub fn set_rules(&self, rules: &Rules) {
        self.gate
            .streak
            .set_limits(rules.consecutive_failures, rules.consecutive_timeouts);
        self.gate.burning.posted.post_rules(rules);
        if rules.last_calls.is_some() {
            self.gate.ring.get_or_init(Box::default);
        }
        let counts_calls = matches!(self.state(), State::Closed | State::MetricsOnly);
        if !self.gate.word(Ordering::Acquire).is_ordered()
            && let Some(ring) = self.gate.ring.get()
        {
            // What it holds is of a time before the calls that had no place in it.
            ring.begin();
        }
        match rules.last_calls {
            Some(_) if counts_calls => self.gate.word.fetch_or(Word::ORDERED, Ordering::AcqRel),
            _ => self.gate.word.fetch_and(!Word::ORDERED, Ordering::AcqRel),
        };
    }

    /// Allows one caller to *fence* the gate: one that has crossed the rules, by its own reading of the sums since `base`,
    /// shuts it at once and rings. The owner's next [`publish`](Self::publish) confirms it, [`lift`](Self::lift) undoes
    /// it, and after [`FENCE_LASTS`](crate::FENCE_LASTS) it lapses by itself. To be called at each look, so that an owner
    /// that is gone is stood in for once and no longer.
    ///
    /// A gate [without a clock](Gate::new) is never fenced.
    pub fn allow_fence(&self, base: Sums) {
        self.gate.burning.posted.post_base(base);
        self.gate.burning.fence.allow();
    }

    /// Leaves a closed gate to itself: calls that succeed wake nobody, the first bad one rings, and one that crosses the
    /// rules by the sums since `seen` may fence. For an owner that watches a gate only while something is wrong; what it
    /// has not seen by then is not lost: where it is [`Armed::Spent`], it is to look again.
    pub fn leave(&self, seen: Sums) -> Armed {
        self.gate.word.fetch_and(!Word::DORMANT, Ordering::AcqRel);
        self.allow_fence(seen);
        self.arm(Some(NonZeroU64::MIN), seen)
    }

    /// What [`leave`](Self::leave) was told last. Of time-outs there is no memory: it has those of now.
    pub fn left_at(&self) -> Sums {
        Sums {
            timeouts: self.sums().timeouts,
            ..self.gate.burning.posted.base()
        }
    }

    /// Lifts the fence, if there is one: the owner has looked, and the rules are not crossed. A caller that fences after
    /// the look rings for another one.
    pub fn lift(&self) {
        if self.gate.is_fenced() {
            self.gate.word.fetch_and(!Word::FENCED, Ordering::AcqRel);
        }
    }

    /// Forgets runs of this generation that have ended and were no longer than these: with [`Join::All`](crate::Join),
    /// for runs that the other rules did not join. A run that goes on is seen again, and nothing is forgotten where a caller
    /// has completed one since they were observed.
    pub fn forget_runs(&self, seen: Runs) {
        self.gate.streak.forget(self.generation(), seen);
    }

    /// Lets one more probe through, where the gate is half-open.
    pub fn grant(&self) {
        let word = self.gate.word(Ordering::Acquire);
        // Only the owner publishes, so the generation stays.
        if word.state() == State::HalfOpen && word.permits() < crate::MAX_PERMITS {
            self.gate.granted.fetch_add(1, Ordering::AcqRel);
            self.gate.give_permit(word.generation());
        }
    }

    /// Takes back what is free beyond one probe, where the owner meters them: a probe was cancelled, and the next one had been
    /// granted by then. To be called before each look at a half-open gate; until then a second one may begin.
    pub fn retract(&self) {
        let mut word = self.gate.word(Ordering::Acquire);
        while word.is_metered()
            && word.permits() > 1
            && let Some(fewer) = word.take_permit()
        {
            match self.gate.swap_word(word, fewer) {
                Ok(()) => {
                    self.gate.granted.fetch_sub(1, Ordering::AcqRel);
                    word = fewer;
                }
                Err(current) => word = current,
            }
        }
    }

    /// Calls that ended while closed, since the gate was made.
    pub fn sums(&self) -> Sums {
        self.gate.shards.sums()
    }

    /// Reads all that a decision needs.
    pub fn observe(&self) -> Observation {
        let gate = &*self.gate;
        // The probes before the word: one that ends in between is under way, and rings.
        let probes = gate.probes.read(gate.word(Ordering::Acquire).generation());
        let word = gate.word(Ordering::Acquire);
        // The runs before the sums: the calls of a run that is seen are seen.
        let runs = gate.streak.longest(word.generation());
        let is_half_open = word.state() == State::HalfOpen;
        let returned = if word.is_metered() { probes.successes } else { 0 };
        let granted = if is_half_open {
            gate.granted.load(Ordering::Acquire)
        } else {
            0
        };
        Observation {
            sums: gate.shards.sums(),
            last_calls: gate
                .burning
                .posted
                .last_calls()
                .map_or_else(Sums::default, |calls| gate.last_calls(calls)),
            runs,
            probes: if is_half_open { probes } else { Probes::default() },
            free_permits: word.permits(),
            under_way: granted.saturating_sub(word.permits()).saturating_sub(returned),
            retry_at: match gate.burning.retry_at.load(Ordering::Acquire) {
                0 => None,
                nanos => Some(Duration::from_nanos(nanos)),
            },
        }
    }

    /// Sets the fuse to the fewest bad calls, failed or slow, beyond those in `seen` that could trip; `None` where no
    /// number could. Where the rules have no rate and all must hold it is 1: the runs decide.
    ///
    /// Bad calls that land between `seen` and the arming are burnt off here. One that lands right after it may be
    /// burnt twice, and one that is both failed and slow too: the bell can ring early, never late.
    pub fn arm(&self, fuse: Option<NonZeroU64>, seen: Sums) -> Armed {
        self.gate.burning.fuse.arm(fuse);
        let missed = self.sums().bad().saturating_sub(seen.bad());
        if missed > 0 && self.gate.burning.fuse.burn_many(missed) {
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
        if !matches!(word.state(), State::Closed | State::MetricsOnly) {
            return Rest::Stirred;
        }
        // Only the owner publishes, so the state is still that.
        gate.word.fetch_or(Word::DORMANT, Ordering::AcqRel);
        if self.arm(fuse, seen) == Armed::Set && self.sums() == seen {
            return Rest::Asleep;
        }
        gate.word.fetch_and(!Word::DORMANT, Ordering::AcqRel);
        Rest::Stirred
    }
}
