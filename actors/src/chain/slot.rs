//! What stays of a chain while its actors come and go, and while it is edited.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use hedgerow_supervisor::{Children, Clock, Events, Spans};
use hedgerow_view::chain::EditView;
use hedgerow_view::{Identity, Path};

use super::budget::Standing;
use super::context::Context;
use super::edit::EditError;
use super::node_slot::{NodeCounts, NodeSlot};
use super::plan::{Order, Place, Plan};
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
    /// The orders that requests may still be under, the one in force last.
    orders: Mutex<Vec<Arc<Order>>>,
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
        let order = Arc::new(Order::new(places));
        published.settle(Plan::of(Arc::clone(&order)), |at| {
            Arc::new(Self {
                id,
                published: Arc::clone(published),
                revisions: revisions.clone(),
                at,
                orders: Mutex::new(vec![order]),
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
            let order = &revision.plan(self.at).order;
            let is_met = order.nodes.iter().any(|met| std::ptr::eq(&**met, node));
            is_met.then(|| (self.at, Plan::of(Arc::clone(order))))
        });
    }

    /// Has requests meet these nodes in this order from now on, under a revision of this number.
    pub(super) fn reorder(&self, number: u64, places: Vec<Place>) {
        let order = Arc::new(Order::new(places));
        let mut orders = self.lock();
        // Between the look at how the nodes stand and this, one may have changed.
        order.count_out();
        orders.push(Arc::clone(&order));
        drop(orders);
        self.published.revise(number, self.at, || Plan::of(order));
        self.settle();
    }

    /// Forgets the orders that no request is under any more.
    fn settle(&self) {
        let mut orders = self.lock();
        let in_force = orders.len().saturating_sub(1);
        let mut at = 0;
        orders.retain_mut(|order| {
            at += 1;
            // Nobody else holds it: what was counted in it is all there is.
            let is_over = at <= in_force && Arc::get_mut(order).is_some();
            if is_over {
                order.settle();
            }
            !is_over
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Order>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The order in force.
    pub(super) fn order(&self) -> Arc<Order> {
        Arc::clone(&self.published.load().plan(self.at).order)
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
        let orders = self.lock();
        node.word.publish(standing);
        for order in orders.iter() {
            order.count_out();
        }
    }

    /// What a node has counted.
    pub(super) fn counts(&self, node: &NodeSlot) -> NodeCounts {
        let orders = self.lock();
        let passed = || orders.iter().map(|order| order.passed(&node.counts)).sum();
        node.counts.sums(passed)
    }
}
