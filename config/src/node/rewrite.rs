//! Another path, another host.

/// Gives requests another path or another host, for the nodes behind it and for the endpoint.
///
/// ```
/// use hedgerow_config::Rewrite;
///
/// let shop = Rewrite::new().strip_prefix("/shop").add_prefix("/v2").host("shop.internal");
/// let moved = Rewrite::new().replace_prefix("/old", "/new");
/// # let _ = (shop, moved);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// Is taken off the front of a path that is at or below it, whole segments (`stripPrefix`). Default: nothing.
    pub strip_prefix: Option<String>,
    /// Is put in the place of another front, `(from, to)` (`replacePrefix`). Default: nothing.
    pub replace_prefix: Option<(String, String)>,
    /// Is put before what the others leave of a path (`addPrefix`). Default: nothing.
    pub add_prefix: Option<String>,
    /// Whom the request is for: a host, and a port where one is said (`host`). Default: whom it came for.
    pub host: Option<String>,
}

impl Rewrite {
    /// One that changes nothing yet; it needs at least one change.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and this is taken off the front of paths. It is instead of [`replace_prefix`](Self::replace_prefix).
    #[must_use]
    pub fn strip_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.strip_prefix = Some(prefix.into());
        self
    }

    /// The same, and paths at or below `from` are at or below `to`.
    #[must_use]
    pub fn replace_prefix(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.replace_prefix = Some((from.into(), to.into()));
        self
    }

    /// The same, and this is put before paths.
    #[must_use]
    pub fn add_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.add_prefix = Some(prefix.into());
        self
    }

    /// The same, and requests are for this host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }
}
