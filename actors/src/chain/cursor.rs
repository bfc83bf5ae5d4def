//! The walk of one request: down the nodes, back up with the reply, and to its end.

use std::fmt;
use std::future::poll_fn;
use std::task::{self, Poll};
use std::thread::panicking;
use std::time::Duration;

use hedgerow_supervisor::Trace;
use hedgerow_view::Refusal;
use http::StatusCode;
use tokio::time::Instant;

use super::body_limit::BodyLimit;
use super::context::Context;
use super::deadline::TimeLeft;
use super::docket::Docket;
use super::flow::{End, Reply};
use super::head::{ReplyHead, RequestHead};
use super::lead::Lead;
use super::turned::Turned;
use super::walk::Bottom;
use crate::pool::Lease;

/// A request on its way down the nodes. It is polled with the request's head and never holds it, so that the future
/// around it is as free to move as the request is.
///
/// Dropped on the way, it ends what was entered as [`End::Cancelled`]; while a panic unwinds, as [`End::Failed`].
pub struct Cursor {
    visit: Visit,
    revision: u64,
}

/// Where the way down has led.
#[derive(Debug)]
pub enum Arrival {
    /// Past all nodes.
    Through(Passage),
    /// To a node that answers by itself. The reply has passed the nodes above.
    Replied(Box<Reply>, Ending),
}

/// A request that has passed all nodes and is not answered. Dropped, it ends as [`End::Cancelled`]; while a panic unwinds,
/// as [`End::Failed`].
#[must_use = "dropped, it tells the nodes that the request was cancelled"]
pub struct Passage {
    visit: Visit,
}

/// A request that is being answered: it belongs to the body of the reply. Dropped before the body's end, it ends as
/// [`End::Cancelled`]; while a panic unwinds, as [`End::Failed`].
#[must_use = "dropped, it tells the nodes that the request was cancelled"]
pub struct Ending {
    visit: Visit,
}

/// What a request has of a chain, until it is handed on. One word: it goes through many hands.
struct Visit(Lease<Context>);

const UNDER_WAY: &str = "a visit has its context until it is handed on";

impl Visit {
    #[inline]
    fn context(&self) -> &Context {
        self.0.get().expect(UNDER_WAY)
    }

    #[inline]
    fn context_mut(&mut self) -> &mut Context {
        self.0.get_mut().expect(UNDER_WAY)
    }

    /// The visit, whose place is empty from now on.
    #[inline]
    fn hand_on(&mut self) -> Self {
        Self(self.0.take())
    }

    /// Ends the request, and gives back its context.
    fn finish(&mut self, end: End) {
        let Some(context) = self.0.get_mut() else {
            return;
        };
        context.end(end);
        if context.is_spoilt() {
            self.0.discard_now();
        } else {
            context.clear();
            self.0.hand_back();
        }
    }

    /// Takes the reply of a node past the nodes above it.
    fn reply(mut self) -> Result<Arrival, Turned> {
        let context = self.context_mut();
        let mut reply = context
            .take_reply()
            .expect("a walk that ends with a reply leaves it in its context");
        match context.ascend(&mut *reply) {
            Ok(()) => {
                context.answered(reply.status);
                Ok(Arrival::Replied(reply, Ending { visit: self }))
            }
            Err(turned) => Err(self.turn(End::Panicked, turned)),
        }
    }

    /// Ends a request that was turned back by a node, which may have recorded nothing of its head yet.
    #[cold]
    fn turn_back(mut self, head: &dyn RequestHead, end: End, turned: Turned) -> Turned {
        self.context_mut().cx.recorded.turned_back(head);
        self.turn(end, turned)
    }

    /// Ends a request that was turned back.
    #[cold]
    fn turn(mut self, end: End, turned: Turned) -> Turned {
        self.context_mut().tell_turned(&turned);
        self.finish(end);
        turned
    }
}

/// Whoever was called has crashed where a panic unwinds; else nobody waits any more.
impl Drop for Visit {
    #[inline]
    fn drop(&mut self) {
        if self.0.get().is_some() {
            self.finish(if panicking() { End::Failed } else { End::Cancelled });
        }
    }
}

impl Cursor {
    pub(super) fn new(context: Lease<Context>) -> Self {
        Self {
            revision: context.revision(),
            visit: Visit(context),
        }
    }

    /// The number of the revision that the request runs under, to its end.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Gives the request at most so much time from now on, because its client waits no longer. What calls are given otherwise is
    /// for nodes and upstreams to say. To be said before it is polled.
    #[cold]
    pub fn shorten_deadline_as_asked(&mut self, limit: Duration) {
        let cx = &mut self.visit.context_mut().cx;
        cx.shorten_deadline_as_asked(limit, Duration::MAX);
    }

    /// Says when the request came in, where that was before it is polled: its span begins then.
    pub fn came_in_at(&mut self, at: Instant) {
        self.visit.context_mut().cx.recorded.since(at);
    }

