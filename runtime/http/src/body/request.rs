//! From the client to an endpoint.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::header::CONTENT_LENGTH;
use actix_http::{Payload, Request};
use bytes::Bytes;
use futures_core::Stream as _;
use http_body::{Body, Frame, SizeHint};

/// The body of a request. It is read from the client when the endpoint has room for more, and no sooner.
pub(crate) struct RequestBody {
    /// `None` where there is no body.
    payload: Option<Payload>,
    /// Bytes still to come, where that is known.
    left: Option<u64>,
    /// Whether the client is waited for; `None` where there is no body to wait for.
    awaited: Option<Rc<Cell<bool>>>,
}

/// Whether a request's body is waited for, seen from outside while it is under way.
pub(crate) struct Awaited(Option<Rc<Cell<bool>>>);

impl Awaited {
    /// Whether it is the client that keeps the call waiting.
    pub(crate) fn is_now(&self) -> bool {
        self.0.as_ref().is_some_and(|awaited| awaited.get())
    }
}

impl RequestBody {
    pub(crate) fn none() -> Self {
        Self {
            payload: None,
            left: Some(0),
            awaited: None,
        }
    }

    /// Takes the body out of a request.
    pub(crate) fn take(request: &mut Request) -> Self {
        match request.take_payload() {
            Payload::None => Self::none(),
            payload => {
                let length = request.head().headers.get(CONTENT_LENGTH);
                let left = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
                Self {
                    payload: Some(payload),
                    left,
                    awaited: Some(Rc::default()),
                }
            }
        }
    }

    pub(crate) fn awaited(&self) -> Awaited {
        Awaited(self.awaited.clone())
    }

    pub(crate) fn is_none(&self) -> bool {
        self.payload.is_none()
    }
}

/// The client did not send its request to the end.
#[derive(Debug, thiserror::Error)]
#[error("the client broke the request off: {0}")]
pub(crate) struct BrokenOff(PayloadError);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        let Some(payload) = &mut this.payload else {
            return Poll::Ready(None);
        };
        let chunk = Pin::new(payload).poll_next(task);
        if let Some(awaited) = &this.awaited {
            awaited.set(chunk.is_pending());
        }
        Poll::Ready(match ready!(chunk) {
            Some(Ok(chunk)) => {
                if let Some(left) = &mut this.left {
                    *left = left.saturating_sub(chunk.len() as u64);
                }
                Some(Ok(Frame::data(chunk)))
            }
            Some(Err(error)) => Some(Err(BrokenOff(error))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.payload.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
