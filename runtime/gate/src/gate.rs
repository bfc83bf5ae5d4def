use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::fence::Fence;
use crate::fuse::Fuse;
use crate::posted::Posted;
use crate::probes::ProbeWord;
use crate::ring::Ring;
use crate::rules::Join;
use crate::shard::{Fault, Shards};
use crate::streak::{Reached, Streak};
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use crate::word::{State, Word};
use crate::{Bell, Clock, Owner, Shut, Sums};

/// What callers ask before a call, through [`Permit::acquire`](crate::Permit::acquire).
///
/// A gate outlives the incarnations of the actor that owns it: while that restarts, callers go by the state that
/// was published last.
///
/// # Layout
///
/// The fields stand in the order of their use: what every call reads is together in the middle, and what is seldom written
/// is round it, so that no neighbour on the heap shares a line with the word.
#[repr(C)]
pub struct Gate {
    pub(crate) bell: Arc<dyn Bell>,
    /// Made when rules first ask for it, and kept.
    pub(crate) ring: OnceLock<Box<CachePadded<Ring>>>,
    // Read by every call: the word, where its thread counts, and whether there is a run to end. Written at transitions, by
    // probes and by failures.
    pub(crate) word: AtomicU64,
    pub(crate) shards: Shards,
    pub(crate) streak: Streak,
    /// Nanoseconds since the mesh's epoch; meaningful while open.
    pub(crate) refuse_until: AtomicU64,
    pub(crate) probes: ProbeWord,
    /// Permits that the half-open generation was given so far. Written by the owner alone.
    pub(crate) granted: AtomicU32,
    // Written by failures, and by the owner's looks.
    pub(crate) burning: Burning,
}

/// What a bad call burns, and what one that has burnt it all goes by.
pub(crate) struct Burning {
    pub(crate) fuse: Fuse,
    pub(crate) posted: Posted,
    pub(crate) fence: Fence,
    /// Nanoseconds since the mesh's epoch; 0 where no callee has asked for anything.
    pub(crate) retry_at: AtomicU64,
}

impl Gate {
    /// A closed gate without rules, and the right to publish its state. It begins dormant: the first call that
    /// ends rings `bell`. Only its owner shuts it.
    pub fn new(bell: Arc<dyn Bell>) -> (Arc<Self>, Owner) {
        Self::with(bell, Fence::never(), Shards::by_thread())
    }

    /// As [`new`](Self::new), with the difference that a caller whose failure crosses the rules may
    /// [fence](crate::Owner::allow_fence) it until the owner has looked. `clock` tells the time since the mesh's
    /// epoch; it is read where a fence is set, and by calls that meet one.
    pub fn fenced_by(bell: Arc<dyn Bell>, clock: Clock) -> (Arc<Self>, Owner) {
        Self::with(bell, Fence::by(clock), Shards::by_thread())
    }

    /// As [`fenced_by`](Self::fenced_by), for gates by the hundred thousand: less than 300 bytes each, where one with a
    /// line for each thread has more than a thousand. All threads count on one line: a call costs an atomic
    /// read-modify-write more.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use hedgerow_gate::{Bell, Gate};
    ///
    /// struct Silent;
    /// impl Bell for Silent {
    ///     fn ring(&self) {}
    /// }
    ///
    /// let (gate, _owner) = Gate::compact(Arc::new(Silent), Arc::new(|| Duration::ZERO));
    /// assert!(size_of_val(&*gate) < 300);
    /// ```
    pub fn compact(bell: Arc<dyn Bell>, clock: Clock) -> (Arc<Self>, Owner) {
        Self::with(bell, Fence::by(clock), Shards::compact())
    }

    fn with(bell: Arc<dyn Bell>, fence: Fence, shards: Shards) -> (Arc<Self>, Owner) {
        let gate = Arc::new(Self {
            word: AtomicU64::new(Word::new(State::Closed, 0, 0).dormant().0),
            shards,
            refuse_until: AtomicU64::new(0),
            probes: ProbeWord::new(),
            granted: AtomicU32::new(0),
            bell,
            ring: OnceLock::new(),
            streak: Streak::new(),
            burning: Burning {
                fuse: Fuse::new(),
                posted: Posted::new(),
                fence,
                retry_at: AtomicU64::new(0),
            },
        });
        let owner = Owner::of(Arc::clone(&gate));
        (gate, owner)
    }

