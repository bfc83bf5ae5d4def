//! The body of a request that came without its length, held to what the nodes allow.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use futures_core::Stream;
use hedgerow_actors::chain::{BodyLimit, Passage};
use pin_project_lite::pin_project;

/// The length that a request tells of its body.
pub(super) fn told_length(request: &ServiceRequest) -> Option<u64> {
    let told = request.headers().get(CONTENT_LENGTH)?;
    told.to_str().ok()?.parse().ok()
}

/// Whether the body of a request has turned out larger than its nodes allow.
pub(super) struct Watch {
    limit: BodyLimit,
    is_over: Rc<Cell<bool>>,
}

impl Watch {
    /// Holds the body to what the nodes allow; `None` where they have said nothing, there is no body, or its length is known.
    pub(super) fn over(request: &mut ServiceRequest, passage: &Passage) -> Option<Self> {
        let limit = passage.body_limit()?;
        if told_length(request).is_some() {
            return None;
        }
        match request.take_payload() {
            Payload::None => None,
            payload => {
                let is_over = Rc::default();
                let limited = Limited {
                    payload,
                    left: limit.bytes(),
                    is_over: Rc::clone(&is_over),
                };
                let payload = Box::pin(limited);
                request.set_payload(Payload::Stream { payload });
                Some(Self { limit, is_over })
            }
        }
    }

    /// The limit that the body is known to be over.
    fn exceeded(&self) -> Option<BodyLimit> {
        self.is_over.get().then_some(self.limit)
    }
}

pin_project! {
    /// The app's work at a request, whose body may be held to a limit.
    pub(super) struct Watched<F> {
        #[pin]
        pub(super) call: F,
        pub(super) body: Option<Watch>,
    }
}

/// What the app's work brings.
pub(super) enum Brought<T> {
    /// Its outcome.
    Outcome(T),
    /// The body has turned out larger than this; and the outcome, where there is one already.
    TooLarge(BodyLimit, Option<T>),
}

impl<F: Future> Future for Watched<F> {
    type Output = Brought<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = this.call.poll(task);
        match this.body.as_ref().and_then(Watch::exceeded) {
            None => outcome.map(Brought::Outcome),
            Some(limit) => {
                let outcome = match outcome {
                    Poll::Ready(outcome) => Some(outcome),
                    Poll::Pending => None,
                };
                Poll::Ready(Brought::TooLarge(limit, outcome))
            }
        }
    }
}

/// What may be read of a body. It ends with [`PayloadError::Overflow`] where more comes.
struct Limited {
    payload: Payload,
    left: u64,
    is_over: Rc<Cell<bool>>,
}

impl Stream for Limited {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_over.get() {
            return Poll::Ready(None);
        }
        let piece = ready!(Pin::new(&mut this.payload).poll_next(task));
        if let Some(Ok(bytes)) = &piece {
            let Some(left) = this.left.checked_sub(bytes.len() as u64) else {
                this.is_over.set(true);
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            };
            this.left = left;
        }
        Poll::Ready(piece)
    }
}
