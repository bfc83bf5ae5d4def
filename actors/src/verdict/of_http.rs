//! What the head of an HTTP answer says.

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use super::{RetryAfter, Verdict};

/// Judges an answer by its head.
///
/// | status | verdict |
/// |---|---|
/// | 5xx | failure; with its `Retry-After` |
/// | 429 | throttled; with its `Retry-After` |
/// | any other | success: 4xx are the caller's mistakes, by the text of RFC 9110, section 15.5 |
///
/// An answer of 504 is a failure and no time-out: who answers it was there in time, and speaks of someone behind it.
/// Envoy's outlier detection draws the same line, between errors that the host answers and those that are seen from
/// outside of it (time-out, reset, no connection). 408 is a success, as the answer of one who waited for its caller.
///
/// `Retry-After` (RFC 9110, section 10.2.3) is read wherever it can extend an open time. On 503 it says how long the
/// service will be unavailable, on 429 (RFC 6585, section 4) how long its limit holds, on other 5xx how long a caller ought
/// to wait. On 3xx and 413 it speaks of that one request, and is not read. Where the field stands more than once, the
/// first one counts; one that cannot be read is as good as none.
#[inline]
pub fn of_http(status: StatusCode, headers: &HeaderMap) -> Verdict {
    if status.is_server_error() {
        asking(Verdict::failure(), headers)
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        asking(Verdict::throttled(), headers)
    } else {
        Verdict::success()
    }
}

#[cold]
fn asking(verdict: Verdict, headers: &HeaderMap) -> Verdict {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    match asked.and_then(RetryAfter::parse) {
        Some(asked) => verdict.retry_after(asked),
        None => verdict,
    }
}