    /// The state callers meet now. A fence is no state: see [`is_fenced`](Self::is_fenced).
    #[inline]
    pub fn state(&self) -> State {
        self.word(Ordering::Acquire).state()
    }

    /// Whether a caller has shut it until the owner has looked. It may have lapsed: the next call will tell.
    pub fn is_fenced(&self) -> bool {
        self.word(Ordering::Acquire).is_fenced()
    }

    /// Probe permits that are free now; 0 in any state but half-open.
    pub fn free_permits(&self) -> u32 {
        self.word(Ordering::Acquire).permits()
    }

    /// Why a call would be refused now; `None` where one would be admitted. It takes no permit, so it is no promise:
    /// only [`Permit::acquire`](crate::Permit::acquire) admits.
    pub fn shut(&self) -> Option<Shut> {
        let word = self.word(Ordering::Acquire);
        let admits = match word.state() {
            State::Closed => !word.is_fenced() || self.burning.fence.has_lapsed(),
            State::Disabled | State::MetricsOnly => true,
            State::Open | State::ForcedOpen => false,
            State::HalfOpen => word.permits() > 0,
        };
        (!admits).then(|| Shut::new(self, word))
    }

    #[inline]
    pub(crate) fn word(&self, ordering: Ordering) -> Word {
        Word(self.word.load(ordering))
    }

    /// Asks a gate that is not simply closed. Takes a probe permit of a half-open one. Answers what the call is
    /// admitted under, or the word that refuses it.
    #[cold]
    pub(crate) fn enter(&self, word: Word) -> Result<Word, Word> {
        let mut word = word;
        loop {
            let changed = match word.state() {
                State::Closed if !word.is_fenced() => return Ok(word.admitting()),
                State::Closed if !self.burning.fence.has_lapsed() => return Err(word),
                State::Closed => Word(word.0 & !Word::FENCED),
                State::Disabled | State::MetricsOnly => return Ok(word.admitting()),
                State::Open | State::ForcedOpen => return Err(word),
                State::HalfOpen => word.take_permit().ok_or(word)?,
            };
            match self.swap_word(word, changed) {
                Ok(()) => {
                    if changed.is_metered() {
                        // From now on the owner counts the time to the next probe.
                        self.bell.ring();
                    }
                    return Ok(changed.admitting());
                }
                Err(current) => word = current,
            }
        }
    }

    /// The last so many calls, where they are kept.
    pub(crate) fn last_calls(&self, calls: u32) -> Sums {
        self.ring
            .get()
            .map_or_else(Sums::default, |ring| ring.last(calls))
    }

    /// Gives a probe permit back, unless its generation is over.
    pub(crate) fn give_permit(&self, generation: u64) {
        let mut word = self.word(Ordering::Relaxed);
        while word.generation() == generation {
            match self.swap_word(word, word.give_permit()) {
                Ok(()) => return,
                Err(current) => word = current,
            }
        }
    }

    pub(crate) fn swap_word(&self, from: Word, to: Word) -> Result<(), Word> {
        self.word
            .compare_exchange_weak(from.0, to.0, Ordering::AcqRel, Ordering::Acquire)
            .map(|_| ())
            .map_err(Word)
    }

    #[inline]
    pub(crate) fn closed_success(&self, admitted: Word) {
        let now = self.word(Ordering::Relaxed);
        if now == admitted {
            self.shards.add_success();
            self.streak.success(admitted.generation());
        } else {
            self.closed_success_of_another_word(admitted, now);
        }
    }

    /// The owner sleeps, or there is a fence, or the generation is over.
    #[cold]
    fn closed_success_of_another_word(&self, admitted: Word, now: Word) {
        if now.bare() == admitted {
            self.count(now, None, false);
            self.streak.success(admitted.generation());
            self.wake_dormant();
        }
    }

    /// A success that is slow, or that has a place in the order of calls.
    pub(crate) fn closed_uncommon_success(&self, admitted: Word) {
        let now = self.word(Ordering::Relaxed);
        if now.bare() != admitted.bare() {
            return;
        }
        self.count(now, None, admitted.is_slow());
        self.streak.success(admitted.generation());
        if admitted.is_slow() {
            self.burn(admitted, self.streak.reached_by_none());
        }
        self.wake_dormant();
    }

