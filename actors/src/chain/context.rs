//! What one request has in a chain: the states of all nodes, and how far it has come.

use std::sync::Arc;
use std::task::{self, Poll, ready};

use hedgerow_supervisor::catch;

use super::budget::Standing;
use super::cx::Cx;
use super::door::Print;
use super::flow::{End, Flow, Reply};
use super::head::{ReplyHead, RequestHead};
use super::lead::Lead;
use super::plan::Plan;
use super::slot::ChainSlot;
use super::step::{Filter, Step};
use super::turned::Turned;
use crate::pool::Pooled;
use crate::revision::Revision;

/// What one request has in a chain. It is used again for others; it belongs to the revision that it was made for.
/// On lines of its own, as its steps are.
#[repr(align(64))]
pub(super) struct Context {
    pub(super) chain: Arc<ChainSlot>,
    revision: Arc<Revision>,
    pub(super) plan: Arc<Plan>,
    /// One for each node; `None` where it has not published its filter.
    steps: Box<[Option<Box<dyn Step>>]>,
    pub(super) cx: Cx,
    /// The node that the request is in; beyond the last one it has passed them all.
    pub(super) at: usize,
    /// Nodes that were over their budget when it came by.
    pub(super) skipped: Vec<usize>,
    progress: Progress,
    counted: bool,
    /// What it goes by, where somebody has asked.
    pub(super) print: Option<Print>,
    /// Somebody's code has crashed in it.
    pub(super) spoilt: bool,
    /// Bytes that the states keep.
    kept_bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Walking,
    Waiting,
}

/// Where the way down ended. Small: it goes through several hands.
pub(super) enum Bottom {
    /// Past the last node.
    Through,
    /// At a node that answers by itself; the reply is in the context.
    Replied,
    /// At a node that is not passed.
    Turned(Box<Turned>),
    /// At a node that crashed.
    Crashed(Box<Turned>),
}

impl Context {
    pub(super) fn new(chain: Arc<ChainSlot>) -> Self {
        let revision = chain.published.take();
        let plan = Arc::clone(chain.plan_in(&revision));
        let step = |filter: &Option<_>| filter.as_ref().map(|filter| Filter::step(Arc::clone(filter)));
        Self {
            steps: plan.filters.iter().map(step).collect(),
            cx: Cx::new(chain.clock, Arc::clone(&plan.order)),
            plan,
            revision,
            chain,
            at: 0,
            skipped: Vec::new(),
            progress: Progress::Walking,
            counted: false,
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

    /// The reply of the node that has answered by itself.
    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        self.cx.reply.take()
    }

    /// Goes on down the nodes. One guard is around all of them: a guard for each costs more and tells no more.
    #[inline]
    pub(super) fn descend(
        &mut self,
        head: &mut dyn RequestHead,
        task: &mut task::Context<'_>,
    ) -> Poll<Bottom> {
        self.cx.revision = self.revision();
        let bottom = match catch(|| self.walk_down(head, task)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(bottom)) => {
                if let Bottom::Crashed(_) = bottom {
                    self.take_print(head);
                    self.accuse(self.at);
                }
                bottom
            }
            Err(record) => {
                self.take_print(head);
                Bottom::Crashed(self.crashed(self.at, record))
            }
        };
        self.count();
        Poll::Ready(bottom)
    }

