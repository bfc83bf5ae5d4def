//! What stays of a chain and its nodes while their actors come and go.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::{ArcSwap, ArcSwapOption};
use hedgerow_config::PanicBudget;
use hedgerow_gate::{Bell as _, Tally};
use hedgerow_supervisor::{Clock, Events, PanicRecord, catch};
use hedgerow_view::{Identity, Refusal};

use super::budget::{Standing, Watch, Word};
use super::context::Context;
use super::lead::Lead;
use super::memory::Memory;
use super::step::Filter;
use crate::bell::LateBell;
use crate::pool::Pool;

/// The place of a chain.
pub(super) struct ChainSlot {
    pub(super) id: Identity,
    pub(super) revision: u64,
    pub(super) nodes: Vec<NodeSlot>,
    pub(super) leads: Vec<Lead>,
    pub(super) plan: ArcSwap<Plan>,
    /// That of the plan. To compare it costs a request less than to look at the plan.
    plan_number: AtomicU64,
    /// Nodes that are not simply served: while it is 0, no request asks each of them.
    out: AtomicU32,
    /// How many requests came how far: one count a request tells how many entered each node. The index is the number of
    /// nodes that were reached.
    depths: Box<[Tally<1>]>,
    pub(super) events: OnceLock<Events>,
    /// What the times of its requests are counted by.
    pub(super) clock: Clock,
    /// Where contexts wait that were made for the plan. It knows them, and they know this place: so only weakly.
    contexts: OnceLock<Weak<Pool<Context>>>,
    /// One plan is made at a time: each must contain what was published before it.
    planning: Mutex<()>,
}

/// The filters that are published, in order. A new plan takes its place when a node publishes a fresh one.
pub(super) struct Plan {
    /// Grows by one with each plan of the chain.
    pub(super) number: u64,
    pub(super) filters: Box<[Option<Arc<dyn Filter>>]>,
}

/// One at a time, as in a context.
impl Drop for Plan {
    fn drop(&mut self) {
        for filter in &mut self.filters {
            let filter = filter.take();
            if let Err(record) = catch(|| drop(filter)) {
                // Whoever listens to the log must not be able to keep the rest from being dropped.
                let _ = catch(|| tracing::warn!("panic over a filter that was dropped: {record}"));
            }
        }
    }
}

/// The place of one node.
pub(super) struct NodeSlot {
    pub(super) name: String,
    pub(super) kind: &'static str,
    counts: Tally<7>,
    last_panic: ArcSwapOption<PanicRecord>,
    pub(super) bell: LateBell,
    pub(super) word: Word,
    /// What requests are told that meet it over its budget.
    pub(super) told: ArcSwapOption<Refusal>,
    /// Its actor's, over all incarnations.
    pub(super) watch: Mutex<Watch>,
    /// What it keeps while its actors come and go.
    pub(super) memory: Arc<dyn Memory>,
}

const REFUSED: usize = 0;
const PANICS: usize = 1;
const SKIPPED: usize = 2;
const SPAWNED: usize = 3;
const WORKED: usize = 4;
const STOPPED: usize = 5;
const DROPPED: usize = 6;

/// What a node has counted since its place was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct NodeCounts {
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) panics: u64,
    pub(super) skipped: u64,
    /// Pieces of work that it has begun for requests.
    pub(super) spawned: u64,
    /// Those of them that have not ended.
    pub(super) working: u64,
    /// Those of them whose request has.
    pub(super) overdue: u64,
}

impl NodeSlot {
    pub(super) fn new(
        name: String,
        kind: &'static str,
        budget: Option<PanicBudget>,
        memory: Arc<dyn Memory>,
    ) -> Self {
        Self {
            name,
            kind,
            counts: Tally::default(),
            last_panic: ArcSwapOption::empty(),
            bell: LateBell::default(),
            word: Word::default(),
            told: ArcSwapOption::empty(),
            watch: Mutex::new(Watch::new(budget)),
            memory,
        }
    }

    pub(super) fn count_refused(&self) {
        self.counts.add(REFUSED);
    }

    pub(super) fn count_skipped(&self) {
        self.counts.add(SKIPPED);
    }

    /// It has begun a piece of work for a request.
    pub(super) fn count_spawned(&self) {
        self.counts.add(SPAWNED);
    }

