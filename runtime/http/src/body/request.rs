//! From the client to an endpoint.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body of a request. It is read from the client when the endpoint has room for more, and no sooner.
pub(crate) struct RequestBody {
    /// `None` where there is no body.
    body: Option<Incoming>,
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
            body: None,
            awaited: None,
        }
    }

    /// What a request came with.
    pub(crate) fn of(body: Incoming) -> Self {
        if body.is_end_stream() {
            return Self::none();
        }
        Self {
            body: Some(body),
            awaited: Some(Rc::default()),
        }
    }

    pub(crate) fn awaited(&self) -> Awaited {
        Awaited(self.awaited.clone())
    }

    pub(crate) fn is_none(&self) -> bool {
        self.body.is_none()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(body).poll_frame(task);
        if let Some(awaited) = &this.awaited {
            awaited.set(frame.is_pending());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
