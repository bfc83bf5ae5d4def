//! What stays of a node while its actors come and go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use hedgerow_config::PanicBudget;
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_supervisor::{Handle, PanicRecord};
use hedgerow_view::{Identity, Refusal};

use super::actor::NodeActor;
use super::budget::{Watch, Word};
use super::held::HeldTimes;
use super::lead::Lead;
use super::lineup::Passed;
use super::memory::Memory;
use super::step::{Filter, let_go};
use crate::bell::LateBell;

/// Who a node is.
pub(super) struct About {
    pub(super) id: Identity,
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// What its actor is called among the children of the chain.
    pub(super) child: String,
    /// Where it can lead.
    pub(super) leads: Box<[Lead]>,
    /// How many requests may wait for its actor, where they do.
    pub(super) mailbox: Option<usize>,
    /// Whether no request goes past it.
    pub(super) is_last: bool,
    /// Which of those it is that its chain began with.
    pub(super) origin: Option<usize>,
}

/// What an edit is about to do to a node that is in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Touch {
    /// Take it out for good.
    Remove,
    /// Put it elsewhere.
    Move,
    /// Put another one in its place.
    Replace,
    /// Have requests meet it again.
    Enable,
    /// Have requests pass it by.
    Disable,
}

/// Whether a node agrees to be touched.
pub(super) type Agrees = Arc<dyn Fn(Touch) -> Result<(), String> + Send + Sync>;

/// The place of one node. It stays the same while the node is moved, disabled and enabled.
pub(super) struct NodeSlot {
    about: About,
    /// What it counts, which a node that takes its place goes on with.
    pub(super) counts: Arc<Counted>,
    /// What its actor has published last.
    filter: Mutex<Option<Arc<dyn Filter>>>,
    last_panic: ArcSwapOption<PanicRecord>,
    pub(super) bell: LateBell,
    pub(super) word: Word,
    /// What requests are told that meet it over its budget.
    pub(super) told: ArcSwapOption<Refusal>,
    /// Its actor's, over all incarnations.
    pub(super) watch: Mutex<Watch>,
    /// What it keeps while its actors come and go.
    pub(super) memory: Arc<dyn Memory>,
    /// Whom to ask before it is touched, where it has a say.
    pub(super) agrees: Option<Agrees>,
    actor: OnceLock<Handle<NodeActor>>,
}

impl std::ops::Deref for NodeSlot {
    type Target = About;

    fn deref(&self) -> &About {
        &self.about
    }
}

const REFUSED: usize = 0;
const PANICS: usize = 1;
const SKIPPED: usize = 2;
const SPAWNED: usize = 3;
const WORKED: usize = 4;
const STOPPED: usize = 5;
const DROPPED: usize = 6;
const ERRORS_PAST: usize = 7;

/// What a node counts by itself, and what it counted in lineups of its chain that are no more.
#[derive(Default)]
pub(super) struct Counted {
    own: Tally<8>,
    reached_before: AtomicU64,
    errors_before: AtomicU64,
    /// How long it held requests, of those that were timed.
    pub(super) times: HeldTimes,
}

/// What a node has counted since its place was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct NodeCounts {
    pub(super) calls: u64,
    pub(super) refused: u64,
    /// Requests that entered it and came to nothing.
    pub(super) errors: u64,
    pub(super) panics: u64,
    pub(super) skipped: u64,
    /// Pieces of work that it has begun for requests.
    pub(super) spawned: u64,
    /// Those of them that have not ended.
    pub(super) working: u64,
    /// Those of them whose request has.
    pub(super) overdue: u64,
}

impl Counted {
    /// With the requests that came by in the lineups that are left.
    pub(super) fn sums(&self, passed: impl FnOnce() -> Passed) -> NodeCounts {
        // What it counted itself first: each of these requests is then among those that came by.
        let [
            refused,
            panics,
            skipped,
            spawned,
            worked,
            stopped,
            dropped,
            errors_past,
        ] = self.own.sums();
        let before = Passed {
            reached: self.reached_before.load(Ordering::Relaxed),
            errors: self.errors_before.load(Ordering::Relaxed),
        };
        let passed = passed() + before;
        NodeCounts {
            calls: passed.reached.saturating_sub(skipped),
            refused,
            errors: passed.errors.saturating_sub(errors_past),
            panics,
            skipped,
            spawned,
            working: spawned.saturating_sub(worked),
            overdue: stopped.saturating_sub(dropped),
        }
    }