    /// The request of a piece of work has ended before it.
    pub(super) fn count_stopped(&self) {
        self.counts.add(STOPPED);
    }

    /// A piece of work has ended: after its request, or by itself.
    pub(super) fn count_worked(&self, was_stopped: bool) {
        self.counts.add(WORKED);
        if was_stopped {
            self.counts.add(DROPPED);
        }
    }

    /// A request crashed in it: its actor is told.
    #[cold]
    pub(super) fn crashed(&self, record: PanicRecord) {
        self.counts.add(PANICS);
        self.last_panic.store(Some(Arc::new(record)));
        self.bell.ring();
    }

    /// The last crash, which is forgotten with this.
    pub(super) fn take_panic(&self) -> Option<Arc<PanicRecord>> {
        self.last_panic.swap(None)
    }
}

impl ChainSlot {
    pub(super) fn new(id: Identity, revision: u64, nodes: Vec<NodeSlot>, leads: Vec<Lead>) -> Self {
        let filters = nodes.iter().map(|_| None).collect();
        Self {
            id,
            revision,
            depths: (0..=nodes.len()).map(|_| Tally::default()).collect(),
            nodes,
            leads,
            plan: ArcSwap::from_pointee(Plan { number: 0, filters }),
            plan_number: AtomicU64::new(0),
            out: AtomicU32::new(0),
            events: OnceLock::new(),
            clock: Clock::start(),
            contexts: OnceLock::new(),
            planning: Mutex::new(()),
        }
    }

    /// Puts a node's fresh filter into the plan, in place of the one that it published before.
    pub(super) fn publish(&self, node: usize, filter: Arc<dyn Filter>) {
        let _one = self.planning.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.plan.load_full();
        let mut filters = before.filters.clone();
        filters[node] = Some(filter);
        let number = before.number + 1;
        self.plan.store(Arc::new(Plan { number, filters }));
        // After the plan: who sees the number finds at least this plan.
        self.plan_number.store(number, Ordering::Release);
        // Those that wait would keep what the older plan held.
        if let Some(contexts) = self.contexts.get().and_then(Weak::upgrade) {
            contexts.clear();
        }
    }

    /// Says where contexts wait, once.
    pub(super) fn wait_in(&self, contexts: &Arc<Pool<Context>>) {
        self.contexts.get_or_init(|| Arc::downgrade(contexts));
    }

    /// The number of the plan that requests run under from now on.
    #[inline]
    pub(super) fn plan_number(&self) -> u64 {
        self.plan_number.load(Ordering::Acquire)
    }

    /// Publishes how a node stands with its panic budget.
    pub(super) fn set_standing(&self, node: usize, standing: Standing) {
        let before = self.nodes[node].word.publish(standing);
        match (before, standing) {
            (Standing::Served, Standing::Served) => {}
            (Standing::Served, _) => {
                self.out.fetch_add(1, Ordering::Release);
            }
            (_, Standing::Served) => {
                self.out.fetch_sub(1, Ordering::Release);
            }
            _ => {}
        }
    }

    /// Whether any node is not simply served.
    #[inline]
    pub(super) fn any_out(&self) -> bool {
        self.out.load(Ordering::Acquire) != 0
    }

    /// Counts a request that reached so many nodes.
    #[inline]
    pub(super) fn count(&self, reached: usize) {
        self.depths[reached].add(0);
    }

    /// What the node at this index has counted.
    pub(super) fn counts(&self, node: usize) -> NodeCounts {
        // What it counted itself first: each of these requests is then among those that reached it.
        let [refused, panics, skipped, spawned, worked, stopped, dropped] = self.nodes[node].counts.sums();
        let reached: u64 = self.depths[node + 1..].iter().map(|tally| tally.sums()[0]).sum();
        NodeCounts {
            calls: reached.saturating_sub(skipped),
            refused,
            panics,
            skipped,
            spawned,
            working: spawned.saturating_sub(worked),
            overdue: stopped.saturating_sub(dropped),
        }
    }

    /// Who a node is, in refusals and events.
    pub(super) fn node_id(&self, node: usize) -> Identity {
        Identity::keyed("node", self.id.name(), "node", &self.nodes[node].name)
    }

    #[cold]
    pub(super) fn refusal_of(&self, node: usize, rule: &str, limit: &str, observed: &str) -> Refusal {
        Refusal::new(self.node_id(node).to_string(), rule, limit, observed)
    }
}
