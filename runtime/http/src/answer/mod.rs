//! Answers of our own.

mod shown;

use std::time::Duration;

use hedgerow_actors::chain::Turned;
use hedgerow_config::Expose;
use hedgerow_view::Refusal;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::body::AnswerBody;
use crate::denied::Denied;
use crate::guard::Grounds;
pub(crate) use shown::{Shown, shown};

pub(crate) const CLOSE: HeaderValue = HeaderValue::from_static("close");
const REFUSED: HeaderName = HeaderName::from_static("x-hedgerow-refused");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// How a denial looks on the wire.
struct Shape<'a> {
    status: StatusCode,
    refusal: &'a Refusal,
    advice: &'static str,
    then: Then,
}

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    KeepAlive,
    Close,
}

/// The one place that knows which denial has which status; what a chain turns back has its own.
fn shape(denied: &Denied) -> Shape<'_> {
    use Then::{Close, KeepAlive};
    let (status, refusal, advice, then) = match denied {
        Denied::Guarded(grounds, refusal) => {
            let (status, advice) = guarded(*grounds);
            (status, refusal, advice, Close)
        }
        // A fresh connection would cost more than the next refusal.
        Denied::Overloaded(refusal) => (
            StatusCode::SERVICE_UNAVAILABLE,
            refusal,
            "try again later",
            KeepAlive,
        ),
        Denied::BrokenOff(refusal) => (
            StatusCode::BAD_REQUEST,
            refusal,
            "send the request to its end",
            Close,
        ),
        Denied::ClientTooSlow(refusal) => (
            StatusCode::REQUEST_TIMEOUT,
            refusal,
            "send the request faster",
            Close,
        ),
        Denied::Turned(turned) => (turned.status(), turned.refusal(), after(turned), KeepAlive),
        Denied::Crashed(refusal) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            refusal,
            "report it with this line",
            Close,
        ),
        Denied::LedAway(refusal) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            refusal,
            "take the route out of the chain, or give the chain to a listener",
            KeepAlive,
        ),
        Denied::NotAdmitted(refusal) => (
            StatusCode::SERVICE_UNAVAILABLE,
            refusal,
            "try again later",
            KeepAlive,
        ),
        Denied::EndpointBroke(refusal) => (
            StatusCode::BAD_GATEWAY,
            refusal,
            "look at what runs at that endpoint",
            KeepAlive,
        ),
        Denied::Overdue(refusal) => (
            StatusCode::GATEWAY_TIMEOUT,
            refusal,
            "allow the request more time",
            KeepAlive,
        ),
        Denied::TooSlow(refusal) => (
            StatusCode::GATEWAY_TIMEOUT,
            refusal,
            "look at that endpoint, or allow it more time",
            KeepAlive,
        ),
    };
    Shape {
        status,
        refusal,
        advice,
        then,
    }
}

/// What is told of a denial: its status, and who denies it, why.
pub(crate) fn told(denied: &Denied) -> (StatusCode, &Refusal) {
    let Shape { status, refusal, .. } = shape(denied);
    (status, refusal)
}

/// Advice to whom the chain turned back.
fn after(turned: &Turned) -> &'static str {
    match turned {
        Turned::NoRoute(_) => "ask for a path that a rule of the chain covers",
        Turned::Refused { .. } => "look at what that node of the chain asks for",
        Turned::NodeCrashed(_) => "look at the last exit of that node in the tree",
        Turned::NodeDown(_) => "try again when that node runs",
        // Whatever else turns a request back.
        _ => "try again later",
    }
}

/// Status and advice for what the guard refused.
fn guarded(grounds: Grounds) -> (StatusCode, &'static str) {
    match grounds {
        Grounds::Malformed => (
            StatusCode::BAD_REQUEST,
            "send the request so that it can be read in one way only",
        ),
        Grounds::TooSlow => (StatusCode::REQUEST_TIMEOUT, "send the request faster"),
        Grounds::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "send less at once"),
        Grounds::TargetTooLong => (StatusCode::URI_TOO_LONG, "send what is long in the body"),
        Grounds::Expectation => (StatusCode::EXPECTATION_FAILED, "expect 100-continue or nothing"),
        Grounds::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "ask whom the target names"),
        Grounds::FieldsTooLarge => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "send fewer or shorter fields",
        ),
        Grounds::NotImplemented => (StatusCode::NOT_IMPLEMENTED, "send an ordinary request"),
        Grounds::Crowded => (
            StatusCode::SERVICE_UNAVAILABLE,
            "use the connections that are open",
        ),
        Grounds::Version => (StatusCode::HTTP_VERSION_NOT_SUPPORTED, "speak HTTP/1.1"),
    }
}

/// A denial in words, whatever message carries it.
pub(crate) struct Words {
    pub(crate) status: StatusCode,
    /// For who reads the answer.
    pub(crate) text: String,
    /// `content-type`, `x-hedgerow-refused` unless nothing is exposed, and `retry-after` where a time is known.
    pub(crate) headers: HeaderMap,
    then: Then,
}

/// What is said of a request that was denied, as much as is exposed.
#[cold]
pub(crate) fn words(denied: &Denied, expose: Expose) -> Words {
    let Shape {
        status,
        refusal,
        advice,
        then,
    } = shape(denied);
    let Shown { line, text } = shown(expose, status, refusal, advice);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, TEXT);
    if let Some(line) = line.and_then(|line| HeaderValue::try_from(line).ok()) {
        headers.insert(REFUSED, line);
    }
    if let Some(after) = refusal.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
    }
    Words {
        status,
        text,
        headers,
        then,
    }
}

/// The answer to a request that was denied. A connection that cannot be trusted any more is closed after it.
#[cold]
pub(crate) fn of(denied: &Denied, expose: Expose) -> Response<AnswerBody> {
    let Words {
        status,
        text,
        mut headers,
        then,
    } = words(denied, expose);
    if then == Then::Close {
        headers.insert(CONNECTION, CLOSE);
    }
    let mut answer = Response::new(AnswerBody::ours(text));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

/// Rounded up, at least 1: a client that is told 0 comes back at once.
fn whole_seconds(time: Duration) -> u64 {
    let more = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(more).max(1)
}

#[cfg(test)]
mod tests;
