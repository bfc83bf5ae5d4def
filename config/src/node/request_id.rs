//! The id of a request.

/// Gives each request an id: the one that it came with, or a new one.
///
/// ```
/// use hedgerow_config::{KeepId, RequestId};
///
/// let id = RequestId::new().header("x-correlation-id").keep(KeepId::Trusted);
/// # let _ = id;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId {
    /// The header that it comes and goes in (`header`). Default `x-request-id`.
    pub header: String,
    /// From whom an id is kept (`keep`). Default [`KeepId::Always`].
    pub keep: KeepId,
    /// Characters of an id that is kept (`maxLength`), at most [`MOST`](Self::MOST): a longer one is replaced. Default 128.
    pub max_length: u32,
    /// Which characters an id may have that is kept (`characters`). Default [`IdCharacters::Visible`].
    pub characters: IdCharacters,
}

/// From whom an id is kept that came with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepId {
    /// From everybody.
    Always,
    /// From a hop that is trusted, as the adapter says (of a gateway: `listeners[].trustedHops`).
    Trusted,
    /// From nobody.
    Never,
}

/// Which characters an id may have that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdCharacters {
    /// All of ASCII that can be seen.
    Visible,
    /// Letters, digits, `-`, `_` and `.`: what needs no quotes anywhere.
    Plain,
}

impl RequestId {
    /// What [`max_length`](Self::max_length) may be at most.
    pub const MOST: u32 = 1_024;

    /// One with the defaults.
    pub fn new() -> Self {
        Self {
            header: "x-request-id".to_owned(),
            keep: KeepId::Always,
            max_length: 128,
            characters: IdCharacters::Visible,
        }
    }

    /// The same, in another header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.header = name.into();
        self
    }

    /// The same, which keeps ids from these.
    #[must_use]
    pub fn keep(mut self, keep: KeepId) -> Self {
        self.keep = keep;
        self
    }

    /// The same, which keeps ids of at most so many characters.
    #[must_use]
    pub fn max_length(mut self, max_length: u32) -> Self {
        self.max_length = max_length;
        self
    }

    /// The same, which keeps ids of these characters.
    #[must_use]
    pub fn characters(mut self, characters: IdCharacters) -> Self {
        self.characters = characters;
        self
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}
