//! A span while its work is under way.

use std::fmt;
use std::thread::panicking;

use tokio::time::Instant;

use super::attribute::AttributeValue;
use super::kept::Name;
use super::record::{Head, Link, SpanKind, SpanStatus};
use super::rings;
use super::scoped::InSpan;
use super::sheet::Sheet;
use super::spans::Spans;
use crate::context::{Context, Trace};

/// Why a span that is open has a recorder: it is given up in `close` alone.
const OPEN: &str = "an open span has its recorder until it is closed";

/// A piece of work in a trace, from where this is made to where it is dropped.
///
/// Where the trace is not sampled it is one empty word: all that is said of it costs nothing. One that is dropped while a panic
/// unwinds has failed, by `error.type` = `panic`.
///
/// ```
/// use hedgerow_supervisor::{Context, Span};
///
/// # async fn charged() {}
/// # async fn charge() {
/// // A child of what the current context belongs to; it ends with the future.
/// let span = Span::begin("charge").client().attribute("peer.service", "payments");
/// span.scope(charged()).await;
/// # }
/// ```
#[must_use = "a span ends where it is dropped"]
#[derive(Default)]
pub struct Span(Option<Box<Sheet>>);

impl Span {
    /// One that is not recorded.
    pub const NONE: Self = Self(None);

    /// A part of what the current [`Context`] belongs to, which begins now; [`NONE`](Self::NONE) where that is not recorded.
    pub fn begin(name: &'static str) -> Self {
        if crate::context::is_set() {
            Context::current().span(name)
        } else {
            Self::NONE
        }
    }

    #[inline(never)]
    pub(super) fn open(
        spans: Spans,
        trace: Trace,
        parent: Option<[u8; 8]>,
        name: &'static str,
        start: Instant,
    ) -> Self {
        let mut sheet = match rings::blank() {
            Some(mut sheet) => {
                // Where it stands: what is put together elsewhere and moved costs more than it is worth.
                sheet.head = Head::new(trace, parent, name, start);
                sheet
            }
            None => Sheet::new(Head::new(trace, parent, name, start)),
        };
        sheet.spans = Some(spans);
        Self(Some(sheet))
    }

    /// A part of it, which begins now.
    pub fn child(&self, name: &'static str) -> Self {
        match &self.0 {
            Some(sheet) => sheet.recorder().child(sheet.head.trace, name),
            None => Self::NONE,
        }
    }

    /// A part of it, which has begun at `start`.
    pub fn child_since(&self, name: &'static str, start: Instant) -> Self {
        match &self.0 {
            Some(sheet) => sheet.recorder().child_since(sheet.head.trace, name, start),
            None => Self::NONE,
        }
    }

    /// Whether anybody will see it.
    #[inline]
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Its place in its trace, for who is called to continue; `None` where it is not recorded.
    #[inline]
    pub fn trace(&self) -> Option<Trace> {
        self.0.as_ref().map(|sheet| sheet.head.trace)
    }

    /// The current context, in which what is done is a part of this span.
    pub fn context(&self) -> Context {
        self.within(Context::current())
    }

    /// This context, in which what is done is a part of this span.
    pub fn within(&self, context: Context) -> Context {
        match &self.0 {
            Some(sheet) => context.recorded_by(sheet.head.trace, sheet.recorder().clone()),
            None => context,
        }
    }

    /// A future that is a part of this span, and at whose end the span ends. Dropped before, it says so by
    /// `hedgerow.cancelled`.
    pub fn scope<F>(self, future: F) -> InSpan<F> {
        self.scope_in(Context::current(), future)
    }

    /// As [`scope`](Self::scope), in this context rather than in the current one.
    pub fn scope_in<F>(self, context: Context, future: F) -> InSpan<F> {
        InSpan::new(self, context, future)
    }

    /// As the request that somebody else is to answer.
    pub fn client(self) -> Self {
        self.of_kind(SpanKind::Client)
    }

    /// As the request that is answered.
    pub fn server(self) -> Self {
        self.of_kind(SpanKind::Server)
    }

