//! The span of a request: from where it comes in to the end of its answer.
//!
//! Where its trace is sampled it is a span from the beginning, and what is done for the request is a part of it. Where it is
//! not, the request has a place in a trace and a few words that cost no memory; at its end, if it failed, was refused or was
//! slow, its span is recorded all the same, without parts.

use hedgerow_supervisor::{AttributeValue, Context as Current, Span, Spans, Trace};
use hedgerow_view::Refusal;
use http::StatusCode;
use tokio::time::Instant;

use super::came::{continued, is_invalid, trim_state, write};
use super::context::Context;
use super::flow::End;
use super::handle::ChainHandle;
use super::head::RequestHead;

/// Why a request is kept whose client was told a refusal.
const REFUSED: &str = "refused";

/// Bytes of a path that are kept. What is longer is cut off.
const MOST_OF_A_PATH: usize = 128;

/// What is recorded of one request.
#[derive(Default)]
pub(super) struct Recorded {
    /// Who records, if anybody does; by a handle that no other thread counts.
    spans: Option<Spans>,
    /// When the request came in, where its adapter has said it.
    since: Option<Instant>,
    under_way: Option<UnderWay>,
    /// Its memory is used again.
    path: String,
}

/// A request that has come in.
struct UnderWay {
    /// The trace that it came with, as that was then.
    came: Option<Trace>,
    trace: Trace,
    parent: Option<[u8; 8]>,
    start: Instant,
    span: Span,
    as_kind: As,
    method: &'static str,
    status: Option<StatusCode>,
    /// Whether anything is recorded that is a part of it.
    has_parts: bool,
}

/// What a request is to its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    /// It came from elsewhere.
    Server,
    /// It is a part of what its own caller does here.
    Internal,
}

impl As {
    fn say(self, span: Span) -> Span {
        match self {
            Self::Server => span.server(),
            Self::Internal => span,
        }
    }
}

impl UnderWay {
    /// Its span, which is recorded from now on for this reason.
    #[cold]
    fn keep(&mut self, spans: &Spans, why: &'static str) {
        if !self.span.is_recorded() {
            let span = spans.root_since(self.trace, self.parent, "request", self.start);
            let span = self.as_kind.say(span.as_kept());
            self.span = span.attribute("hedgerow.kept", AttributeValue::Static(why));
        }
    }
}

impl Recorded {
    pub(super) fn by(spans: Option<&Spans>) -> Self {
        Self {
            spans: spans.map(Spans::apart),
            ..Self::default()
        }
    }

    /// The request came in then.
    pub(super) fn since(&mut self, at: Instant) {
        self.since = Some(at);
    }

    /// Whether a request that nobody has looked at is to be begun.
    #[inline]
    pub(super) fn is_to_begin(&self) -> bool {
        self.spans.is_some() && self.under_way.is_none()
    }

    /// The place in a trace of a request that comes in.
    #[inline(never)]
    pub(super) fn begin(&mut self, head: &mut dyn RequestHead) -> Option<Trace> {
        let spans = self.spans.as_ref()?;
        let mut is_replaced = false;
        let start = self.since.take().unwrap_or_else(|| spans.now());
        let (came, as_kind, is_sampled) = match Trace::current() {
            Some(around) => (Some(around), As::Internal, around.is_sampled()),
            None => {
                let came = continued(head);
                is_replaced = is_invalid(head, came);
                trim_state(head, came);
                let follows = came.is_some() && head.is_from_trusted_hop();
                let is_sampled = match came {
                    Some(came) if follows => came.is_sampled(),
                    _ => spans.draws(),
                };
                (came, As::Server, is_sampled)
            }
        };
        let trace = match came {
            Some(came) => came.descend(),
            None => Trace::fresh(0),
        };
        let others = trace.flags() & !Trace::SAMPLED;
        let trace = trace.with_flags(others | (u8::from(is_sampled) * Trace::SAMPLED));
        // Who is called is not to record a trace that is not recorded here.
        let is_given_up = !is_sampled && as_kind == As::Server && came.is_some_and(Trace::is_sampled);
        if is_replaced || is_given_up || (is_sampled && !head.tells_trace_itself()) {
            write(head, trace);
        }
        let parent = came.map(Trace::span_id);
        let mut span = Span::NONE;
        if is_sampled {
            span = as_kind.say(spans.root_since(trace, parent, "request", start));
            describe(&mut span, head);
        }
        let path = head.path();
        let mut kept = path.len().min(MOST_OF_A_PATH);
        while !path.is_char_boundary(kept) {
            kept -= 1;
        }
        self.path.push_str(&path[..kept]);
        self.under_way = Some(UnderWay {
            came,
            trace,
            parent,
            start,
            span,
            as_kind,
            method: method(head.method()),
            status: None,
            has_parts: false,
        });
        Some(trace)
    }

