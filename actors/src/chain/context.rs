//! What one request has in a chain: the states of all nodes, and how far it has come.

use std::sync::Arc;
use std::task::{self, Poll, ready};

use hedgerow_supervisor::{PanicRecord, catch};
use hedgerow_view::Refusal;

use super::budget::Standing;
use super::cx::{Cx, Refused};
use super::flow::{End, Flow, Reply};
use super::head::{ReplyHead, RequestHead};
use super::slot::{ChainSlot, Plan};
use super::step::Step;
use super::turned::Turned;
use crate::pool::Pooled;

/// What one request has in a chain. It is used again for others; it belongs to the plan that it was made for.
pub(super) struct Context {
    chain: Arc<ChainSlot>,
    plan: Arc<Plan>,
    places: Box<[Place]>,
    cx: Cx,
    /// The node that the request is in; beyond the last one it has passed them all.
    at: usize,
    progress: Progress,
    counted: bool,
    /// Somebody's code has crashed in it.
    spoilt: bool,
    /// Bytes that the states keep.
    kept_bytes: usize,
}

struct Place {
    /// `None` where the node has not published its filter.
    step: Option<Box<dyn Step>>,
    /// Whether the request has entered it, and has not ended in it.
    entered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Walking,
    Waiting,
}

/// Where the way down ended.
pub(super) enum Bottom {
    /// Past the last node, with the number of the lead that was chosen.
    Through(Option<usize>),
    /// At a node that answers by itself.
    Replied(Reply),
    /// At a node that is not passed.
    Turned(Turned),
}

impl Context {
    pub(super) fn new(chain: Arc<ChainSlot>) -> Self {
        let plan = chain.plan.load_full();
        let places = plan.filters.iter().map(|filter| Place {
            step: filter.as_ref().map(|filter| Arc::clone(filter).step()),
            entered: false,
        });
        Self {
            places: places.collect(),
            plan,
            chain,
            cx: Cx::default(),
            at: 0,
            progress: Progress::Walking,
            counted: false,
            spoilt: false,
            kept_bytes: 0,
        }
    }

    pub(super) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// Whether a node has published a fresh filter since it was made.
    pub(super) fn is_stale(&self) -> bool {
        !std::ptr::eq(&raw const *self.plan, Arc::as_ptr(&self.chain.plan.load()))
    }

    /// Goes on down the nodes. One guard is around all of them: a guard for each costs more and tells no more.
    pub(super) fn descend(
        &mut self,
        head: &mut dyn RequestHead,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<Bottom, Turned>> {
        match catch(|| self.walk_down(head, task)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(bottom)) => {
                self.count();
                Poll::Ready(Ok(bottom))
            }
            Err(record) => {
                self.count();
                let observed = record.message.clone();
                let turned = self.crashed(self.at, &observed);
                self.spoil(self.at, record);
                Poll::Ready(Err(turned))
            }
        }
    }

    fn walk_down(&mut self, head: &mut dyn RequestHead, task: &mut task::Context<'_>) -> Poll<Bottom> {
        let any_out = self.chain.any_out();
        loop {
            let flow = if self.progress == Progress::Waiting {
                ready!(self.cx.waits.poll(task));
                self.progress = Progress::Walking;
                match &mut self.places[self.at].step {
                    Some(step) => step.resume(head, &mut self.cx),
                    None => Flow::Next,
                }
            } else {
                let Some(place) = self.places.get_mut(self.at) else {
                    return Poll::Ready(Bottom::Through(self.cx.lead));
                };
                if any_out {
                    match self.chain.nodes[self.at].word.read() {
                        Standing::Served => {}
                        Standing::Skipped => {
                            self.chain.nodes[self.at].count_skipped();
                            self.at += 1;
                            continue;
                        }
                        Standing::Refused => return Poll::Ready(Bottom::Turned(self.over_budget())),
                    }
                }
                let Some(step) = &mut place.step else {
                    return Poll::Ready(Bottom::Turned(self.down()));
                };
                place.entered = true;
                step.request(head, &mut self.cx)
            };
            match flow {
                Flow::Next => self.at += 1,
                Flow::Wait => self.progress = Progress::Waiting,
                Flow::Reply => {
                    return Poll::Ready(match self.cx.reply.take() {
                        Some(reply) => Bottom::Replied(reply),
                        None => Bottom::Turned(self.misused("reply")),
                    });
                }
                Flow::Refuse => return Poll::Ready(Bottom::Turned(self.refused())),
            }
        }
    }

