//! What a caller gives along for everybody on the way.

use thiserror::Error;

/// The most entries that [W3C Baggage](https://www.w3.org/TR/baggage/#limits) obliges others to pass on.
const MOST_ENTRIES: usize = 64;

/// The most bytes that it obliges others to pass on.
const MOST_BYTES: usize = 8_192;

/// An ordered list of names and values, fixed once made.
///
/// Each name is there once. At most 64 entries and 8,192 bytes are taken, the limits up to which W3C Baggage obliges
/// others to pass it on. Bytes are counted as they stand in the header, `name=value` with commas between, before
/// the escaping of values: what is written to a wire may still be too long for it.
///
/// ```
/// use hedgerow_supervisor::Baggage;
///
/// let baggage = Baggage::new([("region", "north"), ("experiment", "7")])?;
/// assert_eq!(baggage.get("experiment"), Some("7"));
/// # Ok::<(), hedgerow_supervisor::BaggageError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baggage {
    entries: Vec<(Box<str>, Box<str>)>,
}

/// Why a list is no baggage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BaggageError {
    /// A name that no header could carry.
    #[error(
        "the baggage was refused: the name {name:?} is no token of RFC 9110; use letters, digits and !#$%&'*+-.^_`|~"
    )]
    InvalidName {
        /// The name.
        name: String,
    },
    /// More entries than others must pass on.
    #[error(
        "the baggage was refused: {name:?} would be entry {found} and at most {most} are passed on; leave entries out"
    )]
    TooManyEntries {
        /// The first entry beyond the limit.
        name: String,
        /// The entries up to it, itself included.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// More bytes than others must pass on.
    #[error(
        "the baggage was refused: with {name:?} it has {found} bytes and at most {most} are passed on; \
         shorten values or leave entries out"
    )]
    TooLong {
        /// The entry that crosses the limit.
        name: String,
        /// The bytes up to it, its own included.
        found: usize,
        /// The limit.
        most: usize,
    },
}

impl Baggage {
    /// Baggage with these entries, in this order. Where a name comes again, its last value counts, in the first one's
    /// place.
    ///
    /// # Errors
    /// At the first entry whose name is no token, or with which there are more than 64 entries or 8,192 bytes.
    pub fn new<N, V>(entries: impl IntoIterator<Item = (N, V)>) -> Result<Self, BaggageError>
    where
        N: Into<Box<str>>,
        V: Into<Box<str>>,
    {
        let mut baggage = Self::default();
        let mut bytes = 0;
        for (name, value) in entries {
            baggage.put(name.into(), value.into(), &mut bytes)?;
        }
        Ok(baggage)
    }

    /// The value of a name, which is compared to the letter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(at, _)| *at == name).map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds one entry to a list whose length as a header is `bytes`, and brings that up to date.
    fn put(&mut self, name: Box<str>, value: Box<str>, bytes: &mut usize) -> Result<(), BaggageError> {
        if !is_token(&name) {
            return Err(BaggageError::InvalidName { name: name.into() });
        }
        let present = self.entries.iter().position(|(at, _)| *at == name);
        let before = match present {
            Some(at) => *bytes - self.entries[at].1.len(),
            None => *bytes + name.len() + "=".len() + ",".len() * usize::from(!self.is_empty()),
        };
        let found = before + value.len();
        if present.is_none() && self.len() == MOST_ENTRIES {
            return Err(BaggageError::TooManyEntries {
                name: name.into(),
                found: self.len() + 1,
                most: MOST_ENTRIES,
            });
        }
        if found > MOST_BYTES {
            return Err(BaggageError::TooLong {
                name: name.into(),
                found,
                most: MOST_BYTES,
            });
        }
        *bytes = found;
        match present {
            Some(at) => self.entries[at].1 = value,
            None => self.entries.push((name, value)),
        }
        Ok(())
    }
}

/// Whether a header can carry the name: a `token` of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(part)
}

#[cfg(test)]
#[path = "baggage_tests.rs"]
mod tests;
