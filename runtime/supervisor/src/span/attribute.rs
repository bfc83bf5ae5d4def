//! What is said of a span.

use std::fmt;
use std::sync::Arc;

/// Attributes that one span has at most. Those beyond are dropped and counted.
pub(super) const MOST: usize = 16;

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
