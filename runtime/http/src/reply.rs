//! Replies as the nodes of a chain see them on their way out.

use hedgerow_actors::chain::{Ending, Reply, ReplyHead};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::AnswerBody;
use crate::headers;

/// The head of a reply.
pub(crate) struct Head<'a, B>(pub(crate) &'a mut Response<B>);

impl<B> ReplyHead for Head<'_, B> {
    fn status(&self) -> StatusCode {
        self.0.status()
    }

    fn set_status(&mut self, status: StatusCode) {
        *self.0.status_mut() = status;
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.0.headers().get(name).map(HeaderValue::as_bytes)
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        if !headers::frames(&name) {
            self.0.headers_mut().insert(name, value);
        }
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) {
        if !headers::frames(&name) {
            self.0.headers_mut().append(name, value);
        }
    }

    fn remove_header(&mut self, name: &HeaderName) {
        if !headers::frames(name) {
            self.0.headers_mut().remove(name);
        }
    }
}

/// The answer that a node gives by itself.
pub(crate) fn of_node(reply: Reply, ending: Ending) -> Response<AnswerBody> {
    let body = AnswerBody::Ours(reply.body.into_owned().into());
    let mut answer = Response::new(body);
    *answer.status_mut() = reply.status;
    for (name, value) in &reply.headers {
        answer.headers_mut().insert(name.clone(), value.clone());
    }
    answer.map(|body| body.end_with(ending))
}
