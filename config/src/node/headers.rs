//! Edits of headers.

/// Edits the headers of requests on their way in, and of replies on their way out.
///
/// ```
/// use hedgerow_config::{HeaderEdits, Headers};
///
/// let headers = Headers::new()
///     .request(HeaderEdits::new().set("x-edge", "eu-1").remove("cookie"))
///     .reply(HeaderEdits::new().add("set-cookie", "seen=1").remove("server"));
/// # let _ = headers;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Of requests (`request`). Default: none.
    pub request: HeaderEdits,
    /// Of replies (`reply`). Default: none.
    pub reply: HeaderEdits,
}

/// Edits of one head: first what is removed, then what is set, then what is added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    /// Headers that are taken away, with all their values (`remove`).
    pub remove: Vec<String>,
    /// Headers that are given one value, in place of all that they have (`set`).
    pub set: Vec<(String, String)>,
    /// Headers that are given one value more (`add`).
    pub add: Vec<(String, String)>,
}

impl Headers {
    /// One without edits yet; it needs at least one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with these edits of requests.
    #[must_use]
    pub fn request(mut self, edits: HeaderEdits) -> Self {
        self.request = edits;
        self
    }

    /// The same, with these edits of replies.
    #[must_use]
    pub fn reply(mut self, edits: HeaderEdits) -> Self {
        self.reply = edits;
        self
    }
}

impl HeaderEdits {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and this header is taken away.
    #[must_use]
    pub fn remove(mut self, name: impl Into<String>) -> Self {
        self.remove.push(name.into());
        self
    }

    /// The same, and this header is given this one value.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.push((name.into(), value.into()));
        self
    }

    /// The same, and this header is given this value beside those that it has.
    #[must_use]
    pub fn add(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.add.push((name.into(), value.into()));
        self
    }
}
