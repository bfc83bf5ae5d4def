//! How one request goes down the nodes, its reply back up, and how it ends in each of them.

use std::task::{self, Poll, ready};

use hedgerow_supervisor::catch;
use http::StatusCode;

use super::budget::Standing;
use super::context::{Context, Progress};
use super::flow::{End, Flow};
use super::head::{ReplyHead, RequestHead};
use super::turned::Turned;

/// Where the way down ended. Small: it goes through several hands.
pub(super) enum Bottom {
    /// Past the last node.
    Through,
    /// At a node that answers by itself; the reply is in the context.
    Replied,
    /// At a node that is not passed.
    Turned(Turned),
    /// At a node that crashed.
    Crashed(Turned),
}

impl Context {
    /// Goes on down the nodes. One guard is around all of them: a guard for each costs more and tells no more.
    #[inline]
    pub(super) fn descend(
        &mut self,
        head: &mut dyn RequestHead,
        task: &mut task::Context<'_>,
    ) -> Poll<Bottom> {
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
                // On the way down that is the last one that was entered; at the door, none.
                self.at = self.cx.entered.saturating_sub(1);
                self.take_print(head);
                Bottom::Crashed(self.crashed(self.at, record))
            }
        };
        self.count();
        Poll::Ready(bottom)
    }

    fn walk_down(&mut self, head: &mut dyn RequestHead, task: &mut task::Context<'_>) -> Poll<Bottom> {
        self.cx.begin(head);
        if let Some(bottom) = self.at_the_door(head) {
            return Poll::Ready(bottom);
        }
        loop {
            let flow = if self.progress == Progress::Waiting {
                if self.cx.waits.poll(task).is_pending() {
                    let time = ready!(self.cx.poll_deadline(task));
                    return Poll::Ready(self.overdue(time));
                }
                self.resume(head)
            } else if self.times.are_taken() || self.plan.lineup.any_out() {
                match self.enter_next(head) {
                    Ok(flow) => flow,
                    Err(bottom) => return Poll::Ready(bottom),
                }
            } else {
                self.enter_all(head)
            };
            match flow {
                Flow::Next if self.at == self.steps.len() => return Poll::Ready(Bottom::Through),
                Flow::Next if self.steps[self.at].is_none() => return Poll::Ready(self.down()),
                Flow::Next => {}
                Flow::Wait => self.progress = Progress::Waiting,
                Flow::Reply if self.cx.reply.is_some() => return Poll::Ready(Bottom::Replied),
                Flow::Reply => return Poll::Ready(self.misused("reply")),
                Flow::Refuse => return Poll::Ready(self.refused()),
            }
        }
    }

    /// Enters one node after the other, to one that does not let the request go on at once. [`Flow::Next`]: to the end, or
    /// to a node without a filter.
    #[inline]
    fn enter_all(&mut self, head: &mut dyn RequestHead) -> Flow {
        let mut reached = self.at;
        for step in &mut self.steps[reached..] {
            let Some(step) = step else { break };
            reached += 1;
            // The one store for each node: it says which one crashed, where to resume, and which were entered.
            self.cx.entered = reached;
            match step.request(head, &mut self.cx) {
                Flow::Next => {}
                flow => {
                    self.at = reached - 1;
                    return flow;
                }
            }
        }
        self.at = reached;
        Flow::Next
    }

    /// Enters the next node, where nodes are timed or some are over their budget.
    #[cold]
    fn enter_next(&mut self, head: &mut dyn RequestHead) -> Result<Flow, Bottom> {
        if self.plan.lineup.any_out()
            && let Some(bottom) = self.pass_by()
        {
            return Err(bottom);
        }
        let Some(Some(step)) = self.steps.get_mut(self.at) else {
            return Ok(Flow::Next);
        };
        self.cx.entered = self.at + 1;
        self.times.begin();
        let flow = step.request(head, &mut self.cx);
        Ok(self.left(flow))
    }

    /// Goes on in the node whose wait is over.
    fn resume(&mut self, head: &mut dyn RequestHead) -> Flow {
        self.progress = Progress::Walking;
        self.cx.has_waited();
        let flow = match self.steps.get_mut(self.at) {
            Some(Some(step)) => step.resume(head, &mut self.cx),
            _ => Flow::Next,
        };
        self.left(flow)
    }

    /// A node has said where the request goes. While it waits, its time goes on.
    fn left(&mut self, flow: Flow) -> Flow {
        if flow != Flow::Wait {
            self.times.end(self.at);
        }
        if flow == Flow::Next {
            self.at += 1;
        }
        flow
    }

    /// Goes by the nodes that are over their budget and fail open, to the next one that is entered; or ends at one that
    /// fails closed.
    #[cold]
    fn pass_by(&mut self) -> Option<Bottom> {
        while let Some(node) = self.plan.lineup.nodes.get(self.at) {
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
    pub(super) fn ascend(&mut self, head: &mut dyn ReplyHead) -> Result<(), Turned> {
        let mut at = self.at.min(self.cx.entered);
        let walked = catch(|| {
            let is_plain = !self.times.are_taken() && self.skipped.is_empty();
            self.times.pause();
            for step in self.steps[..at].iter_mut().rev() {
                at -= 1;
                let Some(step) = step else { continue };
                if is_plain {
                    step.reply(head, &mut self.cx.attributes);
                } else if !self.skipped.contains(&at) {
                    self.times.begin();
                    step.reply(head, &mut self.cx.attributes);
                    self.times.end(at);
                }
            }
        });
        walked.map_err(|record| self.crashed(at, record))
    }

    /// The status of what its client gets, after the nodes have seen it.
    #[inline]
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.is_error = status.is_server_error();
        self.cx.recorded.answered(status);
    }

    /// Ends every node that was entered and not ended, the last one first, whatever any of them does.
    ///
    /// A request ends once.
    pub(super) fn end(&mut self, end: End) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.count();
        let reached = self.cx.entered;
        if self.is_error || matches!(end, End::Failed | End::Panicked) {
            self.count_error(end);
        }
        if self.times.are_taken() {
            if self.progress == Progress::Waiting {
                self.times.end(self.at);
            }
            self.times.keep(&self.plan.lineup, reached, &self.skipped);
        }
        self.kept_bytes = 0;
        self.cx.spawned.stop();
        if !self.cx.waits.is_idle()
            && let Err(record) = catch(|| self.cx.waits.clear())
        {
            // What a node waited for is the node's, to its destructor.
            self.spoil(self.at, record);
        }
        while let Err(record) = catch(|| self.end_entered(end)) {
            self.spoil(self.cx.entered, record);
        }
        self.acquit(end, reached);
        self.record(end);
    }

    fn end_entered(&mut self, end: End) {
        let (mut kept, is_plain) = (0, self.skipped.is_empty());
        for step in self.steps[..self.cx.entered].iter_mut().rev() {
            // Before the call: whoever crashes has been ended.
            self.cx.entered -= 1;
            if let Some(step) = step
                && (is_plain || !self.skipped.contains(&self.cx.entered))
            {
                kept += step.end(end, &self.cx.attributes);
            }
        }
        self.kept_bytes = kept;
    }

    /// Counts a request that came to nothing, in the nodes that it has entered.
    #[cold]
    fn count_error(&self, end: End) {
        if matches!(end, End::Refused | End::Cancelled) {
            return;
        }
        let lineup = &self.plan.lineup;
        lineup.count_error(self.cx.entered);
        for node in self.skipped.iter().filter(|node| **node < self.cx.entered) {
            lineup.nodes[*node].count_error_past();
        }
    }

    /// Counts the request in all nodes that it has reached, once.
    fn count(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.plan.lineup.count(self.steps.len().min(self.at + 1));
        }
    }
}
