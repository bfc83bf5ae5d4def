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

/// A value as it is kept.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Static(&'static str),
    Shared(Arc<str>),
    /// Bytes of the span's room: where they begin, and how many.
    Copied(u16, u16),
}

/// The bytes of the texts that a span has copied. What stands in it is whole letters.
#[derive(Debug)]
pub(super) struct Room {
    bytes: [u8; ROOM],
    used: u16,
}

impl Room {
    pub(super) const EMPTY: Self = Self {
        bytes: [0; ROOM],
        used: 0,
    };

    pub(super) fn keep(&mut self, value: AttributeValue<'_>) -> Kept {
        match value {
            AttributeValue::Bool(value) => Kept::Bool(value),
            AttributeValue::Integer(value) => Kept::Integer(value),
            AttributeValue::Float(value) => Kept::Float(value),
            AttributeValue::Static(text) => Kept::Static(text),
            AttributeValue::Shared(text) => Kept::Shared(text),
            AttributeValue::Text(text) => self.copy(text),
        }
    }

    fn copy(&mut self, text: &str) -> Kept {
        let from = self.used;
        self.append(text);
        Kept::Copied(from, self.used - from)
    }

    /// Keeps these texts as one.
    pub(super) fn join(&mut self, pieces: &[&str]) -> Kept {
        let from = self.used;
        pieces.iter().for_each(|piece| self.append(piece));
        Kept::Copied(from, self.used - from)
    }

    /// Copies as many whole letters as there is room for.
    fn append(&mut self, text: &str) {
        let used = usize::from(self.used);
        let mut fits = text.len().min(ROOM - used);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[used..used + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.used += u16::try_from(fits).expect("the room is smaller than 64 KiB");
    }

    pub(super) fn read<'a>(&'a self, kept: &'a Kept) -> AttributeValue<'a> {
        match kept {
            Kept::Bool(value) => AttributeValue::Bool(*value),
            Kept::Integer(value) => AttributeValue::Integer(*value),
            Kept::Float(value) => AttributeValue::Float(*value),
            Kept::Static(text) => AttributeValue::Static(text),
            Kept::Shared(text) => AttributeValue::Shared(Arc::clone(text)),
            Kept::Copied(..) => AttributeValue::Text(self.text(kept)),
        }
    }

    /// The text that is kept; of what is none, an empty one.
    pub(super) fn text<'a>(&'a self, kept: &'a Kept) -> &'a str {
        match kept {
            Kept::Static(text) => text,
            Kept::Shared(text) => text,
            Kept::Copied(from, length) => {
                let (from, length) = (usize::from(*from), usize::from(*length));
                std::str::from_utf8(&self.bytes[from..from + length]).expect("only whole letters are copied")
            }
            Kept::Bool(_) | Kept::Integer(_) | Kept::Float(_) => "",
        }
    }
}