    /// As a message that is sent.
    pub fn producer(self) -> Self {
        self.of_kind(SpanKind::Producer)
    }

    /// As a message that is handled.
    pub fn consumer(self) -> Self {
        self.of_kind(SpanKind::Consumer)
    }

    fn of_kind(mut self, kind: SpanKind) -> Self {
        if let Some(sheet) = &mut self.0 {
            sheet.head.kind = kind;
        }
        self
    }

    /// With this said of it.
    pub fn attribute<'a>(mut self, key: &'static str, value: impl Into<AttributeValue<'a>>) -> Self {
        self.set(key, value);
        self
    }

    /// Says this of it, in place of what was said under that key.
    #[inline]
    pub fn set<'a>(&mut self, key: &'static str, value: impl Into<AttributeValue<'a>>) {
        if let Some(sheet) = &mut self.0 {
            sheet.set(key, value.into());
        }
    }

    /// Calls it something else, by these pieces one after the other: `["GET", " ", "/pay"]`.
    #[inline]
    pub fn rename(&mut self, pieces: &[&str]) {
        if let Some(sheet) = &mut self.0 {
            sheet.head.name = Name::Copied(sheet.texts.join(pieces));
        }
    }

    /// Has it be at another place of its trace, or of another one. What has begun as a part of it stays where it was.
    pub fn relocate(&mut self, trace: Trace, parent: Option<[u8; 8]>) {
        if let Some(sheet) = &mut self.0 {
            (sheet.head.trace, sheet.head.parent) = (trace, parent);
        }
    }

    /// As one that is recorded although its trace is not, and so is the first to be dropped: where a ring is half full.
    pub fn as_kept(mut self) -> Self {
        if let Some(sheet) = &mut self.0 {
            sheet.head.is_kept = true;
        }
        self
    }

    /// Has it point to another span, which is not its parent. The last one counts.
    pub fn link(&mut self, trace: Trace) {
        if let Some(sheet) = &mut self.0 {
            sheet.head.link = Some(Link { trace });
        }
    }

    /// It went well, and is known to have.
    pub fn succeed(&mut self) {
        if let Some(sheet) = &mut self.0 {
            sheet.head.status = SpanStatus::Ok;
        }
    }

    /// It failed by this rule, or with this kind of error: `timeout`.
    pub fn fail<'a>(&mut self, rule: impl Into<AttributeValue<'a>>) {
        if let Some(sheet) = &mut self.0 {
            sheet.head.status = SpanStatus::Error;
            sheet.set("error.type", rule.into());
        }
    }

    /// Whether it was said to have failed.
    pub fn has_failed(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|sheet| sheet.head.status == SpanStatus::Error)
    }

    /// Lets go of it, so that it is not recorded.
    pub fn discard(mut self) {
        if let Some(sheet) = self.0.take() {
            rings::put_back(sheet);
        }
    }

    /// Ends it as of `at`, for who has read the clock anyway.
    pub fn end_at(mut self, at: Instant) {
        if let Some(sheet) = self.0.take() {
            close(sheet, Some(at));
        }
    }
}

impl Sheet {
    fn recorder(&self) -> &Spans {
        self.spans.as_ref().expect(OPEN)
    }
}

fn close(mut sheet: Box<Sheet>, at: Option<Instant>) {
    let spans = sheet.spans.take().expect(OPEN);
    sheet.head.end = at.unwrap_or_else(|| spans.now());
    rings::leave(spans.shared(), sheet);
}

impl Drop for Span {
    #[inline]
    fn drop(&mut self) {
        if let Some(sheet) = self.0.take() {
            ended(sheet);
        }
    }
}

#[inline(never)]
fn ended(mut sheet: Box<Sheet>) {
    if panicking() && sheet.head.status == SpanStatus::Unset {
        sheet.head.status = SpanStatus::Error;
        sheet.set("error.type", AttributeValue::Static("panic"));
    }
    close(sheet, None);
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.trace()).finish()
    }
}
