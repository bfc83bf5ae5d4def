//! Identity as a key: `(kind, name, key)`, encoded so that no two are alike.

use std::fmt;

use thiserror::Error;

/// The longest encoded key, in bytes.
pub const MAX_KEY: usize = 1024;

/// The first segment of every encoded key: the version of the encoding.
const VERSION: &str = "v1";

/// The identity of a record: a kind, a name and any number of further parts.
///
/// The encoded form, which is also what `Display` writes, is
/// `v1/kind/name/part/part`. In each segment `%`, `/` and control characters are
/// percent-encoded, so a part may hold any text and two keys are equal exactly when
/// their encoded forms are.
///
/// ```
/// use hedgerow_store::Key;
///
/// let key = Key::new("breaker", "payments", ["endpoint", "127.0.0.1:9001"])?;
/// assert_eq!(key.to_string(), "v1/breaker/payments/endpoint/127.0.0.1:9001");
/// assert_eq!(Key::parse(&key.to_string())?, key);
/// # Ok::<(), hedgerow_store::KeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Kind, name and parts: never fewer than two, none empty.
    segments: Vec<String>,
}

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A segment has no characters.
    #[error("store key refused: segment {position} is empty; give every segment at least one character")]
    Empty {
        /// Which segment, counted from 0: kind, name, parts.
        position: usize,
    },
    /// The encoded key is longer than [`MAX_KEY`].
    #[error(
        "store key refused: {length} bytes encoded, at most {MAX_KEY} are allowed; use a shorter name or part"
    )]
    TooLong {
        /// Length of the encoded key in bytes.
        length: usize,
    },
    /// The text is not an encoded key.
    #[error("not a store key: {text:?}; expected {VERSION}/KIND/NAME with parts after further slashes")]
    Malformed {
        /// The text that was given.
        text: String,
    },
}

impl Key {
    /// Makes the key of `kind`, `name` and `parts` (which may be none: `[""; 0]`).
    ///
    /// # Errors
    /// [`KeyError::Empty`] if a segment is empty, [`KeyError::TooLong`] if the encoded
    /// key exceeds [`MAX_KEY`].
    pub fn new<P>(kind: &str, name: &str, parts: P) -> Result<Self, KeyError>
    where
        P: IntoIterator,
        P::Item: Into<String>,
    {
        let mut segments = vec![kind.to_owned(), name.to_owned()];
        segments.extend(parts.into_iter().map(Into::into));
        Self::of(segments)
    }

    fn of(segments: Vec<String>) -> Result<Self, KeyError> {
        if let Some(position) = segments.iter().position(String::is_empty) {
            return Err(KeyError::Empty { position });
        }
        let key = Self { segments };
        let length = key.to_string().len();
        if length > MAX_KEY {
            return Err(KeyError::TooLong { length });
        }
        Ok(key)
    }

    /// Reads the encoded form back.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for anything that `Display` would not have written.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed {
            text: text.to_owned(),
        };
        let mut encoded = text.split('/');
        if encoded.next() != Some(VERSION) {
            return Err(malformed());
        }
        let segments = encoded
            .map(unescape)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(malformed)?;
        if segments.len() < 2 {
            return Err(malformed());
        }
        let key = Self::of(segments)?;
        // One identity has one spelling: "%41" for "A" would be a second.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(malformed())
        }
    }

    /// What sort of thing this is, for example `breaker`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.segments[0]
    }

    /// Which one of its kind, for example `payments`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.segments[1]
    }

    /// The parts after the name, for example `["endpoint", "127.0.0.1:9001"]`.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.segments[2..]
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        self.segments.iter().try_for_each(|segment| {
            f.write_str("/")?;
            escape(segment, f)
        })
    }
}

/// Which records a scan returns.
///
/// ```
/// use hedgerow_store::{Key, Prefix};
///
/// let prefix = Prefix::name("breaker", "pay");
/// assert!(prefix.matches(&Key::new("breaker", "pay", ["a"])?));
/// assert!(!prefix.matches(&Key::new("breaker", "payments", ["a"])?));
/// # Ok::<(), hedgerow_store::KeyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    segments: Vec<String>,
}

impl Prefix {
    /// Every record of one kind.
    #[must_use]
    pub fn kind(kind: &str) -> Self {
        Self {
            segments: vec![kind.to_owned()],
        }
    }

    /// Every record of one kind and name, whatever its parts.
    #[must_use]
    pub fn name(kind: &str, name: &str) -> Self {
        Self {
            segments: vec![kind.to_owned(), name.to_owned()],
        }
    }

    /// Whether `key` begins with exactly these segments.
    #[must_use]
    pub fn matches(&self, key: &Key) -> bool {
        key.segments.starts_with(&self.segments)
    }

    /// The bytes that every matching key begins with, and some others may too.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        Key {
            segments: self.segments.clone(),
        }
        .to_bytes()
    }
}

fn escape(segment: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    segment.chars().try_for_each(|c| match c {
        '%' | '/' | '\0'..='\x1f' | '\x7f' => write!(f, "%{:02X}", u32::from(c)),
        other => f.write_char(other),
    })
}

fn unescape(encoded: &str) -> Option<String> {
    let mut text = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let code = u8::from_str_radix(rest.get(at + 1..at + 3)?, 16).ok()?;
        if !code.is_ascii() {
            return None;
        }
        text.push(char::from(code));
        rest = &rest[at + 3..];
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests;
