//! When a request is sent again.

use std::fmt;
use std::time::Duration;

use crate::{Violation, check};

/// When a request to an upstream is sent again (`retry`), to another endpoint where there is one.
///
/// Only what does no harm is sent again: a request by an idempotent method whose body, if any, was kept; and any request of
/// which nothing was written, as no connection could be opened.
///
/// ```
/// use hedgerow_config::{RetryCause, RetryPolicy};
///
/// let policy = RetryPolicy::default();
/// assert_eq!(policy.max_retries, 1);
/// assert!(policy.on.contains(&RetryCause::Status(503)));
/// assert_eq!(RetryPolicy::off().max_retries, 0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// How often it is sent again, 0 to [`MOST`](Self::MOST); 0 is never (`maxRetries`). Default 1.
    pub max_retries: u32,
    /// How long each waits (`backoff`).
    pub backoff: RetryBackoff,
    /// How many retries and hedges there may be for so many calls (`budget`).
    pub budget: RetryBudget,
    /// After what it is sent again, without duplicates (`on`). Default: [`RetryCause::DEFAULT`].
    pub on: Vec<RetryCause>,
    /// How long one attempt may take (`perTryTimeout`); one that is cut short by it is followed by a retry. Default: no less
    /// than the whole call.
    pub per_try_timeout: Option<Duration>,
    /// Bytes of a request's body that are kept to be sent again (`replayBytes`); a request with more is not. Default 64 KiB.
    pub replay_bytes: u32,
    /// The header by which a request says that its endpoint makes sure itself that it is done once, whatever its method
    /// (`idempotentBy: "header:idempotency-key"`), in lower case. Default: none.
    pub idempotent_by: Option<String>,
}

impl RetryPolicy {
    /// The most retries that can be asked for.
    pub const MOST: u32 = 10;
    /// The most bytes of a body that can be kept: 16 MiB.
    pub const MOST_REPLAY_BYTES: u32 = 16 * 1024 * 1024;

    /// Never.
    pub fn off() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// Checks its numbers, times and outcomes.
    ///
    /// # Errors
    /// Every rule that is broken, each with its key within the `retry` of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::retry(self)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 1,
            backoff: RetryBackoff::default(),
            budget: RetryBudget::default(),
            on: RetryCause::DEFAULT.to_vec(),
            per_try_timeout: None,
            replay_bytes: 64 * 1024,
            idempotent_by: None,
        }
    }
}

/// How long a retry waits (`backoff`): a random time between 0 and a bound that begins at `initial`, and is doubled with each
/// retry of the same call, up to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBackoff {
    /// The longest wait before the first retry (`initial`). Default 25 ms.
    pub initial: Duration,
    /// The longest wait before any (`max`), at least `initial`. Default 250 ms.
    pub max: Duration,
}

impl Default for RetryBackoff {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(25),
            max: Duration::from_millis(250),
        }
    }
}

/// How many retries and hedges there may be for so many calls (`budget`), of the upstream as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryBudget {
    /// How many for each call that was answered, 0 to 1 (`ratio`). Default 0.2.
    pub ratio: f64,
    /// How many in each ten seconds, whatever becomes of the calls (`min`). Default 3.
    pub min: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { ratio: 0.2, min: 3 }
    }
}

/// After what a request is sent again (an item of `on`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryCause {
    /// No connection could be opened: nothing of the request was written (`connect`).
    Connect,
    /// The connection ended before the head of an answer was there (`reset`).
    Reset,
    /// An answer with this status, 400 to 599.
    Status(u16),
}

impl RetryCause {
    /// Default of [`RetryPolicy::on`].
    pub const DEFAULT: [Self; 6] = [
        Self::Connect,
        Self::Reset,
        Self::Status(500),
        Self::Status(502),
        Self::Status(503),
        Self::Status(504),
    ];
}

impl fmt::Display for RetryCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Reset => f.write_str("reset"),
            Self::Status(status) => write!(f, "{status}"),
        }
    }
}