    /// The trace that the request came with: what its headers say may be our own words by now.
    pub(super) fn came(&self, head: &dyn RequestHead) -> Option<Trace> {
        match &self.under_way {
            Some(under_way) => under_way.came,
            None => continued(head),
        }
    }

    /// The request is at this place of a trace, as a node says. What was recorded as parts of it stays its part.
    pub(super) fn moved(&mut self, trace: Trace) {
        let (Some(spans), Some(under_way)) = (&self.spans, &mut self.under_way) else {
            return;
        };
        if under_way.has_parts || under_way.trace == trace {
            return;
        }
        if under_way.trace.trace_id() != trace.trace_id() {
            under_way.parent = None;
        }
        under_way.trace = trace;
        if !trace.is_sampled() {
            std::mem::take(&mut under_way.span).discard();
        } else if under_way.span.is_recorded() {
            under_way.span.relocate(trace, under_way.parent);
        } else {
            let span = spans.root_since(trace, under_way.parent, "request", under_way.start);
            under_way.span = under_way.as_kind.say(span);
        }
    }

    /// The request is at this place of a trace, as a node says who sees its head.
    pub(super) fn moved_with(&mut self, head: &dyn RequestHead, trace: Trace) {
        let was_recorded = self.is_recorded();
        self.moved(trace);
        if let Some(span) = self.span().filter(|span| span.is_recorded() && !was_recorded) {
            describe(span, head);
        }
    }

    /// A part of the request, which begins now.
    #[inline]
    pub(super) fn part(&mut self, trace: Option<Trace>, name: &'static str) -> Span {
        let (Some(spans), Some(trace)) = (&self.spans, trace.filter(|trace| trace.is_sampled())) else {
            return Span::NONE;
        };
        if let Some(under_way) = &mut self.under_way {
            under_way.has_parts = true;
        }
        spans.child(trace, name)
    }

    /// The context of what is done for the request: a part of it, where it is recorded.
    pub(super) fn context(&mut self, trace: Option<Trace>) -> Current {
        let mut context = Current::current();
        if let Some(under_way) = &mut self.under_way
            && under_way.trace.is_sampled()
        {
            under_way.has_parts = true;
            return under_way.span.within(context);
        }
        if let Some(trace) = trace {
            context = context.with_trace(trace);
        }
        context
    }

    pub(super) fn is_recorded(&self) -> bool {
        let under_way = self.under_way.as_ref();
        under_way.is_some_and(|under_way| under_way.span.is_recorded())
    }

    /// The span of the request; one that is not recorded where that is so.
    pub(super) fn span(&mut self) -> Option<&mut Span> {
        self.under_way.as_mut().map(|under_way| &mut under_way.span)
    }

    /// The status of what its client gets.
    #[inline]
    pub(super) fn answered(&mut self, status: StatusCode) {
        if let Some(under_way) = &mut self.under_way {
            under_way.status = Some(status);
        }
    }

    /// The request is about to be turned back: the last time that its head is at hand.
    #[cold]
    pub(super) fn turned_back(&mut self, head: &dyn RequestHead) {
        if let (Some(spans), Some(under_way)) = (&self.spans, &mut self.under_way)
            && !under_way.span.is_recorded()
        {
            under_way.keep(spans, REFUSED);
            describe(&mut under_way.span, head);
        }
    }

    /// Its client is told this refusal.
    #[inline]
    pub(super) fn refused(&mut self, status: StatusCode, refusal: &Refusal) {
        if let (Some(spans), Some(under_way)) = (&self.spans, &mut self.under_way) {
            under_way.keep(spans, REFUSED);
            under_way.status = Some(status);
            refused(&mut under_way.span, status, refusal);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.under_way.is_none()
    }

    pub(super) fn clear(&mut self) {
        self.since = None;
        self.path.clear();
        if let Some(under_way) = self.under_way.take() {
            under_way.span.discard();
        }
    }

    pub(super) fn is_clear(&self) -> bool {
        self.since.is_none() && self.under_way.is_none() && self.path.is_empty()
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.path.capacity()
    }
}

impl Context {
    /// Records the request, which has ended so, where it is to be.
    #[inline]
    pub(super) fn record(&mut self, end: End) {
        if !self.cx.recorded.is_over() {
            self.record_ended(end);
        }
    }

