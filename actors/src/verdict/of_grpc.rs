//! What the status of a gRPC call says.

use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode};

use super::{Outcome, Verdict, of_http};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Judges a gRPC call by its status: `grpc-status` in the trailers, or in the headers where nothing else was sent
/// ("Trailers-Only"). `trailers` are `None` where none came.
///
/// | status | verdict |
/// |---|---|
/// | `OK` | success |
/// | `UNKNOWN`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`, and a number that gRPC does not know | failure |
/// | `DEADLINE_EXCEEDED` | time-out |
/// | `RESOURCE_EXHAUSTED` | throttled |
/// | `CANCELLED` | ignored: nearly always the caller's own doing |
/// | `INVALID_ARGUMENT`, `NOT_FOUND`, `ALREADY_EXISTS`, `PERMISSION_DENIED`, `FAILED_PRECONDITION`, `ABORTED`, `OUT_OF_RANGE`, `UNIMPLEMENTED`, `UNAUTHENTICATED` | success: the caller's mistake |
///
/// These are the verdicts on the HTTP statuses that Envoy maps the codes to for its outlier detection, with two
/// exceptions. Envoy maps `UNIMPLEMENTED` to 501, a failure. Here it is the caller's, as 404 is over HTTP: which method
/// is called is up to the caller, who could otherwise open the breaker for everybody by a name that does not exist. And
/// `DEADLINE_EXCEEDED`, Envoy's 504, is a time-out: the callee says so of this very call.
///
/// A status that is missing, stands there more than once, or is no number is taken from the HTTP status, by the table of
/// gRPC's `http-grpc-status-mapping.md`: `400` is `INTERNAL`; `401`, `403` and `404` are the caller's; `502`, `503` and
/// `504` are `UNAVAILABLE`; and all others, 200 among them, are `UNKNOWN`. The table makes `UNAVAILABLE` of 429, too;
/// here it is throttled, as over HTTP. What was judged so has its `Retry-After` read, as in [`of_http`].
///
/// `grpc-retry-pushback-ms` (gRFC A6), from where the status is from, is how long the callee asks not to be called. A
/// negative one says not to try this call again, and one that cannot be read is taken like it: neither says how long.
///
/// ```
/// use http::{HeaderMap, HeaderValue, StatusCode};
/// use hedgerow_actors::verdict::{Outcome, of_grpc};
///
/// let mut trailers = HeaderMap::new();
/// trailers.insert("grpc-status", HeaderValue::from_static("14"));
/// let verdict = of_grpc(StatusCode::OK, &HeaderMap::new(), Some(&trailers));
/// assert_eq!(verdict.outcome, Outcome::Failure);
/// ```
pub fn of_grpc(status: StatusCode, headers: &HeaderMap, trailers: Option<&HeaderMap>) -> Verdict {
    let last = trailers.filter(|trailers| trailers.contains_key(STATUS));
    let last = last.unwrap_or(headers);
    let Some(code) = code(last) else {
        return of_status_without_code(status, headers);
    };
    let verdict = of_code(code);
    let counts = matches!(
        verdict.outcome,
        Outcome::Failure | Outcome::Timeout | Outcome::Throttled
    );
    match pushback(last).filter(|_| counts) {
        Some(asked) => verdict.retry_after(asked),
        None => verdict,
    }
}

const fn of_code(code: u32) -> Verdict {
    match code {
        // OK; then INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, FAILED_PRECONDITION, ABORTED,
        // OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED.
        0 | 3 | 5 | 6 | 7 | 9 | 10 | 11 | 12 | 16 => Verdict::success(),
        // CANCELLED.
        1 => Verdict::ignored(),
        // DEADLINE_EXCEEDED.
        4 => Verdict::timeout(),
        // RESOURCE_EXHAUSTED.
        8 => Verdict::throttled(),
        // UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS; and any other, which clients are to take for UNKNOWN.
        _ => Verdict::failure(),
    }
}

fn of_status_without_code(status: StatusCode, headers: &HeaderMap) -> Verdict {
    let by_http = of_http(status, headers);
    match status {
        // UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED; and too many.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::TOO_MANY_REQUESTS => by_http,
        _ => Verdict {
            outcome: Outcome::Failure,
            ..by_http
        },
    }
}

/// The one status that is there, if it is a number.
fn code(fields: &HeaderMap) -> Option<u32> {
    let mut all = fields.get_all(STATUS).iter();
    let (one, another) = (all.next()?, all.next());
    if another.is_some() || !one.as_bytes().iter().all(u8::is_ascii_digit) {
        return None;
    }
    one.to_str().ok()?.parse().ok()
}

/// Milliseconds, as a signed number of 32 bits.
fn pushback(fields: &HeaderMap) -> Option<Duration> {
    let ms: i32 = fields.get(PUSHBACK)?.to_str().ok()?.parse().ok()?;
    u64::try_from(ms).ok().map(Duration::from_millis)
}
