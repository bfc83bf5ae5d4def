//! From an endpoint to the client, or of our own.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hedgerow_actors::chain::Ending;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::Underway;
use crate::admission::Berth;
use crate::deadline::Deadline;
use crate::wire::Lease;

/// The body of an answer.
pub(crate) enum AnswerBody {
    /// None follows.
    Nothing,
    /// None follows a head that tells this length: the answer to `HEAD`, 304.
    Told(u64),
    /// Our own words.
    Ours(Bytes),
    /// What an endpoint sends.
    Streamed(Streamed),
}

impl AnswerBody {
    /// Keeps the request's berth until the body has ended. One that is here as a whole needs none.
    pub(crate) fn hold(mut self, mut berth: Berth) -> Self {
        if let Self::Streamed(streamed) = &mut self {
            berth.answered();
            streamed.berth = Some(berth);
        }
        self
    }

    pub(crate) fn ours(text: String) -> Self {
        Self::Ours(text.into())
    }

    /// Lets the request end when the body does. A body that is here as a whole has ended.
    pub(crate) fn end_with(mut self, ending: Ending) -> Self {
        match &mut self {
            Self::Nothing | Self::Told(_) | Self::Ours(_) => ending.complete(),
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
    lease: Option<Lease>,
    request: Underway,
    deadline: Deadline,
    /// Dropped with the body, it tells the chain that its client has gone.
    ending: Option<Ending>,
    /// Whether more of it was waited for when it was last asked: not for the client, then.
    awaited: bool,
    /// The right to be under way.
    berth: Option<Berth>,
}

impl Streamed {
    /// `request` is the body of the request that is answered, `deadline` that of the whole call.
    pub(crate) fn new(body: Incoming, lease: Lease, request: Underway, deadline: Deadline) -> Self {
        Self {
            body,
            lease: Some(lease),
            request,
            deadline,
            ending: None,
            awaited: false,
            berth: None,
        }
    }
}

/// An endpoint's answer did not come to its end. The client's connection is reset, so that nobody takes the part for
/// the whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CutOff {
    #[error(
        "the answer was cut off: it was not complete within the upstream's timeout or the request's deadline"
    )]
    TooSlow,
    #[error("the answer was cut off: {0}")]
    Broken(#[from] hyper::Error),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.get_mut() {
            Self::Nothing | Self::Told(_) => Poll::Ready(None),
            Self::Ours(text) if text.is_empty() => Poll::Ready(None),
            Self::Ours(text) => Poll::Ready(Some(Ok(Frame::data(mem::take(text))))),
            Self::Streamed(streamed) => streamed.poll_frame(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Ours(text) => text.is_empty(),
            // The server asks for its end, and the lease goes back there.
            Self::Told(_) | Self::Streamed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Nothing => SizeHint::with_exact(0),
            Self::Told(length) => SizeHint::with_exact(*length),
            Self::Ours(text) => SizeHint::with_exact(text.len() as u64),
            Self::Streamed(streamed) => streamed.body.size_hint(),
        }
    }
}

impl Streamed {
    fn broken(&mut self) {
        if let Some(ending) = self.ending.take() {
            ending.break_off();
        }
    }

    fn poll_frame(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if self.deadline.poll(task).is_ready() {
            let is_the_endpoints = self.awaited && !self.deadline.is_silent();
            if let Some(lease) = self.lease.take().filter(|_| is_the_endpoints) {
                lease.break_off();
            }
            self.broken();
            return Poll::Ready(Some(Err(CutOff::TooSlow)));
        }
        let frame = Pin::new(&mut self.body).poll_frame(task);
        self.awaited = frame.is_pending();
        match ready!(frame) {
            Some(Ok(frame)) => {
                // The server asks for no more than the length that it was told, and for nothing behind trailers.
                if frame.is_trailers() || self.body.is_end_stream() {
                    self.give_back();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                if let Some(lease) = self.lease.take() {
                    lease.break_off();
                }
                self.broken();
                Poll::Ready(Some(Err(error.into())))
            }
            None => {
                self.give_back();
                Poll::Ready(None)
            }
        }
    }

    fn give_back(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back(Instant::now());
        }
        if let Some(ending) = self.ending.take() {
            ending.complete();
        }
        self.request.give_up();
        self.berth = None;
    }
}
