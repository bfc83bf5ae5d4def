//! Replies as the nodes of a chain see them on their way out.

use actix_http::header::{HeaderName, HeaderValue};
use actix_http::{Response, StatusCode};
use hedgerow_actors::chain::{Ending, Reply, ReplyHead};

use crate::body::AnswerBody;
use crate::headers;

/// The head of a reply. The server speaks the types of `http` 0.2, nodes those of `http` 1.
pub(crate) struct Head<'a>(pub(crate) &'a mut Response<AnswerBody>);

impl ReplyHead for Head<'_> {
    fn status(&self) -> http::StatusCode {
        http::StatusCode::from_u16(self.0.status().as_u16()).unwrap_or(http::StatusCode::BAD_GATEWAY)
    }

    fn set_status(&mut self, status: http::StatusCode) {
        if let Ok(status) = StatusCode::from_u16(status.as_u16()) {
            *self.0.status_mut() = status;
        }
    }

    fn header(&self, name: &http::HeaderName) -> Option<&[u8]> {
        self.0.headers().get(name.as_str()).map(HeaderValue::as_bytes)
    }

    fn set_header(&mut self, name: http::HeaderName, value: http::HeaderValue) {
        if headers::frames(name.as_str()) {
            return;
        }
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            self.0.headers_mut().insert(name, value);
        }
    }

    fn remove_header(&mut self, name: &http::HeaderName) {
        if !headers::frames(name.as_str()) {
            self.0.headers_mut().remove(name.as_str());
        }
    }
}

/// The answer that a node gives by itself.
pub(crate) fn of_node(reply: Reply, ending: Ending) -> Response<AnswerBody> {
    let body = AnswerBody::Ours(reply.body.into_owned().into());
    let mut answer = Response::with_body(StatusCode::OK, body);
    let mut head = Head(&mut answer);
    head.set_status(reply.status);
    for (name, value) in &reply.headers {
        head.set_header(name.clone(), value.clone());
    }
    answer.map_body(|_, body| body.end_with(ending))
}
