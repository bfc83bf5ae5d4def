//! How a call ended, for the breaker in front of it.
//!
//! A classifier is a pure function from what a call brought to a [`Verdict`]: it reads no clock and keeps nothing.
//! [`of_result`] is the one that [`BreakerHandle::call`](crate::breaker::BreakerHandle::call) goes by, [`of_http`] that of
//! the gateway, [`of_grpc`] is for those who call gRPC. A closure is one as well.
//!
//! | file | subject |
//! |---|---|
//! | `of_http` | the head of an HTTP answer |
//! | `of_grpc` | the status of a gRPC call |
//! | `of_deadline` | a deadline that has passed |
//! | `retry_after` | how long the callee asks to be left alone |
//!
//! # A classifier of one's own
//!
//! What resilience4j's users know as `recordResult`, `recordException` and `ignoreExceptions` are arms of one `match`:
//!
//! ```
//! use std::io;
//! use hedgerow_actors::verdict::Verdict;
//!
//! struct Receipt { provisional: bool }
//! enum PayError { Declined, Wire(io::Error) }
//!
//! fn judge(result: &Result<Receipt, PayError>) -> Verdict {
//!     match result {
//!         // recordResult: an answer can be a failure.
//!         Ok(receipt) if receipt.provisional => Verdict::failure(),
//!         Ok(_) => Verdict::success(),
//!         // ignoreExceptions: the card is empty, which says nothing about the callee.
//!         Err(PayError::Declined) => Verdict::ignored(),
//!         // recordException, and which of them are time-outs.
//!         Err(PayError::Wire(error)) if error.kind() == io::ErrorKind::TimedOut => Verdict::timeout(),
//!         Err(PayError::Wire(_)) => Verdict::failure(),
//!     }
//! }
//! assert_eq!(judge(&Err(PayError::Declined)), Verdict::ignored());
//! # assert_eq!(judge(&Ok(Receipt { provisional: true })), Verdict::failure());
//! # assert_eq!(judge(&Err(PayError::Wire(io::ErrorKind::TimedOut.into()))), Verdict::timeout());
//! ```

mod of_deadline;
mod of_grpc;
mod of_http;
mod retry_after;
#[cfg(test)]
mod tests;

pub use of_deadline::{STANDSTILL, of_deadline};
pub use of_grpc::of_grpc;
pub use of_http::of_http;
pub use retry_after::RetryAfter;

/// What the end of a call says about the callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The callee is well. Also where it refused the call for a reason of the caller's.
    Success,
    /// The callee is not.
    Failure,
    /// It took too long: a failure that also counts for the rule of time-outs in a row.
    Timeout,
    /// The callee is well, and asks for fewer calls: a success while the breaker is closed, a failure of a probe, as
    /// closing would send it all calls at once.
    Throttled,
    /// It says nothing about the callee: as if the call had never been made.
    Ignored,
}

/// A call's outcome, and what the callee asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a verdict that is not reported counts nothing"]
#[non_exhaustive]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// How long the callee asks not to be called. It counts where the call counts as a failure: the breaker that opens
    /// by it, or is opened by a later one, stays open as long, up to `openFor.max`.
    pub retry_after: Option<RetryAfter>,
    /// Whether the call may be made again, where the upstream has retries: doing it twice does no harm, and it may succeed.
    /// Of a success it says nothing: that is never made again.
    pub is_retryable: bool,
}

impl Verdict {
    /// The callee is well.
    #[inline]
    pub const fn success() -> Self {
        Self::of(Outcome::Success)
    }

    /// The callee failed.
    #[inline]
    pub const fn failure() -> Self {
        Self::of(Outcome::Failure)
    }

    /// The callee took too long.
    pub const fn timeout() -> Self {
        Self::of(Outcome::Timeout)
    }

    /// The callee asks for fewer calls.
    pub const fn throttled() -> Self {
        Self::of(Outcome::Throttled)
    }

    /// Nothing is known about the callee.
    pub const fn ignored() -> Self {
        Self::of(Outcome::Ignored)
    }

    #[inline]
    const fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            retry_after: None,
            is_retryable: false,
        }
    }

    /// The same, where the call may be made again: doing it twice does no harm, and it may succeed. A success stays one, so a
    /// judge may say it of all results of a read: `judge(result).retryable()`.
    pub const fn retryable(self) -> Self {
        Self {
            is_retryable: true,
            ..self
        }
    }

    /// The same, where the callee asks not to be called for so long, or before this time.
    pub fn retry_after(self, asked: impl Into<RetryAfter>) -> Self {
        Self {
            retry_after: Some(asked.into()),
            ..self
        }
    }
}

/// An `Ok` is a success, an `Err` a failure.
#[inline]
pub const fn of_result<T, E>(result: &Result<T, E>) -> Verdict {
    match result {
        Ok(_) => Verdict::success(),
        Err(_) => Verdict::failure(),
    }
}

/// An `Ok` is a success, an `Err` a failure after which the call may be made again: for calls that do no harm when they are made
/// twice, and whose errors may pass.
#[inline]
pub const fn of_repeatable<T, E>(result: &Result<T, E>) -> Verdict {
    match result {
        Ok(_) => Verdict::success(),
        Err(_) => Verdict::failure().retryable(),
    }
}
