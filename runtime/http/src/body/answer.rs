//! From an endpoint to the client, or of our own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::body::{BodySize, MessageBody};
use bytes::Bytes;
use hedgerow_actors::chain::Ending;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use crate::wire::Lease;

/// The body of an answer.
pub(crate) enum AnswerBody {
    /// None follows, whatever length the head tells: the answer to `HEAD`, 204, 304.
    Nothing(BodySize),
    /// Our own words.
    Ours(Bytes),
    /// What an endpoint sends.
    Streamed(Streamed),
}

impl AnswerBody {
    pub(crate) fn ours(text: String) -> Self {
        Self::Ours(text.into())
    }

    /// Lets the request end when the body does. A body that is here as a whole has ended.
    pub(crate) fn end_with(mut self, ending: Ending) -> Self {
        match &mut self {
            Self::Nothing(_) | Self::Ours(_) => ending.complete(),
            Self::Streamed(streamed) => streamed.ending = Some(ending),
        }
        self
    }
}

/// A body that is passed on as it comes. It is read from the endpoint when the client has room for more, and no sooner.
///
/// The connection is given back at its end. Dropped before, or broken, it is closed.
pub(crate) struct Streamed {
    body: Incoming,
    size: BodySize,
    lease: Option<Lease>,
    deadline: Pin<Box<Sleep>>,
    /// Dropped with the body, it tells the chain that its client has gone.
    ending: Option<Ending>,
    /// Whether more of it was waited for when it was last asked: not for the client, then.
    awaited: bool,
}

impl Streamed {
    /// `deadline` is that of the whole call.
    pub(crate) fn new(body: Incoming, lease: Lease, deadline: Pin<Box<Sleep>>) -> Self {
        let size = body.size_hint().exact().map_or(BodySize::Stream, BodySize::Sized);
        Self {
            body,
            size,
            lease: Some(lease),
            deadline,
            ending: None,
            awaited: false,
        }
    }
}

/// An endpoint's answer did not come to its end. The client's connection is closed, so that nobody takes the part for
/// the whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CutOff {
    #[error("the answer was cut off: it was not complete within the upstream's timeout")]
    TooSlow,
    #[error("the answer was cut off: {0}")]
    Broken(#[from] hyper::Error),
}

impl MessageBody for AnswerBody {
    type Error = CutOff;

    fn size(&self) -> BodySize {
        match self {
            Self::Nothing(size) => *size,
            Self::Ours(text) => BodySize::Sized(text.len() as u64),
            Self::Streamed(streamed) => streamed.size,
        }
    }

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutOff>>> {
        match self.get_mut() {
            Self::Nothing(_) => Poll::Ready(None),
            Self::Ours(text) if text.is_empty() => Poll::Ready(None),
            Self::Ours(text) => Poll::Ready(Some(Ok(std::mem::take(text)))),
            Self::Streamed(streamed) => streamed.poll_next(task),
        }
    }
}

impl Streamed {
    fn broken(&mut self) {
        if let Some(ending) = self.ending.take() {
            ending.break_off();
        }
    }

    fn poll_next(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutOff>>> {
        if self.deadline.as_mut().poll(task).is_ready() {
            if let Some(lease) = self.lease.take().filter(|_| self.awaited) {
                lease.break_off();
            }
            self.broken();
            return Poll::Ready(Some(Err(CutOff::TooSlow)));
        }
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(task);
            self.awaited = frame.is_pending();
            match ready!(frame) {
                // Trailers are not passed on: the server cannot write them.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(chunk) if !chunk.is_empty() => return Poll::Ready(Some(Ok(chunk))),
                    _ => {}
                },
                Some(Err(error)) => {
                    if let Some(lease) = self.lease.take() {
                        lease.break_off();
                    }
                    self.broken();
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    if let Some(lease) = self.lease.take() {
                        lease.give_back(Instant::now());
                    }
                    if let Some(ending) = self.ending.take() {
                        ending.complete();
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}
