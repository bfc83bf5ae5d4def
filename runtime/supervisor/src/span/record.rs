//! One span, as it is drained.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::attribute::AttributeValue;
use super::batch::Taken;
use super::kept::Name;
use crate::context::Trace;

/// What part a span has in a call, as OpenTelemetry's
/// [span kinds](https://opentelemetry.io/docs/specs/otel/trace/api/#spankind).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work that is done here.
    Internal,
    /// A request that is served.
    Server,
    /// A request that is sent.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is handled.
    Consumer,
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanStatus {
    /// Nothing was said of it, which is the ordinary case.
    Unset,
    /// It is known to have gone well.
    Ok,
    /// It failed; the attribute `error.type` says by which rule.
    Error,
}

/// Another span that a span has to do with, without being its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where that span is.
    pub trace: Trace,
}

/// What every span has, in a fixed size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) trace: Trace,
    pub(super) parent: Option<[u8; 8]>,
    pub(super) link: Option<Link>,
    pub(super) kind: SpanKind,
    pub(super) status: SpanStatus,
    /// Whether it is recorded although its trace is not sampled.
    pub(super) is_kept: bool,
    /// Attributes for which there was no room.
    pub(super) dropped: u32,
    pub(super) name: Name,
    pub(super) start: Instant,
    pub(super) end: Instant,
}

impl Head {
    #[inline]
    pub(super) fn new(trace: Trace, parent: Option<[u8; 8]>, name: &'static str, start: Instant) -> Self {
        Self {
            trace,
            parent,
            link: None,
            kind: SpanKind::Internal,
            status: SpanStatus::Unset,
            is_kept: false,
            dropped: 0,
            name: Name::Static(name),
            start,
            end: start,
        }
    }
}

/// Which wall-clock time an instant is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) instant: Instant,
    pub(super) wall: SystemTime,
}

impl Anchor {
    fn wall(self, at: Instant) -> SystemTime {
        let before = self.instant.saturating_duration_since(at);
        let after = at.saturating_duration_since(self.instant);
        let wall = self.wall.checked_sub(before).unwrap_or(SystemTime::UNIX_EPOCH);
        wall.checked_add(after).unwrap_or(self.wall)
    }
}

/// One span that has ended. It can be sent to another thread. Those that were drained together share their memory, which is
/// used again when the last of them is dropped.
#[derive(Clone)]
pub struct SpanRecord {
    pub(super) taken: Arc<Taken>,
    pub(super) at: usize,
    pub(super) anchor: Anchor,
}

impl SpanRecord {
    fn head(&self) -> &Head {
        self.taken.head(self.at)
    }

    /// Its trace, with the id of this span, and the flags.
    pub fn trace(&self) -> Trace {
        self.head().trace
    }

    /// The span that it is a part of; `None` of the first one of its trace.
    pub fn parent(&self) -> Option<[u8; 8]> {
        self.head().parent
    }

    /// Another span that it has to do with.
    pub fn link(&self) -> Option<Link> {
        self.head().link
    }

    /// What part it has in a call.
    pub fn kind(&self) -> SpanKind {
        self.head().kind
    }

    /// What it is called: `GET /pay`, `charge`.
    pub fn name(&self) -> &str {
        self.head().name.read(self.taken.texts(self.at))
    }

    /// When it began, by the wall clock as it was when it was drained.
    pub fn start(&self) -> SystemTime {
        self.anchor.wall(self.head().start)
    }

    /// When it ended.
    pub fn end(&self) -> SystemTime {
        self.anchor.wall(self.head().end)
    }

    /// How long it took, by the clock that only goes forward.
    pub fn took(&self) -> Duration {
        let head = self.head();
        head.end.saturating_duration_since(head.start)
    }

    /// How it ended.
    pub fn status(&self) -> SpanStatus {
        self.head().status
    }

    /// What was said of it, in the order in which it was first said.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, AttributeValue<'_>)> {
        let texts = self.taken.texts(self.at);
        let said = self.taken.said(self.at).iter();
        said.map(move |(key, kept)| (*key, kept.read(texts)))
    }

    /// What was said of it under this key.
    pub fn attribute(&self, key: &str) -> Option<AttributeValue<'_>> {
        self.attributes()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    /// Attributes for which there was no room.
    pub fn dropped_attributes(&self) -> u32 {
        self.head().dropped
    }
}

impl fmt::Debug for SpanRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanRecord")
            .field("name", &self.name())
            .field("head", self.head())
            .field("attributes", &self.attributes().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
