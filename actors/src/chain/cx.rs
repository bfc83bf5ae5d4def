//! What a node can do with the request in hand.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hedgerow_supervisor::{AttributeValue, Clock, Span, Trace};
use hedgerow_view::Refusal;
use http::StatusCode;

use super::attributes::Attributes;
use super::body_limit::BodyLimit;
use super::deadline::{Alarm, Deadline, TimeLeft};
use super::flow::{Flow, Reply};
use super::head::RequestHead;
use super::lineup::Lineup;
use super::recorded::Recorded;
use super::spawned::{NotSpawned, Spawned};
use super::waits::Waits;

/// What a node can do with the request in hand, beside editing its head.
pub struct Cx {
    clock: Clock,
    /// The time at which a node has asked for it first, until the request waits.
    now: Option<Duration>,
    deadline: Option<Deadline>,
    alarm: Alarm,
    pub(super) body_limit: Option<BodyLimit>,
    /// The node that chose it, and which of its leads.
    pub(super) lead: Option<(usize, usize)>,
    /// The nodes below this one have been entered and not ended, but those that were skipped. While a node looks at the
    /// request on its way in, it is the last of them.
    pub(super) entered: usize,
    trace: Option<Trace>,
    /// The number of the revision that the request runs under.
    pub(super) revision: u64,
    /// Whether what becomes of the request is told in its attributes.
    pub(super) tells_outcome: bool,
    pub(super) attributes: Attributes,
    pub(super) waits: Waits,
    pub(super) spawned: Spawned,
    pub(super) reply: Option<Box<Reply>>,
    pub(super) refused: Option<Refused>,
    pub(super) recorded: Recorded,
}

/// What a node says who refuses a request.
#[derive(Debug)]
pub(super) enum Refused {
    /// By a rule of the node, which is still to be named.
    ByNode(StatusCode, Refusal),
    /// No route leads on.
    NoRoute(Refusal),
    /// It crashed in the node's actor, which has counted that. What the panic said.
    Crashed(String),
}

impl Cx {
    pub(super) fn new(clock: Clock, revision: u64, lineup: Arc<Lineup>, recorded: Recorded) -> Self {
        Self {
            clock,
            now: None,
            deadline: None,
            alarm: Alarm::default(),
            body_limit: None,
            lead: None,
            entered: 0,
            trace: None,
            revision,
            tells_outcome: false,
            attributes: Attributes::default(),
            waits: Waits::default(),
            spawned: Spawned::new(lineup),
            reply: None,
            refused: None,
            recorded,
        }
    }

    /// The time, since the chain was made. The clock is read for the first node that asks; the others are told the same, until
    /// the request has waited.
    pub fn now(&mut self) -> Duration {
        *self.now.get_or_insert_with(|| self.clock.now())
    }

    /// Time has gone by.
    pub(super) fn has_waited(&mut self) {
        self.now = None;
        self.alarm.clear();
    }

