//! Which upstream a request is for.

/// Rules that choose the upstream; the first that matches wins.
///
/// ```
/// use hedgerow_config::Route;
///
/// let route = Route::new().rule("/pay", "payments").rule("/", "web");
/// assert_eq!(route.rules.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The rules, in order.
    pub rules: Vec<RouteRule>,
}

/// One rule of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRule {
    /// Matches this path and everything below it (whole segments: `/pay` matches `/pay` and `/pay/1`, not `/payload`).
    pub path: String,
    /// The name of the upstream.
    pub upstream: String,
}

impl Route {
    /// One without rules yet; it needs at least one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and what is at or below this path goes to the upstream with this name, where no rule before says otherwise.
    #[must_use]
    pub fn rule(mut self, path: impl Into<String>, upstream: impl Into<String>) -> Self {
        self.rules.push(RouteRule {
            path: path.into(),
            upstream: upstream.into(),
        });
        self
    }
}
