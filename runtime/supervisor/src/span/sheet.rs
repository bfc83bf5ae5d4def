//! A span's data while it is written, in memory that is used again.

use super::attribute::{AttributeValue, MOST};
use super::kept::{Kept, Texts};
use super::record::Head;
use super::spans::Spans;

/// An attribute as it is kept.
pub(super) type Said = (&'static str, Kept);

/// A span's data while it is written.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) head: Head,
    /// Who records it, until it has ended.
    pub(super) spans: Option<Spans>,
    pub(super) said: Vec<Said>,
    pub(super) texts: Texts,
}

impl Sheet {
    /// A new one, which will hardly ever need more memory than it has now.
    #[cold]
    pub(super) fn new(head: Head) -> Box<Self> {
        Box::new(Self {
            head,
            spans: None,
            said: Vec::with_capacity(MOST),
            texts: Texts::of_one(),
        })
    }

    /// Gives an attribute a value, in place of the one that it has.
    pub(super) fn set(&mut self, key: &'static str, value: AttributeValue<'_>) {
        match self.said.iter().position(|(known, _)| *known == key) {
            Some(at) => self.said[at].1 = self.texts.keep(value),
            None if self.said.len() < MOST => self.said.push((key, self.texts.keep(value))),
            None => self.head.dropped = self.head.dropped.saturating_add(1),
        }
    }

    /// Forgets what was said, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.spans = None;
        self.said.clear();
        self.texts.clear();
    }
}
