//! What may be sent again.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// How many times a caller that retries by itself has sent a request, this time included: 1 or more. Who gets it leaves
/// retrying to that caller.
pub const ATTEMPT: HeaderName = HeaderName::from_static("x-hedgerow-attempt");

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeatable {
    /// Whatever became of it: doing it twice is doing it once.
    Always,
    /// Only where nothing of it was written. The callee cannot have acted on it then, so that this is safe for every method,
    /// a `POST` as well; where as much as one byte was written, it is not.
    Unsent,
}

impl Repeatable {
    /// By the method (RFC 9110, section 9.2.2), or because the request has the header `by`, with which its caller says that
    /// the callee makes sure itself that it is done once.
    pub fn of(method: &Method, headers: &HeaderMap, by: Option<&HeaderName>) -> Self {
        if method.is_idempotent() || by.is_some_and(|by| headers.contains_key(by)) {
            Self::Always
        } else {
            Self::Unsent
        }
    }
}

/// Where in a row of callers that each might retry this one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody before it has said that they retry.
    Outermost,
    /// A caller before it retries the whole request: were each of them to, tries would multiply.
    Nested,
}

impl Standing {
    /// What a request says that comes in. It is believed from everybody, as it can only make for fewer retries of that very
    /// request. What is no number of attempts is as good as none.
    pub fn of(headers: &HeaderMap) -> Self {
        let said = headers.get(ATTEMPT).and_then(|said| said.to_str().ok());
        match said.and_then(|said| said.parse().ok()) {
            Some(1_u32..) => Self::Nested,
            _ => Self::Outermost,
        }
    }
}

/// The value of [`ATTEMPT`] for this attempt, counted from 1.
pub fn attempt_value(number: u32) -> HeaderValue {
    match number {
        0 | 1 => HeaderValue::from_static("1"),
        2 => HeaderValue::from_static("2"),
        more => HeaderValue::from(more),
    }
}