    fn walk_down(&mut self, head: &mut dyn RequestHead, task: &mut task::Context<'_>) -> Poll<Bottom> {
        if let Some(bottom) = self.at_the_door(head) {
            return Poll::Ready(bottom);
        }
        let any_out = self.plan.order.any_out();
        loop {
            let flow = if self.progress == Progress::Waiting {
                if self.cx.waits.poll(task).is_pending() {
                    let time = ready!(self.cx.poll_deadline(task));
                    return Poll::Ready(self.overdue(time));
                }
                self.progress = Progress::Walking;
                self.cx.has_waited();
                match self.steps.get_mut(self.at) {
                    Some(Some(step)) => step.resume(head, &mut self.cx),
                    _ => Flow::Next,
                }
            } else {
                if any_out && let Some(bottom) = self.pass_by() {
                    return Poll::Ready(bottom);
                }
                // The one store for each node: it says which one crashed, where to resume, and which were entered.
                match self.steps.get_mut(self.at) {
                    Some(Some(step)) => {
                        self.cx.entered = self.at + 1;
                        step.request(head, &mut self.cx)
                    }
                    Some(None) => return Poll::Ready(self.down()),
                    None => return Poll::Ready(Bottom::Through),
                }
            };
            match flow {
                Flow::Next => self.at += 1,
                Flow::Wait => self.progress = Progress::Waiting,
                Flow::Reply if self.cx.reply.is_some() => return Poll::Ready(Bottom::Replied),
                Flow::Reply => return Poll::Ready(self.misused("reply")),
                Flow::Refuse => return Poll::Ready(self.refused()),
            }
        }
    }

    /// Goes by the nodes that are over their budget and fail open, to the next one that is entered; or ends at one that
    /// fails closed.
    #[cold]
    fn pass_by(&mut self) -> Option<Bottom> {
        while let Some(node) = self.plan.order.nodes.get(self.at) {
            match node.word.read() {
                Standing::Served => break,
                Standing::Skipped => {
                    node.count_skipped();
                    self.skipped.push(self.at);
                    self.at += 1;
                }
                Standing::Refused => return Some(self.over_budget()),
            }
        }
        None
    }

    /// Shows a reply to the nodes that the request has entered, the last one first; not to one that made it.
    #[inline]
    pub(super) fn ascend(&mut self, head: &mut dyn ReplyHead) -> Result<(), Box<Turned>> {
        let mut at = self.at.min(self.cx.entered);
        let walked = catch(|| {
            for (index, step) in self.steps[..at].iter_mut().enumerate().rev() {
                at = index;
                if let Some(step) = step
                    && !self.skipped.contains(&index)
                {
                    step.reply(head, &mut self.cx.attributes);
                }
            }
        });
        walked.map_err(|record| self.crashed(at, record))
    }

    /// Ends every node that was entered and not ended, the last one first, whatever any of them does.
    pub(super) fn end(&mut self, end: End) {
        self.count();
        let reached = self.cx.entered;
        self.kept_bytes = 0;
        self.cx.spawned.stop();
        if !self.cx.waits.is_idle()
            && let Err(record) = catch(|| self.cx.waits.clear())
        {
            // What a node waited for is the node's, to its destructor.
            self.spoil(self.at, record);
        }
        loop {
            let ended = catch(|| {
                let mut kept = 0;
                for (index, step) in self.steps[..self.cx.entered].iter_mut().enumerate().rev() {
                    // Before the call: whoever crashes has been ended.
                    self.cx.entered = index;
                    if let Some(step) = step
                        && !self.skipped.contains(&index)
                    {
                        kept += step.end(end, &self.cx.attributes);
                    }
                }
                self.kept_bytes = kept;
            });
            match ended {
                Ok(()) => break,
                Err(record) => self.spoil(self.cx.entered, record),
            }
        }
        self.acquit(end, reached);
    }

    /// Whether any node has seen the request.
    pub(super) fn has_begun(&self) -> bool {
        self.cx.entered > 0 || self.progress == Progress::Waiting
    }

    /// Counts the request, which reaches no node.
    pub(super) fn count_at_the_door(&mut self) {
        self.counted = true;
        self.plan.order.count(0);
    }

    /// Counts the request in all nodes that it has reached, once.
    fn count(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.plan.order.count(self.steps.len().min(self.at + 1));
        }
    }
}

/// One at a time: a second destructor that panics while the first one unwinds would end the process.
impl Drop for Context {
    fn drop(&mut self) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            let step = step.take();
            if let Err(record) = catch(|| drop(step))
                && let Some(node) = self.plan.order.nodes.get(index)
            {
                node.crashed(record);
            }
        }
    }
}

impl Pooled for Context {
    fn reset(&mut self) {
        self.cx.clear();
        self.at = 0;
        self.skipped.clear();
        self.progress = Progress::Walking;
        self.counted = false;
        self.print = None;
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
