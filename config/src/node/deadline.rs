//! How long a request may take.

use std::time::Duration;

/// Gives each request a deadline: what its client allows (`grpc-timeout`, `x-hedgerow-deadline-ms`), or a default.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::Deadline;
///
/// let deadline = Deadline::new(Duration::from_secs(5)).max(Duration::from_secs(30));
/// # let _ = deadline;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// What a request is given whose client says nothing (`default`). Default 15 s.
    pub default: Duration,
    /// What a client can ask for at most (`max`), at least `default`. One that asks for more is given this. Default: as
    /// `default`.
    pub max: Option<Duration>,
    /// A request whose client allows less is refused at once (`min`), at most `default`. Default: only one that is over
    /// already is.
    pub min: Option<Duration>,
}

impl Deadline {
    /// One that gives so much, and otherwise the defaults.
    pub fn new(default: Duration) -> Self {
        Self {
            default,
            max: None,
            min: None,
        }
    }

    /// The same, and a client can ask for as much as this.
    #[must_use]
    pub fn max(mut self, max: Duration) -> Self {
        self.max = Some(max);
        self
    }

    /// The same, and a request that is allowed less than this is refused.
    #[must_use]
    pub fn min(mut self, min: Duration) -> Self {
        self.min = Some(min);
        self
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::new(Duration::from_secs(15))
    }
}