    pub(crate) fn closed_failure(&self, admitted: Word, fault: Fault, retry_at: Option<Duration>) {
        let now = self.word(Ordering::Relaxed);
        if now.bare() != admitted.bare() {
            return;
        }
        self.note_retry_at(retry_at);
        self.count(now, Some(fault), admitted.is_slow());
        let reached = self.streak.failure(admitted.generation(), fault);
        self.burn(admitted, reached);
        // Read after the fuse: an owner that fell asleep before this burn is seen here, one that falls asleep
        // after it sees the count.
        self.wake_dormant();
    }

    /// Counts a call where the word of now says.
    fn count(&self, now: Word, failed: Option<Fault>, slow: bool) {
        if now.is_ordered()
            && let Some(ring) = self.ring.get()
        {
            ring.append(failed.is_some(), slow);
        }
        if slow {
            self.shards.add_slow();
        }
        match failed {
            Some(fault) => self.shards.add_failure(fault),
            None => self.shards.add_success(),
        }
    }

    /// Burns the fuse, and rings where the rules may be crossed.
    fn burn(&self, admitted: Word, reached: Reached) {
        let Burning {
            fuse, posted, fence, ..
        } = &self.burning;
        let left = fuse.burn();
        let (rings, runs_hold) = match posted.join() {
            Join::Any => (left == 0 || reached.any, reached.any),
            Join::All => (left <= 0 && reached.all, false),
        };
        if !rings {
            return;
        }
        // Only here: where all rules must hold, a run that the rates have not joined is nothing to keep.
        self.streak.latch(reached);
        if fence.is_allowed() {
            let rates_hold = || posted.rates_hold(|| self.shards.sums(), |calls| self.last_calls(calls));
            let crossed = match posted.join() {
                Join::Any => runs_hold || rates_hold() == Some(true),
                // Where no rate is on, the runs are all there is.
                Join::All => rates_hold().unwrap_or(!posted.has_rates() && self.streak.is_limited()),
            };
            if crossed && fence.raise() {
                self.fence_off(admitted);
            }
        }
        // After the fence: the look that answers meets it.
        self.bell.ring();
    }

    fn fence_off(&self, admitted: Word) {
        let mut word = self.word(Ordering::Relaxed);
        while word.bare() == admitted.bare() && !word.is_fenced() {
            match self.swap_word(word, word.fenced()) {
                Ok(()) => return,
                Err(current) => word = current,
            }
        }
    }

    /// Counts a call of a gate that draws no consequence.
    pub(crate) fn count_only(&self, admitted: Word, failed: Option<Fault>) {
        let now = self.word(Ordering::Relaxed);
        if now.bare() == admitted.bare() {
            self.count(now, failed, admitted.is_slow());
            self.wake_dormant();
        }
    }

    pub(crate) fn note_retry_at(&self, retry_at: Option<Duration>) {
        if let Some(at) = retry_at {
            let nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
            self.burning.retry_at.fetch_max(nanos, Ordering::AcqRel);
        }
    }

    /// Rings once for all who find the owner asleep.
    fn wake_dormant(&self) {
        if !self.word(Ordering::Relaxed).is_dormant() {
            return;
        }
        let before = Word(self.word.fetch_and(!Word::DORMANT, Ordering::AcqRel));
        if before.is_dormant() {
            self.bell.ring();
        }
    }

    /// Gives the permit back.
    #[cold]
    pub(crate) fn cancel_probe(&self, admitted: Word) {
        self.give_permit(admitted.generation());
        if admitted.is_metered() {
            // The owner is to know that there is room again before the next one begins.
            self.bell.ring();
        }
    }

    /// Success gives the permit back, unless the owner meters them.
    #[cold]
    pub(crate) fn probe_success(&self, admitted: Word) {
        let generation = admitted.generation();
        if self.probes.success(generation) {
            if !admitted.is_metered() {
                self.give_permit(generation);
            }
            self.bell.ring();
        }
    }

    /// Failure keeps the permit: the generation is decided, and the owner's next one has permits of its own.
    #[cold]
    pub(crate) fn probe_failure(&self, admitted: Word, retry_at: Option<Duration>) {
        let generation = admitted.generation();
        if self.word(Ordering::Relaxed).generation() == generation {
            self.note_retry_at(retry_at);
        }
        if self.probes.failure(generation) {
            self.bell.ring();
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word(Ordering::Acquire);
        f.debug_struct("Gate")
            .field("state", &word.state())
            .field("fenced", &word.is_fenced())
            .field("generation", &word.generation())
            .field("free_permits", &word.permits())
            .field("dormant", &word.is_dormant())
            .field("sums", &self.shards.sums())
            .finish()
    }
}
