//! How a guarded call can end badly.

use std::time::Duration;

use hedgerow_view::Refusal;

use crate::chain::Reply;

/// A call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// We said no, and made no call.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The call was made and failed: its own error, untouched. It is the `source`; the text of this one does not repeat it.
    #[error("the call failed")]
    Failed(#[source] E),
    /// The call was not over in time, and was dropped.
    #[error("no answer within {limit:?}")]
    Deadline {
        /// The limit.
        limit: Duration,
    },
    /// A node of the chain around it has an answer of its own, and no call was made.
    #[error("answered by a node, with status {}", .0.status)]
    Replied(Box<Reply>),
    /// A node of the chain around it crashed: before the call, or over what it brought.
    #[error("a node crashed: {0}")]
    Crashed(Refusal),
}
