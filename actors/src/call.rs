//! How a guarded call can end badly.

use std::time::Duration;

use hedgerow_view::Refusal;

/// A call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// We said no, and made no call.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The call was made and failed: its own error, untouched.
    #[error("the call failed")]
    Failed(#[source] E),
    /// The call was not over in time, and was dropped.
    #[error("no answer within {limit:?}")]
    Deadline {
        /// The limit.
        limit: Duration,
    },
}
