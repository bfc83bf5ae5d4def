//! One span, as it is drained.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::attribute::{AttributeValue, Kept, MOST, Room};
use super::spans::Spans;
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

/// A span's data while it is written.
#[derive(Debug)]
pub(super) struct Data {
    /// Who records it, until it has ended.
    pub(super) spans: Option<Spans>,
    pub(super) trace: Trace,
    pub(super) parent: Option<[u8; 8]>,
    pub(super) link: Option<Link>,
    pub(super) kind: SpanKind,
    pub(super) status: SpanStatus,
    pub(super) name: Kept,
    pub(super) start: Instant,
    pub(super) end: Instant,
    pub(super) attributes: [Option<(&'static str, Kept)>; MOST],
    pub(super) dropped: u32,
    /// Whether it is recorded although its trace is not sampled.
    pub(super) is_kept: bool,
    pub(super) room: Room,
}

impl Data {
    pub(super) fn new(trace: Trace, parent: Option<[u8; 8]>, name: &'static str, start: Instant) -> Self {
        Self {
            spans: None,
            trace,
            parent,
            link: None,
            kind: SpanKind::Internal,
            status: SpanStatus::Unset,
            name: Kept::Static(name),
            start,
            end: start,
            attributes: [const { None }; MOST],
            dropped: 0,
            is_kept: false,
            room: Room::EMPTY,
        }
    }

    /// Gives an attribute a value, in place of the one that it has.
    pub(super) fn set(&mut self, key: &'static str, value: AttributeValue<'_>) {
        let is_its = |slot: &Option<(&str, Kept)>| slot.as_ref().is_none_or(|(known, _)| *known == key);
        match self.attributes.iter().position(is_its) {
            Some(at) => self.attributes[at] = Some((key, self.room.keep(value))),
            None => self.dropped = self.dropped.saturating_add(1),
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

/// One span that has ended. It takes the same memory whatever is said of it, and can be sent to another thread.
#[derive(Debug)]
pub struct SpanRecord {
    pub(super) data: Box<Data>,
    pub(super) anchor: Anchor,
}

impl SpanRecord {
    /// Its trace, with the id of this span, and the flags.
    pub fn trace(&self) -> Trace {
        self.data.trace
    }

    /// The span that it is a part of; `None` of the first one of its trace.
    pub fn parent(&self) -> Option<[u8; 8]> {
        self.data.parent
    }

    /// Another span that it has to do with.
    pub fn link(&self) -> Option<Link> {
        self.data.link
    }

    /// What part it has in a call.
    pub fn kind(&self) -> SpanKind {
        self.data.kind
    }

    /// What it is called: `GET /pay`, `charge`.
    pub fn name(&self) -> &str {
        self.data.room.text(&self.data.name)
    }

    /// When it began, by the wall clock as it was when it was drained.
    pub fn start(&self) -> SystemTime {
        self.anchor.wall(self.data.start)
    }

    /// When it ended.
    pub fn end(&self) -> SystemTime {
        self.anchor.wall(self.data.end)
    }

    /// How long it took, by the clock that only goes forward.
    pub fn took(&self) -> Duration {
        self.data.end.saturating_duration_since(self.data.start)
    }

    /// How it ended.
    pub fn status(&self) -> SpanStatus {
        self.data.status
    }

    /// What was said of it, in the order in which it was first said.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, AttributeValue<'_>)> {
        let room = &self.data.room;
        let said = self.data.attributes.iter().map_while(Option::as_ref);
        said.map(|(key, kept)| (*key, room.read(kept)))
    }

    /// What was said of it under this key.
    pub fn attribute(&self, key: &str) -> Option<AttributeValue<'_>> {
        self.attributes()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    /// Attributes for which there was no room.
    pub fn dropped_attributes(&self) -> u32 {
        self.data.dropped
    }
}
