//! The answer as it is sent to the client.

use http::header::{CONTENT_LENGTH, HeaderValue, TE};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body::Body as _;
use tokio::time::Instant;

use crate::body::{AnswerBody, Streamed, Underway};
use crate::deadline::Deadline;
use crate::headers::{self, Trailers};
use crate::wire::Answer;

/// What an answer is passed on by.
pub(super) struct Asked {
    method: Method,
    /// Whether the client takes trailers.
    trailers: Trailers,
}

impl Asked {
    pub(super) fn by(head: &Parts) -> Self {
        Self {
            method: head.method.clone(),
            trailers: trailers_for(head),
        }
    }
}

/// Whether the client takes trailers.
fn trailers_for(head: &Parts) -> Trailers {
    let mut codings = head
        .headers
        .get_all(TE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    if codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers")) {
        Trailers::MayFollow
    } else {
        Trailers::Cannot
    }
}

/// The endpoint's answer as it is sent to the client.
pub(super) fn pass_on(
    asked: &Asked,
    answer: Answer,
    request: Underway,
    deadline: Deadline,
) -> Response<AnswerBody> {
    let Answer { response, lease } = answer;
    let (mut parts, body) = response.into_parts();
    let told = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let follows = asked.method != Method::HEAD
        && parts.status != StatusCode::NO_CONTENT
        && parts.status != StatusCode::NOT_MODIFIED;
    let sized = body.size_hint().exact().is_some();
    headers::to_client(
        &mut parts.headers,
        if sized { Trailers::Cannot } else { asked.trailers },
    );
    let body = if follows && !body.is_end_stream() {
        AnswerBody::Streamed(Streamed::new(body, lease, request, deadline))
    } else {
        lease.give_back(Instant::now());
        request.give_up();
        match told {
            Some(length) if !follows && parts.status != StatusCode::NO_CONTENT => {
                parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
                AnswerBody::Told(length)
            }
            _ => AnswerBody::Nothing,
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = parts.status;
    *answer.headers_mut() = parts.headers;
    answer
}
