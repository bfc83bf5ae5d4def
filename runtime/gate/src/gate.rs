use std::fmt;
use std::sync::Arc;

use crossbeam_utils::CachePadded;

use crate::fuse::Fuse;
use crate::probes::ProbeWord;
use crate::shard::Shards;
use crate::streak::Streak;
use crate::sync::{AtomicU64, Ordering};
use crate::word::{State, Word};
use crate::{Bell, Owner, Shut};

/// What callers ask before a call, through [`Permit::acquire`](crate::Permit::acquire).
///
/// A gate outlives the incarnations of the actor that owns it: while that restarts, callers go by the state that
/// was published last.
pub struct Gate {
    // Read by every call, written at transitions and by probes: these share a line of their own.
    pub(crate) word: AtomicU64,
    pub(crate) shards: Shards,
    /// Nanoseconds since the mesh's epoch; meaningful while open.
    pub(crate) refuse_until: AtomicU64,
    pub(crate) probes: ProbeWord,
    pub(crate) bell: Arc<dyn Bell>,
    // Written by failures.
    pub(crate) streak: CachePadded<Streak>,
    pub(crate) fuse: CachePadded<Fuse>,
}

impl Gate {
    /// A closed gate without limits, and the right to publish its state. It begins dormant: the first call that
    /// ends rings `bell`.
    pub fn new(bell: Arc<dyn Bell>) -> (Arc<Self>, Owner) {
        let gate = Arc::new(Self {
            word: AtomicU64::new(Word::new(State::Closed, 0, 0).dormant().0),
            shards: Shards::default(),
            refuse_until: AtomicU64::new(0),
            probes: ProbeWord::new(),
            bell,
            streak: CachePadded::new(Streak::new()),
            fuse: CachePadded::new(Fuse::new()),
        });
        let owner = Owner::of(Arc::clone(&gate));
        (gate, owner)
    }

    /// The state callers meet now.
    #[inline]
    pub fn state(&self) -> State {
        self.word(Ordering::Acquire).state()
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
            State::Closed => true,
            State::Open => false,
            State::HalfOpen => word.permits() > 0,
        };
        (!admits).then(|| Shut::new(self, word))
    }

    #[inline]
    pub(crate) fn word(&self, ordering: Ordering) -> Word {
        Word(self.word.load(ordering))
    }

    /// Takes a probe permit of the half-open generation in `word`, or says which word refused.
    #[cold]
    pub(crate) fn enter_half_open(&self, word: Word) -> Result<Word, Word> {
        let mut word = word;
        loop {
            if word.state() != State::HalfOpen {
                // Published in between: closed lets it in, open does not.
                return if word.is_closed() {
                    Ok(word.awake())
                } else {
                    Err(word)
                };
            }
            let Some(taken) = word.take_permit() else {
                return Err(word);
            };
            match self.swap_word(word, taken) {
                Ok(()) => return Ok(taken),
                Err(current) => word = current,
            }
        }
    }

    /// Gives a probe permit back, unless its generation is over.
    pub(crate) fn leave_half_open(&self, generation: u64) {
        let mut word = self.word(Ordering::Relaxed);
        while word.generation() == generation {
            match self.swap_word(word, word.give_permit()) {
                Ok(()) => return,
                Err(current) => word = current,
            }
        }
    }

    fn swap_word(&self, from: Word, to: Word) -> Result<(), Word> {
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

    /// Either the owner sleeps, or the generation is over.
    #[cold]
    fn closed_success_of_another_word(&self, admitted: Word, now: Word) {
        if now.awake() == admitted {
            self.shards.add_success();
            self.streak.success(admitted.generation());
            self.wake();
        }
    }

    pub(crate) fn closed_failure(&self, admitted: Word) {
        if self.word(Ordering::Relaxed).awake() != admitted {
            return;
        }
        self.shards.add_failure();
        let spent = self.fuse.burn();
        let reached = self.streak.failure(admitted.generation());
        if spent || reached {
            self.bell.ring();
        }
        // Read after the fuse: an owner that fell asleep before this burn is seen here, one that falls asleep
        // after it sees the count.
        if self.word(Ordering::Relaxed).is_dormant() {
            self.wake();
        }
    }

    /// Rings once for all who find the owner asleep.
    fn wake(&self) {
        let before = Word(self.word.fetch_and(!Word::DORMANT, Ordering::AcqRel));
        if before.is_dormant() {
            self.bell.ring();
        }
    }

    /// Success gives the permit back.
    #[cold]
    pub(crate) fn probe_success(&self, generation: u64) {
        if self.probes.success(generation) {
            self.leave_half_open(generation);
            self.bell.ring();
        }
    }

    /// Failure keeps the permit: the generation is decided, and the owner's next one has permits of its own.
    #[cold]
    pub(crate) fn probe_failure(&self, generation: u64) {
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
            .field("generation", &word.generation())
            .field("free_permits", &word.permits())
            .field("dormant", &word.is_dormant())
            .field("sums", &self.shards.sums())
            .finish()
    }
}