    /// Shows a reply to the nodes that the request has entered, the last one first; not to one that made it.
    pub(super) fn ascend(&mut self, head: &mut dyn ReplyHead) -> Result<(), Turned> {
        let mut at = self.at;
        let walked = catch(|| {
            while let Some(above) = at.checked_sub(1) {
                at = above;
                let place = &mut self.places[at];
                if let (Some(step), true) = (&mut place.step, place.entered) {
                    step.reply(head, &mut self.cx.attributes);
                }
            }
        });
        walked.map_err(|record| {
            let turned = self.crashed(at, &record.message);
            self.spoil(at, record);
            turned
        })
    }

    /// Ends every node that was entered and not ended, the last one first, whatever any of them does.
    pub(super) fn end(&mut self, end: End) {
        self.count();
        self.kept_bytes = 0;
        if !self.cx.waits.is_idle()
            && let Err(record) = catch(|| self.cx.waits.clear())
        {
            // What a node waited for is the node's, to its destructor.
            self.spoil(self.at, record);
        }
        let mut at = self.places.len().min(self.at + 1);
        loop {
            let ended = catch(|| {
                while let Some(above) = at.checked_sub(1) {
                    at = above;
                    let place = &mut self.places[at];
                    if std::mem::take(&mut place.entered)
                        && let Some(step) = &mut place.step
                    {
                        let kept = step.end(end, &self.cx.attributes);
                        self.kept_bytes = self.kept_bytes.saturating_add(kept);
                    }
                }
            });
            match ended {
                Ok(()) => return,
                Err(record) => self.spoil(at, record),
            }
        }
    }

    /// Counts the request in all nodes that it has reached, once.
    fn count(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.chain.count(self.places.len().min(self.at + 1));
        }
    }

    #[cold]
    fn spoil(&mut self, node: usize, record: PanicRecord) {
        self.spoilt = true;
        if let Some(node) = self.chain.nodes.get(node) {
            node.crashed(record);
        }
    }

    #[cold]
    fn crashed(&self, node: usize, observed: &str) -> Turned {
        Turned::NodeCrashed(self.chain.refusal_of(node, "nodeCrashed", "no panic", observed))
    }

    #[cold]
    fn down(&self) -> Turned {
        self.chain.nodes[self.at].count_refused();
        let (limit, observed) = ("a published filter", "none");
        Turned::NodeDown(self.chain.refusal_of(self.at, "nodeDown", limit, observed))
    }

    #[cold]
    fn over_budget(&self) -> Turned {
        let node = &self.chain.nodes[self.at];
        node.count_refused();
        let told = node.told.load_full();
        Turned::NodeDown(told.map_or_else(
            || {
                self.chain
                    .refusal_of(self.at, "panicBudget", "its budget", "more panics")
            },
            |told| Refusal::clone(&told),
        ))
    }

    #[cold]
    fn refused(&mut self) -> Turned {
        self.chain.nodes[self.at].count_refused();
        match self.cx.refused.take() {
            Some(Refused::NoRoute(refusal)) => Turned::NoRoute(refusal),
            Some(Refused::ByNode(status, mut refusal)) => {
                refusal.id = self.chain.node_id(self.at).to_string();
                Turned::Refused { status, refusal }
            }
            None => self.misused("refuse"),
        }
    }

    /// A node kept a flow of another request and returned it now.
    #[cold]
    fn misused(&self, call: &str) -> Turned {
        let limit = format!("a call of `cx.{call}` for each flow that it makes");
        Turned::NodeCrashed(self.chain.refusal_of(self.at, "nodeMisused", &limit, "none"))
    }
}

/// One at a time: a second destructor that panics while the first one unwinds would end the process.
impl Drop for Context {
    fn drop(&mut self) {
        for (index, place) in self.places.iter_mut().enumerate() {
            let step = place.step.take();
            if let Err(record) = catch(|| drop(step))
                && let Some(node) = self.chain.nodes.get(index)
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
        self.progress = Progress::Walking;
        self.counted = false;
    }

    fn kept_bytes(&self) -> usize {
        self.cx.kept_bytes().saturating_add(self.kept_bytes)
    }

    fn leftover(&self) -> Option<&'static str> {
        let states = self.places.iter().filter_map(|place| place.step.as_ref());
        let own = (!self.cx.is_clear()).then_some("the context of a request");
        own.or_else(|| states.filter_map(|step| step.leftover()).next())
    }
}
