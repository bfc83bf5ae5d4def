//! What one request has in a chain: the states of all nodes, and how far it has come.

use std::sync::Arc;

use hedgerow_supervisor::catch;
use hedgerow_view::Refusal;

use super::cx::Cx;
use super::door::Print;
use super::flow::Reply;
use super::lead::Lead;
use super::plan::Plan;
use super::published::Revision;
use super::recorded::Recorded;
use super::slot::ChainSlot;
use super::step::{Filter, Step};
use super::times::Times;
use super::turned::Turned;
use crate::pool::Pooled;

/// What one request has in a chain. It is used again for others; it belongs to the revision that it was made for.
/// On lines of its own, as its steps are.
#[repr(align(64))]
pub(super) struct Context {
    pub(super) chain: Arc<ChainSlot>,
    pub(super) revision: Arc<Revision>,
    pub(super) plan: Arc<Plan>,
    /// One for each node; `None` where it has not published its filter.
    pub(super) steps: Box<[Option<Box<dyn Step>>]>,
    pub(super) cx: Cx,
    /// The node that the request is in; beyond the last one it has passed them all.
    pub(super) at: usize,
    /// Nodes that were over their budget when it came by.
    pub(super) skipped: Vec<usize>,
    pub(super) progress: Progress,
    pub(super) counted: bool,
    /// What its client gets is an error of the server.
    pub(super) is_error: bool,
    /// It has ended.
    pub(super) is_over: bool,
    pub(super) times: Times,
    /// What it goes by, where somebody has asked.
    pub(super) print: Option<Print>,
    /// Somebody's code has crashed in it.
    pub(super) spoilt: bool,
    /// Bytes that the states keep.
    pub(super) kept_bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Walking,
    Waiting,
}

impl Context {
    pub(super) fn new(chain: Arc<ChainSlot>) -> Self {
        let revision = chain.published.take();
        let plan = Arc::clone(chain.plan_in(&revision));
        let step = |filter: &Option<_>| filter.as_ref().map(|filter| Filter::step(Arc::clone(filter)));
        Self {
            steps: plan.filters.iter().map(step).collect(),
            times: Times::of(chain.clock, &plan.lineup),
            cx: Cx::new(
                chain.clock,
                revision.number(),
                Arc::clone(&plan.lineup),
                Recorded::by(chain.spans.get()),
            ),
            plan,
            revision,
            chain,
            at: 0,
            skipped: Vec::new(),
            progress: Progress::Walking,
            counted: false,
            is_error: false,
            is_over: false,
            print: None,
            spoilt: false,
            kept_bytes: 0,
        }
    }

    pub(super) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// Whether another revision has been published since it was made.
    #[inline]
    pub(super) fn is_stale(&self) -> bool {
        self.revision.edition() < self.chain.published.edition()
    }

    /// The number of the revision that it was made for.
    pub(super) fn revision(&self) -> u64 {
        self.revision.number()
    }

    /// The lead that was chosen.
    pub(super) fn lead(&self) -> Option<&Lead> {
        self.plan.lead(self.cx.lead?)
    }

    /// It has passed all nodes, and none has chosen a lead.
    #[cold]
    pub(super) fn leads_nowhere(&self) -> Turned {
        let observed = format!("none of {} nodes chose one", self.plan.lineup.nodes.len());
        let refusal = Refusal::new(self.chain.id.to_string(), "route", "an upstream", observed);
        Turned::NoRoute(Box::new(refusal))
    }

    /// The reply of the node that has answered by itself.
    pub(super) fn take_reply(&mut self) -> Option<Box<Reply>> {
        self.cx.reply.take()
    }

    /// Whether any node has seen the request.
    pub(super) fn has_begun(&self) -> bool {
        self.cx.entered > 0 || self.progress == Progress::Waiting
    }

    /// Counts the request, which reaches no node.
    pub(super) fn count_at_the_door(&mut self) {
        self.counted = true;
        self.plan.lineup.count(0);
    }
}

/// One at a time: a second destructor that panics while the first one unwinds would end the process.
impl Drop for Context {
    fn drop(&mut self) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            let step = step.take();
            if let Err(record) = catch(|| drop(step))
                && let Some(node) = self.plan.lineup.nodes.get(index)
            {
                node.crashed(record);
            }
        }
    }
}

impl Context {
    /// Makes it fit for the next request, once it has [ended](Self::end). Nothing of the user's is in it any more.
    pub(super) fn clear(&mut self) {
        self.cx.clear();
        self.at = 0;
        self.skipped.clear();
        self.progress = Progress::Walking;
        self.counted = false;
        self.is_error = false;
        self.is_over = false;
        self.print = None;
        self.times.clear();
    }
}

impl Pooled for Context {
    fn reset(&mut self) {
        self.clear();
    }

    fn kept_bytes(&self) -> usize {
        self.cx.kept_bytes().saturating_add(self.kept_bytes)
    }

    fn edition(&self) -> u64 {
        self.revision.edition()
    }

    fn leftover(&self) -> Option<&'static str> {
        let states = self.steps.iter().flatten();
        let own = (!self.cx.is_clear()).then_some("the context of a request");
        own.or_else(|| states.filter_map(|step| step.leftover()).next())
    }
}
