//! The values of attributes as they are kept, and the texts that they point to.

use std::sync::Arc;

use super::attribute::{AttributeValue, MOST};

/// Bytes that all copied texts of one span have together. What goes beyond is cut off.
pub(super) const ROOM: usize = 320;

/// Static texts, and shared ones, that one span lists at most: enough for each attribute to be said twice. Further ones are
/// copied.
const MOST_LISTED: usize = 2 * MOST;

/// Where a copied text stands among those of its span: where it begins, and how many bytes it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    from: u16,
    length: u16,
}

/// A value as it is kept: two words, which are made in registers and stored as they are. An enum would be put together in memory
/// byte by byte and read back at once as a whole, which stalls a processor for longer than all the rest takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    sort: Sort,
    bits: u64,
}

/// What the bits of a value are.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
enum Sort {
    Bool,
    Integer,
    Float,
    /// The number of a static text of its span.
    Static,
    /// The number of a shared one.
    Shared,
    /// The place of a copied one.
    Copied,
}

/// The name of a span as it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    Static(&'static str),
    Copied(Place),
}

/// Texts of one span or of many, one after the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Whole letters.
    copied: String,
    statics: Vec<&'static str>,
    shared: Vec<Arc<str>>,
}

/// How far the texts of a span reach among those of others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    copied: usize,
    statics: usize,
    shared: usize,
}

/// The texts of one span.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfSpan<'a> {
    copied: &'a str,
    statics: &'a [&'static str],
    shared: &'a [Arc<str>],
}

impl Texts {
    /// Those of one span that is to be written, with the memory that most of them need.
    pub(super) fn of_one() -> Self {
        Self {
            copied: String::with_capacity(ROOM),
            statics: Vec::with_capacity(MOST),
            shared: Vec::new(),
        }
    }

    /// Keeps a value of one span.
    #[inline]
    pub(super) fn keep(&mut self, value: AttributeValue<'_>) -> Kept {
        let (sort, bits) = match value {
            AttributeValue::Bool(value) => (Sort::Bool, u64::from(value)),
            AttributeValue::Integer(value) => (Sort::Integer, value.cast_unsigned()),
            AttributeValue::Float(value) => (Sort::Float, value.to_bits()),
            AttributeValue::Static(text) if self.statics.len() < MOST_LISTED => {
                self.statics.push(text);
                (Sort::Static, self.statics.len() as u64 - 1)
            }
            AttributeValue::Shared(text) if self.shared.len() < MOST_LISTED => {
                self.shared.push(text);
                (Sort::Shared, self.shared.len() as u64 - 1)
            }
            AttributeValue::Text(text) => (Sort::Copied, self.join(&[text]).bits()),
            AttributeValue::Static(text) => (Sort::Copied, self.join(&[text]).bits()),
            AttributeValue::Shared(text) => (Sort::Copied, self.join(&[&text]).bits()),
        };
        Kept { sort, bits }
    }

    /// Keeps these texts of one span as one, as many whole letters as there is room for.
    pub(super) fn join(&mut self, pieces: &[&str]) -> Place {
        let from = self.copied.len();
        for piece in pieces {
            let mut fits = piece.len().min(ROOM - self.copied.len());
            while !piece.is_char_boundary(fits) {
                fits -= 1;
            }
            self.copied.push_str(&piece[..fits]);
        }
        let short = |bytes: usize| u16::try_from(bytes).expect("the room is smaller than 64 KiB");
        Place {
            from: short(from),
            length: short(self.copied.len() - from),
        }
    }

    /// Moves those of one span to the end.
    pub(super) fn append(&mut self, span: &mut Self) {
        self.copied.push_str(&span.copied);
        span.copied.clear();
        self.statics.append(&mut span.statics);
        if !span.shared.is_empty() {
            self.shared.append(&mut span.shared);
        }
    }

    /// How far they reach.
    pub(super) fn extent(&self) -> Extent {
        Extent {
            copied: self.copied.len(),
            statics: self.statics.len(),
            shared: self.shared.len(),
        }
    }

    /// Those of one span.
    pub(super) fn between(&self, from: Extent, until: Extent) -> OfSpan<'_> {
        OfSpan {
            copied: &self.copied[from.copied..until.copied],
            statics: &self.statics[from.statics..until.statics],
            shared: &self.shared[from.shared..until.shared],
        }
    }

    /// Forgets them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.copied.clear();
        self.statics.clear();
        self.shared.clear();
    }

    /// Gives back the memory beyond so many times what these needed.
    pub(super) fn shrink_to(&mut self, needed: Extent, times: usize) {
        self.copied.shrink_to(needed.copied * times);
        self.statics.shrink_to(needed.statics * times);
        self.shared.shrink_to(needed.shared * times);
    }
}

impl Place {
    fn bits(self) -> u64 {
        u64::from(self.from) << 16 | u64::from(self.length)
    }

    fn of_bits(bits: u64) -> Self {
        Self {
            from: (bits >> 16) as u16,
            length: bits as u16,
        }
    }

    fn of(self, copied: &str) -> &str {
        let from = usize::from(self.from);
        &copied[from..from + usize::from(self.length)]
    }
}

impl Kept {
    /// The value, where these are the texts of its span.
    pub(super) fn read(self, texts: OfSpan<'_>) -> AttributeValue<'_> {
        let bits = self.bits;
        match self.sort {
            Sort::Bool => AttributeValue::Bool(bits != 0),
            Sort::Integer => AttributeValue::Integer(bits.cast_signed()),
            Sort::Float => AttributeValue::Float(f64::from_bits(bits)),
            Sort::Static => AttributeValue::Static(texts.statics[bits as usize]),
            Sort::Shared => AttributeValue::Shared(Arc::clone(&texts.shared[bits as usize])),
            Sort::Copied => AttributeValue::Text(Place::of_bits(bits).of(texts.copied)),
        }
    }
}

impl Name {
    /// The name, where these are the texts of its span.
    pub(super) fn read(self, texts: OfSpan<'_>) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Copied(place) => place.of(texts.copied),
        }
    }
}