    /// When the request has to be over, by the clock of [`now`](Self::now); `None` where neither its client nor a node has said it.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.at)
    }

    /// Gives the request at most so much time from now on. What a node before has given is only ever shortened.
    ///
    /// Whoever waits is refused at the deadline, with 504 and the rule `deadline`; and no call goes on beyond it. Where a
    /// request waits, its runtime must be tokio, with time enabled.
    pub fn shorten_deadline(&mut self, limit: Duration) {
        self.shorten_deadline_as_asked(limit, limit);
    }

    /// As [`shorten_deadline`](Self::shorten_deadline), where it is the client that asks for so little: without its word the
    /// request would have been given `ordinary`. It says what a call that is cut short tells of who was called
    /// ([`TimeLeft::is_telling`]).
    pub fn shorten_deadline_as_asked(&mut self, limit: Duration, ordinary: Duration) {
        let at = self.now().saturating_add(limit);
        match &mut self.deadline {
            Some(set) if set.at <= at => {
                // Its client alone has spoken by now, and what is ordinary is for nodes to say.
                if set.ordinary == Duration::MAX {
                    set.ordinary = ordinary.max(set.limit);
                }
            }
            set => {
                let ordinary = set.map_or(ordinary, |set| set.ordinary.min(ordinary));
                *set = Some(Deadline {
                    at,
                    limit,
                    ordinary: ordinary.max(limit),
                });
            }
        }
    }

    /// What is left of the request's time.
    pub(super) fn time_left(&mut self) -> Option<TimeLeft> {
        let deadline = self.deadline?;
        Some(deadline.left(self.now()))
    }

    /// Ready at the deadline; never where there is none.
    pub(super) fn poll_deadline(&mut self, task: &mut Context<'_>) -> Poll<TimeLeft> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let clock = self.clock;
        let over = self.alarm.poll(|| clock.at(deadline.at), task);
        over.map(|()| deadline.left(deadline.at))
    }

    /// Sends the request to this one of the [leads](super::NodeSpec::leading_to) of the node, counted from 0. A later node
    /// may choose another.
    pub fn lead_to(&mut self, lead: usize) {
        self.lead = Some((self.entered.saturating_sub(1), lead));
    }

    /// The trace that the request belongs to, seen from this chain's span in it; `None` where no node has said it.
    pub fn trace(&self) -> Option<Trace> {
        self.trace
    }

    /// Says which trace the request belongs to, for the nodes behind this one and for what they [`spawn`](Self::spawn).
    pub fn set_trace(&mut self, trace: Trace) {
        self.recorded.moved(trace);
        self.trace = Some(trace);
    }

    /// The trace that the request came with, where it is said once and well.
    pub(crate) fn came_with(&self, head: &dyn RequestHead) -> Option<Trace> {
        self.recorded.came(head)
    }

    /// As [`set_trace`](Self::set_trace), by who sees the request's head.
    pub(crate) fn set_trace_of(&mut self, head: &dyn RequestHead, trace: Trace) {
        self.recorded.moved_with(head, trace);
        self.trace = Some(trace);
    }

    /// A piece of work for the request, from now to where what is returned is dropped: a part of the request's span. It is
    /// [not recorded](Span::NONE), and costs nothing, where the request's trace is not.
    ///
    /// ```
    /// use hedgerow_actors::chain::{Flow, NodeSpec, node_fn};
    ///
    /// let spec = NodeSpec::new("price", "price", || {
    ///     node_fn(|head, cx| {
    ///         let _span = cx.span("price").attribute("shop.path", head.path());
    ///         // ... the work ...
    ///         Flow::Next
    ///     })
    /// });
    /// ```
    pub fn span(&mut self, name: &'static str) -> Span {
        self.recorded.part(self.trace, name)
    }

    /// Says this of the request's own span, where that is recorded.
    pub fn annotate<'a>(&mut self, key: &'static str, value: impl Into<AttributeValue<'a>>) {
        if let Some(span) = self.recorded.span() {
            span.set(key, value);
        }
    }

    /// The current [`Context`](hedgerow_supervisor::Context) with the request's trace, for messages and work on its behalf:
    /// what they record is a part of the request's span.
    pub fn context(&mut self) -> hedgerow_supervisor::Context {
        self.recorded.context(self.trace)
    }

    /// Sends what a node sends for the request: as a part of its span, where that is recorded.
    pub(super) fn sends<T>(&mut self, send: impl FnOnce() -> T) -> T {
        if self.recorded.is_recorded() {
            self.context().enter(send)
        } else {
            send()
        }
    }

    /// Looks at a request that comes in, where requests are recorded.
    #[inline]
    pub(super) fn begin(&mut self, head: &mut dyn RequestHead) {
        if self.recorded.is_to_begin() {
            self.trace = self.recorded.begin(head);
        }
    }

    /// Has told in the request's attributes what becomes of it, for [`Node::on_end`](super::Node::on_end): `upstream`, where it
    /// was led to; and where no node sees its answer `status`, `refusedBy` and `rule`. The number of the revision that it
    /// runs under.
    pub fn tell_outcome(&mut self) -> u64 {
        self.tells_outcome = true;
        self.revision
    }

    /// The request's body may have at most so many bytes. Where several nodes say it, the smallest limit counts. No node sees
    /// a body: whoever reads it refuses the request with 413 once it turns out larger, in the name of this node.
    pub fn limit_body(&mut self, bytes: u64) {
        let node = self.entered.saturating_sub(1);
        if self.body_limit.is_none_or(|limit| bytes < limit.bytes) {
            self.body_limit = Some(BodyLimit { bytes, node });
        }
    }

    /// What the nodes tell each other about this request.
    pub fn attributes(&mut self) -> &mut Attributes {
        &mut self.attributes
    }

    /// Answers the request without calling anybody. The nodes before this one see the reply on its way out.
    pub fn reply(&mut self, reply: Reply) -> Flow {
        self.reply = Some(Box::new(reply));
        Flow::Reply
    }

    /// Refuses the request: by which rule, what its limit is, and what was observed instead. Who refuses it is filled in.
    pub fn refuse(
        &mut self,
        status: StatusCode,
        rule: impl Into<String>,
        limit: impl Into<String>,
        observed: impl Into<String>,
    ) -> Flow {
        let refusal = Refusal::new("", rule, limit, observed);
        self.refused = Some(Refused::ByNode(status, refusal));
        Flow::Refuse
    }

    /// As [`refuse`](Self::refuse), for a refusal that says more, such as when to try again. Its id is filled in.
    pub fn refuse_with(&mut self, status: StatusCode, refusal: Refusal) -> Flow {
        self.refused = Some(Refused::ByNode(status, refusal));
        Flow::Refuse
    }

    /// No route leads on; the refusal says who says so.
    pub(crate) fn no_route(&mut self, refusal: Refusal) -> Flow {
        self.refused = Some(Refused::NoRoute(refusal));
        Flow::Refuse
    }

    /// The request has crashed in the node's actor, which has counted that.
    pub(super) fn crashed(&mut self, said: String) -> Flow {
        self.refused = Some(Refused::Crashed(said));
        Flow::Refuse
    }

    /// Lets the request wait in this node. The future owns what it needs; when it is done, the node is
    /// [resumed](super::Node::on_resume).
    ///
    /// Its memory belongs to the request's context and is used again: the first future of its type in a context
    /// allocates, later ones do not. It is dropped when the request ends before.
    pub fn wait<F>(&mut self, future: F) -> Flow
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.waits.park(future);
        Flow::Wait
    }

    /// What came of the future that was waited for, once. `None` where it was taken already, or where `T` is not what
    /// comes of that future.
    pub fn landed<T: 'static>(&mut self) -> Option<T> {
        self.waits.landed()
    }

    /// Begins work that goes on beside the request, and ends with it. It is a task of the runtime that this is called in,
    /// and has the current [`Context`](hedgerow_supervisor::Context): trace, deadline, tenant, baggage; its trace is that of the
    /// [request](Self::trace), where a node has said it.
    ///
    /// The work is **cancelled**, that is dropped where it waits, when the first of these happens: its request ends, in
    /// whatever way (with a reply: when the last byte of its body is sent); its deadline or that of its context passes. A request
    /// does not wait for its work, neither when it is answered nor when it ends. So the work must be cancel-safe: between
    /// any two of its `await`s it may be the last time that it runs. Cancelling is asked for at the request's end, before
    /// any [`on_end`](super::Node::on_end); the work is dropped by its runtime, at once where it waits, after the present
    /// poll where it is being polled. Work that does not come back from a poll cannot be ended: it is shown as `overdue`.
    ///
    /// A panic in it, to its destructor, costs the request nothing. It counts as a panic of the node.
    ///
    /// ```
    /// use hedgerow_actors::chain::{Flow, NodeSpec, node_fn};
    ///
    /// async fn warm(path: String) {
    ///     // ... asks a cache ahead of the call ...
    /// }
    ///
    /// let spec = NodeSpec::new("warm", "warm", || {
    ///     node_fn(|head, cx| {
    ///         // A request goes on without it where there is no runtime to do it.
    ///         let _ = cx.spawn(warm(head.path().to_owned()));
    ///         Flow::Next
    ///     })
    /// });
    /// ```
    ///
    /// # Errors
    /// [`NotSpawned`] outside of a tokio runtime. Nothing else in a walk needs one.
    ///
    /// # Panics
    /// Where there is a deadline and the runtime's timers are not enabled.
    pub fn spawn<F>(&mut self, work: F) -> Result<(), NotSpawned>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let limit = self.deadline.map(|deadline| self.clock.at(deadline.at));
        let node = self.entered.saturating_sub(1);
        let context = self.recorded.context(self.trace);
        self.spawned.spawn(node, limit, context, work)
    }

    pub(super) fn clear(&mut self) {
        let Self {
            clock: _,
            now,
            deadline,
            alarm,
            body_limit,
            lead,
            entered: _,
            trace,
            revision: _,
            tells_outcome,
            attributes,
            waits,
            spawned,
            reply,
            refused,
            recorded,
        } = self;
        spawned.stop();
        recorded.clear();
        *tells_outcome = false;
        (*now, *lead, *reply, *refused) = (None, None, None, None);
        *trace = None;
        (*deadline, *body_limit) = (None, None);
        alarm.clear();
        attributes.clear();
        waits.clear();
    }

    pub(super) fn is_clear(&self) -> bool {
        let Self {
            clock: _,
            now,
            deadline,
            alarm,
            body_limit,
            lead,
            entered,
            trace,
            revision: _,
            tells_outcome,
            attributes,
            waits,
            spawned,
            reply,
            refused,
            recorded,
        } = self;
        let nothing_said = *entered == 0
            && now.is_none()
            && !*tells_outcome
            && deadline.is_none()
            && body_limit.is_none()
            && lead.is_none()
            && trace.is_none()
            && reply.is_none()
            && refused.is_none();
        let nothing_begun = alarm.is_clear() && waits.is_idle() && spawned.is_empty();
        nothing_said && nothing_begun && attributes.is_empty() && recorded.is_clear()
    }

    pub(super) fn kept_bytes(&self) -> usize {
        let waits = self.waits.kept_bytes() + self.alarm.kept_bytes() + self.recorded.kept_bytes();
        self.attributes.kept_bytes() + waits + self.spawned.kept_bytes()
    }
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx")
            .field("lead", &self.lead)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}