    /// Walks on, as far as it goes without waiting.
    ///
    /// # Errors
    /// Who turned the request back, and why; every node that it has entered has been ended.
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    pub fn poll_descend(
        &mut self,
        head: &mut dyn RequestHead,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<Arrival, Turned>> {
        let Poll::Ready(bottom) = self.visit.context_mut().descend(head, task) else {
            return Poll::Pending;
        };
        let visit = self.visit.hand_on();
        Poll::Ready(match bottom {
            Bottom::Through => Ok(Arrival::Through(Passage { visit })),
            Bottom::Replied => visit.reply(),
            Bottom::Turned(turned) => Err(visit.turn_back(head, End::Refused, turned)),
            Bottom::Crashed(turned) => Err(visit.turn_back(head, End::Panicked, turned)),
        })
    }

    /// Walks down to where the nodes lead.
    ///
    /// # Errors
    /// As [`poll_descend`](Self::poll_descend).
    pub async fn descend<H: RequestHead>(mut self, head: &mut H) -> Result<Arrival, Turned> {
        poll_fn(|task| self.poll_descend(head, task)).await
    }
}

impl Passage {
    /// Where the nodes have led it. A request that no node has led anywhere ends as [`End::Refused`].
    ///
    /// # Errors
    /// That no node chose a lead.
    pub fn lead(&mut self) -> Result<&Lead, Turned> {
        let context = self.visit.context_mut();
        if context.lead().is_some() {
            context.tell_lead();
        } else {
            context.tell_turned(&context.leads_nowhere());
            context.end(End::Refused);
        }
        let context = self.visit.context();
        context.lead().ok_or_else(|| context.leads_nowhere())
    }

    /// The number of the revision that the request runs under, to its end.
    pub fn revision(&self) -> u64 {
        self.visit.context().revision()
    }

    /// The trace that it belongs to; `None` where no node has said it.
    pub fn trace(&self) -> Option<Trace> {
        self.visit.context().cx.trace()
    }

    /// Whether a node has led it anywhere.
    pub fn is_led(&self) -> bool {
        self.visit.context().lead().is_some()
    }

    /// What is left of the request's time; `None` where neither its client nor a node gave it a deadline. Where nothing is left, nobody is to be
    /// called any more.
    pub fn deadline(&mut self) -> Option<TimeLeft> {
        self.visit.context_mut().cx.time_left()
    }

    /// The current context with the request's trace, for what is done on its behalf from here on. Where the trace is
    /// sampled, what is recorded in it is a part of the request's span.
    pub fn context(&mut self) -> hedgerow_supervisor::Context {
        self.visit.context_mut().cx.context()
    }

    /// The context for calls on behalf of the request, where its trace is recorded: an empty one where it is not, so that
    /// nothing is counted.
    pub fn recorded(&mut self) -> hedgerow_supervisor::Context {
        let cx = &mut self.visit.context_mut().cx;
        if cx.recorded.is_recorded() {
            cx.context()
        } else {
            hedgerow_supervisor::Context::default()
        }
    }

    /// How large the request's body may be; `None` where no node has said it.
    pub fn body_limit(&self) -> Option<BodyLimit> {
        self.visit.context().cx.body_limit
    }

    /// The request's body has turned out larger than this [limit](Self::body_limit) of its: [`End::Refused`]. What its client
    /// is to be told.
    pub fn refuse_body(self, limit: BodyLimit) -> Turned {
        let refused = self.visit.context().body_too_large(limit);
        self.visit.turn(End::Refused, refused)
    }

    /// Shows the reply's head to the nodes, in reverse, and leaves what remains for the end of its body.
    ///
    /// # Errors
    /// That a node crashed on it. Every node that the request has entered has been ended.
    #[inline]
    pub fn answer(self, head: &mut dyn ReplyHead) -> Result<Ending, Turned> {
        self.answer_or_deny(head).map_err(|denied| denied.0)
    }

    /// As [`answer`](Self::answer); beside the error it says in whose name the request is denied.
    ///
    /// # Errors
    /// As `answer`.
    #[inline]
    pub fn answer_or_deny(mut self, head: &mut dyn ReplyHead) -> Result<Ending, Box<(Turned, Docket)>> {
        let context = self.visit.context_mut();
        match context.ascend(head) {
            Ok(()) => {
                context.answered(head.status());
                Ok(Ending { visit: self.visit })
            }
            Err(turned) => {
                let docket = context.docket();
                Err(Box::new((self.visit.turn(End::Panicked, turned), docket)))
            }
        }
    }

    /// What the nodes see of it.
    pub(super) fn visited(&self) -> &Context {
        self.visit.context()
    }

    /// Says what its client is told, before it is [refused](Self::refuse) or [fails](Self::fail), to nodes that have
    /// [asked](super::Cx::tell_outcome) for it.
    pub fn tell(&mut self, status: StatusCode, refusal: &Refusal) {
        self.visit.context_mut().tell_refused(status, refusal);
    }

    /// The request was refused after the chain, before anybody was called: [`End::Refused`].
    pub fn refuse(mut self) {
        self.visit.finish(End::Refused);
    }

    /// There is no reply to it: [`End::Failed`].
    pub fn fail(mut self) {
        self.visit.finish(End::Failed);
    }
}

impl Ending {
    /// The number of the revision that the request runs under.
    pub fn revision(&self) -> u64 {
        self.visit.context().revision()
    }

    /// The last byte was sent: [`End::Ok`].
    pub fn complete(mut self) {
        self.visit.finish(End::Ok);
    }

    /// The reply broke off: [`End::Failed`].
    pub fn break_off(mut self) {
        self.visit.finish(End::Failed);
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage")
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending")
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
