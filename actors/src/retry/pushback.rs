//! When a callee wants to be asked again.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName};

use crate::verdict::RetryAfter;

/// gRPC's, in milliseconds; what is no such number forbids a retry (gRFC A6).
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// When a callee that failed wants to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushback {
    /// It does not say.
    Unsaid,
    /// Not before this time is over.
    After(Duration),
    /// Not at all.
    Never,
}

impl Pushback {
    /// What the head of an answer says: `grpc-retry-pushback-ms` where it is there, else `Retry-After`. Of a field that is
    /// there more than once, the first counts; a `Retry-After` that cannot be read is as good as none. `wall` is asked for the
    /// wall clock where a date is to be read.
    pub fn of_http(headers: &HeaderMap, wall: impl FnOnce() -> SystemTime) -> Self {
        if let Some(said) = headers.get(PUSHBACK) {
            let number = said.to_str().ok().and_then(|text| text.parse().ok());
            return number.map_or(Self::Never, |ms| Self::After(Duration::from_millis(ms)));
        }
        let said = headers.get(RETRY_AFTER).and_then(|said| said.to_str().ok());
        match said.and_then(RetryAfter::parse) {
            Some(asked) => Self::After(asked.left_at(wall())),
            None => Self::Unsaid,
        }
    }
}
