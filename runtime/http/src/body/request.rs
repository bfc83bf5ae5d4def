//! From the client to an endpoint.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body of a request. It is read from the client when the endpoint has room for more, and no sooner.
pub(crate) struct RequestBody {
    /// `None` where there is no body, or no use for it any more.
    body: Option<Incoming>,
    /// `None` where there never was one.
    way: Option<Rc<Way>>,
    /// Bytes that may still come.
    left: u64,
}

/// How a body is on its way.
#[derive(Default)]
struct Way {
    /// Whether the client is waited for.
    awaited: Cell<bool>,
    given_up: Cell<bool>,
    /// Whether more has come than may.
    is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// A request's body, seen from outside while it is under way.
pub(crate) struct Underway(Option<Rc<Way>>);

impl Underway {
    /// Whether it is the client that keeps the call waiting.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.as_ref().is_some_and(|way| way.awaited.get())
    }

    /// Whether it has turned out larger than the chain allows.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|way| way.is_over.get())
    }

    /// What has not come of it is of no use: its request has been answered. Neither connection is used again, then, as on
    /// both of them the rest would be in the way.
    pub(crate) fn give_up(&self) {
        if let Some(way) = &self.0 {
            way.given_up.set(true);
            if let Some(waker) = way.waker.take() {
                waker.wake();
            }
        }
    }
}

/// A request's body did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenOff {
    #[error("the client broke the request off: {0}")]
    ByClient(#[from] hyper::Error),
    #[error("the request was answered before its end")]
    ByAnswer,
    #[error("the request's body is larger than its chain allows")]
    TooLarge,
}

impl RequestBody {
    pub(crate) fn none() -> Self {
        Self {
            body: None,
            way: None,
            left: 0,
        }
    }

    /// What a request came with, of which at most `limit` bytes are read.
    pub(crate) fn of(body: Incoming, limit: u64) -> Self {
        if body.is_end_stream() {
            return Self::none();
        }
        Self {
            body: Some(body),
            way: Some(Rc::default()),
            left: limit,
        }
    }

    pub(crate) fn underway(&self) -> Underway {
        Underway(self.way.clone())
    }

    pub(crate) fn is_none(&self) -> bool {
        self.body.is_none()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        let (Some(body), Some(way)) = (&mut this.body, &this.way) else {
            return Poll::Ready(None);
        };
        if way.given_up.get() {
            this.body = None;
            return Poll::Ready(Some(Err(BrokenOff::ByAnswer)));
        }
        let frame = Pin::new(body).poll_frame(task);
        way.awaited.set(frame.is_pending());
        if frame.is_pending() {
            way.waker.replace(Some(task.waker().clone()));
        }
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            match this.left.checked_sub(data.len() as u64) {
                Some(left) => this.left = left,
                None => {
                    way.is_over.set(true);
                    this.body = None;
                    return Poll::Ready(Some(Err(BrokenOff::TooLarge)));
                }
            }
        }
        frame.map_err(BrokenOff::from)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
