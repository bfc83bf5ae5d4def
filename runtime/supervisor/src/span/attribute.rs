//! What is said of a span, in a fixed room.

use std::fmt;
use std::sync::Arc;

/// Attributes that one span has at most. Those beyond are dropped and counted.
pub(super) const MOST: usize = 16;

/// Bytes that all copied texts of one span have together. What goes beyond is cut off.
pub(super) const ROOM: usize = 320;

/// The value of an attribute of a [`Span`](super::Span).
///
/// Numbers, static and shared texts are kept as they are. [Copied](Self::Text) texts share 320 bytes of the span:
/// what does not fit is cut off at the end of a letter.
///
/// ```
/// use hedgerow_supervisor::AttributeValue;
///
/// assert_eq!(AttributeValue::from(80_u16), AttributeValue::Integer(80));
/// assert_eq!(AttributeValue::from("a text").to_string(), "a text");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue<'a> {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Float(f64),
    /// A text that is copied.
    Text(&'a str),
    /// A text of the program.
    Static(&'static str),
    /// A text that is shared, however long it is.
    Shared(Arc<str>),
}

impl AttributeValue<'_> {
    /// The text that it is, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Static(text) => Some(text),
            Self::Shared(text) => Some(text),
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) => None,
        }
    }
}

impl fmt::Display for AttributeValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Static(text) => text.fmt(f),
            Self::Shared(text) => text.fmt(f),
        }
    }
}

impl<'a> From<&'a str> for AttributeValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<Arc<str>> for AttributeValue<'_> {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl From<bool> for AttributeValue<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for AttributeValue<'_> {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for AttributeValue<'_> {
            fn from(value: $integer) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

from_integers!(i64, i32, u32, u16);

/// Numbers without a sign that are too large become the largest with one.
impl From<u64> for AttributeValue<'_> {
    fn from(value: u64) -> Self {
        Self::Integer(value.try_into().unwrap_or(i64::MAX))
    }
}

/// Where a copied text stands among those of its span: where it begins, and how many bytes it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    from: u16,
    length: u16,
}

impl Place {
    fn of(self, texts: &str) -> &str {
        let from = usize::from(self.from);
        &texts[from..from + usize::from(self.length)]
    }
}

/// A value as it is kept.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Static(&'static str),
    Shared(Arc<str>),
    Copied(Place),
}

impl Kept {
    /// The value, where these are the texts of its span.
    pub(super) fn read<'a>(&'a self, texts: &'a str) -> AttributeValue<'a> {
        match self {
            Self::Bool(value) => AttributeValue::Bool(*value),
            Self::Integer(value) => AttributeValue::Integer(*value),
            Self::Float(value) => AttributeValue::Float(*value),
            Self::Static(text) => AttributeValue::Static(text),
            Self::Shared(text) => AttributeValue::Shared(Arc::clone(text)),
            Self::Copied(place) => AttributeValue::Text(place.of(texts)),
        }
    }
}

/// The name of a span as it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    Static(&'static str),
    Copied(Place),
}

impl Name {
    /// The name, where these are the texts of its span.
    pub(super) fn read(self, texts: &str) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Copied(place) => place.of(texts),
        }
    }
}

/// The texts that a span has copied, one after the other: whole letters.
#[derive(Debug)]
pub(super) struct Room {
    texts: String,
}

impl Room {
    /// An empty one, with all the memory that it will ever need.
    pub(super) fn new() -> Self {
        Self {
            texts: String::with_capacity(ROOM),
        }
    }

    pub(super) fn keep(&mut self, value: AttributeValue<'_>) -> Kept {
        match value {
            AttributeValue::Bool(value) => Kept::Bool(value),
            AttributeValue::Integer(value) => Kept::Integer(value),
            AttributeValue::Float(value) => Kept::Float(value),
            AttributeValue::Static(text) => Kept::Static(text),
            AttributeValue::Shared(text) => Kept::Shared(text),
            AttributeValue::Text(text) => Kept::Copied(self.join(&[text])),
        }
    }

    /// Keeps these texts as one, as many whole letters as there is room for.
    pub(super) fn join(&mut self, pieces: &[&str]) -> Place {
        let from = self.texts.len();
        for piece in pieces {
            let mut fits = piece.len().min(ROOM - self.texts.len());
            while !piece.is_char_boundary(fits) {
                fits -= 1;
            }
            self.texts.push_str(&piece[..fits]);
        }
        let short = |bytes: usize| u16::try_from(bytes).expect("the room is smaller than 64 KiB");
        Place {
            from: short(from),
            length: short(self.texts.len() - from),
        }
    }

    pub(super) fn texts(&self) -> &str {
        &self.texts
    }

    /// Forgets the texts, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
    }
}