    /// Takes over what was counted in a lineup that is no more.
    pub(super) fn settle(&self, passed: Passed) {
        self.reached_before.fetch_add(passed.reached, Ordering::Relaxed);
        self.errors_before.fetch_add(passed.errors, Ordering::Relaxed);
    }
}

impl NodeSlot {
    /// The place of a node that is this one.
    pub(super) fn new(
        about: About,
        budget: Option<PanicBudget>,
        memory: Arc<dyn Memory>,
        agrees: Option<Agrees>,
    ) -> Self {
        Self {
            about,
            counts: Arc::default(),
            filter: Mutex::default(),
            last_panic: ArcSwapOption::empty(),
            bell: LateBell::default(),
            word: Word::default(),
            told: ArcSwapOption::empty(),
            watch: Mutex::new(Watch::new(budget)),
            memory,
            agrees,
            actor: OnceLock::new(),
        }
    }

    /// Says who its actor is, once.
    pub(super) fn reached_by(&self, actor: Handle<NodeActor>) {
        self.actor.get_or_init(|| actor);
    }

    /// Its actor.
    pub(super) fn actor(&self) -> Option<&Handle<NodeActor>> {
        self.actor.get()
    }

    /// The same, counting on where this one has come to. Its panics so far are no panics of the new one.
    pub(super) fn counting_on(mut self, before: &Self) -> Self {
        self.counts = Arc::clone(&before.counts);
        let panics = self.counts.own.sums()[PANICS];
        let watch = self.watch.get_mut().unwrap_or_else(PoisonError::into_inner);
        watch.begin_after(panics);
        self
    }

    /// Keeps what its actor has made.
    pub(super) fn keep(&self, filter: Arc<dyn Filter>) {
        let before = self.lock().replace(filter);
        let_go(before);
    }

    /// The filter that requests are to meet.
    pub(super) fn filter(&self) -> Option<Arc<dyn Filter>> {
        self.lock().clone()
    }

    /// It has left its chain for good: its filter belongs to the requests that are still in it.
    pub(super) fn retire(&self) {
        let filter = self.lock().take();
        let_go(filter);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<dyn Filter>>> {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it does not let a request pass.
    #[cold]
    pub(super) fn refusal(&self, rule: &str, limit: &str, observed: &str) -> Refusal {
        Refusal::new(self.id.to_string(), rule, limit, observed)
    }

    pub(super) fn count_refused(&self) {
        self.counts.own.add(REFUSED);
    }

    pub(super) fn count_skipped(&self) {
        self.counts.own.add(SKIPPED);
    }

    /// A request that passed it by came to nothing further on.
    pub(super) fn count_error_past(&self) {
        self.counts.own.add(ERRORS_PAST);
    }

    /// It has begun a piece of work for a request.
    pub(super) fn count_spawned(&self) {
        self.counts.own.add(SPAWNED);
    }

    /// The request of a piece of work has ended before it.
    pub(super) fn count_stopped(&self) {
        self.counts.own.add(STOPPED);
    }

    /// A piece of work has ended: after its request, or by itself.
    pub(super) fn count_worked(&self, was_stopped: bool) {
        self.counts.own.add(WORKED);
        if was_stopped {
            self.counts.own.add(DROPPED);
        }
    }

    /// A request crashed in it: its actor is told.
    #[cold]
    pub(super) fn crashed(&self, record: PanicRecord) {
        self.counts.own.add(PANICS);
        self.last_panic.store(Some(Arc::new(record)));
        self.bell.ring();
    }

    /// The last crash, which is forgotten with this.
    pub(super) fn take_panic(&self) -> Option<Arc<PanicRecord>> {
        self.last_panic.swap(None)
    }
}

impl Drop for NodeSlot {
    fn drop(&mut self) {
        self.retire();
    }
}
