//! What is different where a request speaks gRPC: a refusal is a status, and so is a call's end.

use std::fmt::Write as _;

use bytes::Bytes;
use hedgerow_actors::chain::Ending;
use hedgerow_actors::verdict::{Outcome, of_grpc};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::own::Own;
use super::tail::Speaks;

const MEDIA_TYPE: &[u8] = b"application/grpc";
const CONTENT: HeaderValue = HeaderValue::from_static("application/grpc");
pub(super) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Longer messages are cut: what was observed must not decide how long our answers are.
const LONGEST: usize = 1_024;

/// Whether a message with these fields is one of gRPC: `application/grpc`, also with a suffix or parameters. (Over
/// `application/grpc-web` trailers travel in the body; it is HTTP here.)
pub(super) fn spoken(headers: &HeaderMap) -> Speaks {
    headers.get(CONTENT_TYPE).map_or(Speaks::Http, spoken_in)
}

/// Whether a message with content of this type is one.
pub(super) fn spoken_in(content: &HeaderValue) -> Speaks {
    match content.as_bytes().strip_prefix(MEDIA_TYPE) {
        Some([] | [b'+' | b';' | b' ', ..]) => Speaks::Grpc,
        _ => Speaks::Http,
    }
}

/// Ends a call by its status: what [`of_grpc`] takes for a failure or a time-out is one here, and `CANCELLED` is what it
/// says.
pub(super) fn end_by(trailers: &HeaderMap, ending: Ending) {
    match of_grpc(StatusCode::OK, trailers, None).outcome {
        Outcome::Success | Outcome::Throttled => ending.complete(),
        Outcome::Ignored => drop(ending),
        _ => ending.break_off(),
    }
}

/// An answer of the chain's own as a client of gRPC takes it: a head alone, which is its trailers as well.
#[cold]
pub(super) fn trailers_only(own: Own) -> Own {
    let Own {
        status,
        mut headers,
        body,
    } = own;
    if spoken(&headers) == Speaks::Grpc {
        // A node that speaks gRPC itself.
        return Own {
            status,
            headers,
            body,
        };
    }
    let message = escaped(&String::from_utf8_lossy(&body));
    if let Some(seconds) = headers.remove(RETRY_AFTER) {
        // Of a node's own reply it may be a date, which says nothing here.
        let ms = seconds
            .to_str()
            .ok()
            .and_then(|seconds| seconds.parse::<i32>().ok());
        if let Some(ms) = ms {
            headers.insert(PUSHBACK, HeaderValue::from(ms.saturating_mul(1_000)));
        }
        headers.insert(RETRY_AFTER, seconds);
    }
    headers.insert(CONTENT_TYPE, CONTENT);
    headers.insert(STATUS, HeaderValue::from(code_of(status)));
    if let Ok(message) = HeaderValue::try_from(message) {
        headers.insert(MESSAGE, message);
    }
    Own {
        status: StatusCode::OK,
        headers,
        body: Bytes::new(),
    }
}

/// The code for an HTTP status, by `google/rpc/code.proto` read backwards; where it has several, or none, the widest.
fn code_of(status: StatusCode) -> u32 {
    match status.as_u16() {
        400 | 405 | 411 | 414 | 415 => 3, // INVALID_ARGUMENT
        401 => 16,                        // UNAUTHENTICATED
        403 => 7,                         // PERMISSION_DENIED
        404 => 5,                         // NOT_FOUND
        408 | 504 => 4,                   // DEADLINE_EXCEEDED
        409 => 10,                        // ABORTED
        412 => 9,                         // FAILED_PRECONDITION
        413 | 429 | 431 => 8,             // RESOURCE_EXHAUSTED
        416 => 11,                        // OUT_OF_RANGE
        499 => 1,                         // CANCELLED
        500 => 13,                        // INTERNAL
        501 => 12,                        // UNIMPLEMENTED
        502 | 503 => 14,                  // UNAVAILABLE
        _ => 2,                           // UNKNOWN
    }
}

/// Percent-encoded as `grpc-message` is: all but visible ASCII and spaces, and `%` itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.trim_end().bytes() {
        if escaped.len() >= LONGEST {
            break;
        }
        match byte {
            b' '..=b'$' | b'&'..=b'~' => escaped.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
#[path = "grpc_tests.rs"]
mod tests;
