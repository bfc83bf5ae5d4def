//! What stays of a chain while its actors come and go, and while it is edited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use hedgerow_supervisor::{Children, Clock, Events, Spans};
use hedgerow_view::chain::EditView;
use hedgerow_view::{Identity, Path};

use super::budget::Standing;
use super::context::Context;
use super::edit::EditError;
use super::lineup::{Lineup, Place};
use super::node_slot::{NodeCounts, NodeSlot};
use super::plan::Plan;
use super::published::{Published, Revision};
use super::quarantine::Ward;
use super::revisions::{Editor, Revisions};
use super::spec::NodeSpec;
use super::step::Filter;
use crate::pool::Pool;

/// The place of a chain.
pub(crate) struct ChainSlot {
    pub(crate) id: Identity,
    /// Where requests find the revision that they run under.
    pub(super) published: Arc<Published>,
    /// Who edits it.
    revisions: Revisions,
    /// Its place in every revision.
    at: usize,
    /// The lineups that requests may still be under, the one in force last.
    lineups: Mutex<Vec<Arc<Lineup>>>,
    pub(super) events: OnceLock<Events>,
    /// Who records the spans of its requests, where anybody does.
    pub(super) spans: OnceLock<Spans>,
    /// Which requests are refused at the door; nothing is while nobody has asked for it.
    pub(super) ward: OnceLock<Ward>,
    /// Whether requests have to be looked at there.
    watches_requests: AtomicBool,
    /// What the times of its requests are counted by.
    pub(super) clock: Clock,
    /// Where contexts wait that were made for a plan. They know this place: so only weakly.
    contexts: OnceLock<Weak<Pool<Context>>>,
    /// Where the actors of its nodes live.
    pub(super) children: Children,
    /// The nodes that it began with.
    pub(super) origin: Vec<NodeSpec>,
}

impl ChainSlot {
    /// A place for a chain of these nodes, in the revision that is in force.
    pub(super) fn new(
        id: Identity,
        revisions: &Revisions,
        places: Vec<Place>,
        children: Children,
        origin: Vec<NodeSpec>,
    ) -> Arc<Self> {
        let published = revisions.published();
        let lineup = Arc::new(Lineup::new(places));
        published.settle(Plan::of(Arc::clone(&lineup)), |at| {
            Arc::new(Self {
                id,
                published: Arc::clone(published),
                revisions: revisions.clone(),
                at,
                lineups: Mutex::new(vec![lineup]),
                events: OnceLock::new(),
                spans: OnceLock::new(),
                ward: OnceLock::new(),
                watches_requests: AtomicBool::new(false),
                clock: Clock::start(),
                contexts: OnceLock::new(),
                children,
                origin,
            })
        })
    }

    /// Who edits it.
    ///
    /// # Errors
    /// Where nobody does.
    pub(super) fn editor(&self) -> Result<&dyn Editor, EditError> {
        self.revisions.editor().ok_or_else(|| EditError::NoReviser {
            chain: self.id.name().to_owned(),
            why: "the chain is in no mesh".to_owned(),
        })
    }

    /// The edits of it that are kept.
    pub(super) fn kept_edits(&self) -> Vec<EditView> {
        let editor = self.revisions.editor();
        editor.map_or_else(Vec::new, |editor| editor.kept(self.id.name()))
    }

    /// Puts a node's fresh filter in place of the one that it published before.
    pub(super) fn publish(&self, node: &NodeSlot, filter: Arc<dyn Filter>) {
        self.published.refresh(|revision| {
            node.keep(filter);
            let lineup = &revision.plan(self.at).lineup;
            let is_met = lineup.nodes.iter().any(|met| std::ptr::eq(&**met, node));
            is_met.then(|| (self.at, Plan::of(Arc::clone(lineup))))
        });
    }

    /// Has requests meet these nodes in this lineup from now on, under a revision of this number.
    pub(super) fn reorder(&self, number: u64, places: Vec<Place>) {
        let lineup = Arc::new(Lineup::new(places));
        let mut lineups = self.lock();
        // Between the look at how the nodes stand and this, one may have changed.
        lineup.count_out();
        lineups.push(Arc::clone(&lineup));
        drop(lineups);
        self.published.revise(number, self.at, || Plan::of(lineup));
        self.settle();
    }

    /// Forgets the lineups that no request is under any more.
    fn settle(&self) {
        let mut lineups = self.lock();
        let in_force = lineups.len().saturating_sub(1);
        let mut at = 0;
        lineups.retain_mut(|lineup| {
            at += 1;
            // Nobody else holds it: what was counted in it is all there is.
            let is_over = at <= in_force && Arc::get_mut(lineup).is_some();
            if is_over {
                lineup.settle();
            }
            !is_over
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Lineup>>> {
        self.lineups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lineup in force.
    pub(super) fn lineup(&self) -> Arc<Lineup> {
        Arc::clone(&self.published.load().plan(self.at).lineup)
    }

    /// The plan of this chain in a revision.
    pub(super) fn plan_in<'r>(&self, revision: &'r Revision) -> &'r Arc<Plan> {
        revision.plan(self.at)
    }

    /// Where it lives; `beside` where it has no place in a tree.
    pub(crate) fn place(&self, beside: &Path) -> Path {
        self.children.path().unwrap_or_else(|| beside.clone())
    }

    /// Publishes whether requests have to be looked at, at the door.
    pub(super) fn watch_requests(&self, is_needed: bool) {
        self.watches_requests.store(is_needed, Ordering::Release);
    }

    /// Where requests have to be looked at, at the door.
    #[inline]
    pub(super) fn watching_ward(&self) -> Option<&Ward> {
        if self.watches_requests.load(Ordering::Acquire) {
            self.ward.get()
        } else {
            None
        }
    }

    /// Says where contexts wait, once.
    pub(super) fn wait_in(&self, contexts: &Arc<Pool<Context>>) {
        self.contexts.get_or_init(|| Arc::downgrade(contexts));
    }

    /// Drops the contexts of older revisions: they would keep what those held.
    pub(crate) fn retire_contexts(&self, before: u64) {
        if let Some(contexts) = self.contexts.get().and_then(Weak::upgrade) {
            contexts.retire(before);
        }
    }

    /// Publishes how a node stands with its panic budget.
    pub(super) fn set_standing(&self, node: &NodeSlot, standing: Standing) {
        let lineups = self.lock();
        node.word.publish(standing);
        for lineup in lineups.iter() {
            lineup.count_out();
        }
    }

    /// What a node has counted.
    pub(super) fn counts(&self, node: &NodeSlot) -> NodeCounts {
        let lineups = self.lock();
        let passed = || lineups.iter().map(|lineup| lineup.passed(&node.counts)).sum();
        node.counts.sums(passed)
    }
}
