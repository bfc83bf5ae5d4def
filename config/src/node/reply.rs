//! An answer that needs nobody.

/// Answers requests by itself, always in the same way.
///
/// ```
/// use hedgerow_config::StaticReply;
///
/// let health = StaticReply::new(200).path("/health").header("content-type", "text/plain").body("well\n");
/// # let _ = health;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticReply {
    /// The status, from 200 to 599 (`status`). Default 200.
    pub status: u16,
    /// Headers and their values (`headers`). The length of the body is told by who sends it. Default: none.
    pub headers: Vec<(String, String)>,
    /// The body (`body`). Default: empty.
    pub body: String,
    /// Answers this path and everything below it, and lets all else pass (`path`). Default: it answers everything.
    pub path: Option<String>,
}

impl StaticReply {
    /// One with this status, and otherwise the defaults.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            path: None,
        }
    }

    /// The same, with one header more.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same, with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// The same, for this path and everything below it alone.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }
}

impl Default for StaticReply {
    fn default() -> Self {
        Self::new(200)
    }
}