    fn record_ended(&mut self, end: End) {
        let recorded = &mut self.cx.recorded;
        let (Some(spans), Some(mut under_way)) = (&recorded.spans, recorded.under_way.take()) else {
            return;
        };
        let at = spans.now();
        let status = under_way.status;
        let is_error = status.is_some_and(|status| status.is_server_error());
        if is_error || matches!(end, End::Failed | End::Panicked) {
            under_way.keep(spans, "failed");
        } else if at.saturating_duration_since(under_way.start) >= spans.slow() {
            under_way.keep(spans, "slow");
        }
        let UnderWay { mut span, method, .. } = under_way;
        if !span.is_recorded() {
            return;
        }
        let lead = recorded_lead(&self.plan, self.cx.lead);
        let route = lead.map(|lead| path_of(&lead.route));
        match route {
            Some(route) => span.rename(&[method, " ", route]),
            None => span.rename(&[method]),
        }
        span.set("http.request.method", AttributeValue::Static(method));
        span.set("url.path", recorded.path.as_str());
        if let Some(status) = status {
            span.set("http.response.status_code", status.as_u16());
        }
        if let Some(route) = route {
            span.set("http.route", route);
        }
        if let Some(lead) = lead {
            span.set("hedgerow.upstream", lead.upstream.id().name());
        }
        span.set("hedgerow.revision", self.revision.number());
        match end {
            End::Failed | End::Panicked if !span.has_failed() => match status {
                Some(status) if status.is_server_error() => span.fail(status.as_str()),
                _ => span.fail(AttributeValue::Static(end.name())),
            },
            End::Cancelled => span.set("hedgerow.cancelled", true),
            _ => {
                if let Some(status) = status.filter(|_| is_error && !span.has_failed()) {
                    span.fail(status.as_str());
                }
            }
        }
        span.end_at(at);
    }
}

/// Says by which rule a request was refused; of one that its client could not have made better, that it failed.
fn refused(span: &mut Span, status: StatusCode, refusal: &Refusal) {
    if status.is_server_error() {
        span.fail(refusal.rule.as_str());
    }
    span.set("hedgerow.refused.by", refusal.id.as_str());
    span.set("hedgerow.refused.rule", refusal.rule.as_str());
    span.set("hedgerow.refused.limit", refusal.limit.as_str());
    span.set("hedgerow.refused.observed", refusal.observed.as_str());
}

/// What a request's head says, by the
/// [semantic conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span) of OpenTelemetry.
fn describe(span: &mut Span, head: &dyn RequestHead) {
    if let Some(authority) = head.authority() {
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse::<u16>().ok()),
            _ => (authority, None),
        };
        span.set("server.address", host);
        if let Some(port) = port {
            span.set("server.port", port);
        }
    }
    if let Some(version) = head.protocol_version() {
        span.set("network.protocol.version", AttributeValue::Static(version));
    }
}

/// The method, where it is one that is known; `_OTHER` as the conventions have it for all that anybody may invent.
fn method(said: &str) -> &'static str {
    const KNOWN: [&str; 11] = [
        "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE", "QUERY", "CALL",
    ];
    KNOWN.into_iter().find(|known| *known == said).unwrap_or("_OTHER")
}

fn recorded_lead(plan: &super::plan::Plan, lead: Option<(usize, usize)>) -> Option<&super::lead::Lead> {
    plan.lead(lead?)
}

/// The path of a rule, as a lead knows it: `edge:GET shop.example/pay x-a=1` is by `/pay`.
fn path_of(route: &str) -> &str {
    let rule = route.split_once(':').map_or(route, |(_, rule)| rule);
    let word = rule.split(' ').find(|word| word.contains('/'));
    word.and_then(|word| word.find('/').map(|at| &word[at..]))
        .unwrap_or(rule)
}

/// Who records the requests of a chain.
impl ChainHandle {
    /// Records the spans of its requests here, from the next one that comes in. The first recorder that it is given stays; to
    /// be given before requests come. Default: nothing is recorded.
    pub fn record(&self, spans: &Spans) {
        // Contexts that wait were made for nobody who records.
        self.slot().spans.get_or_init(|| spans.clone());
    }

    /// Who records its requests, if anybody does.
    #[inline]
    pub fn recorder(&self) -> Option<&Spans> {
        self.slot().spans.get()
    }

    /// Records a request that was refused before it [entered](Self::enter) the chain: it came in at `start`, and its head
    /// could be read or not.
    #[cold]
    pub fn record_refused(&self, start: Instant, status: StatusCode, refusal: &Refusal) {
        if let Some(spans) = self.recorder() {
            let mut span = spans
                .root_since(Trace::fresh(Trace::SAMPLED), None, "refused at the door", start)
                .server()
                .as_kept()
                .attribute("hedgerow.kept", AttributeValue::Static(REFUSED))
                .attribute("http.response.status_code", status.as_u16());
            refused(&mut span, status, refusal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_the_path_of_its_rule() {
        for (route, path) in [
            ("edge:/pay", "/pay"),
            ("edge:=/pay", "/pay"),
            ("edge:GET,POST shop.example/pay x-a=1", "/pay"),
            ("edge:*.shop.example=/", "/"),
            ("edge:/a:b", "/a:b"),
        ] {
            assert_eq!(path_of(route), path, "{route}");
        }
    }

    #[test]
    fn a_method_that_anybody_may_invent_is_another() {
        assert_eq!(
            (method("PATCH"), method("get"), method("BREW")),
            ("PATCH", "_OTHER", "_OTHER")
        );
    }
}
