//! The answer that is on its way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::error::{LoadError, SaveError};
use crate::key::Key;
use crate::record::RecordError;

/// How safe an acknowledged save is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Saved {
    /// On the disk: it survives `kill -9` and a power cut.
    Durable,
    /// In memory: it is gone when the process is.
    InMemory,
}

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// Keys and payloads, in the order of the encoded keys.
    pub records: Vec<(Key, Vec<u8>)>,
    /// Records that are there and cannot be used. They hide no others.
    pub unusable: Vec<RecordError>,
}

/// A request that is queued already; await it on any runtime, or
/// [`wait`](Reply::wait) for it on a thread. Dropping it withdraws nothing.
#[must_use = "a reply that is not awaited hides whether the store did what was asked"]
#[derive(Debug)]
pub struct Reply<T, E> {
    state: State<T, E>,
}

#[derive(Debug)]
enum State<T, E> {
    Refused(Option<E>),
    Queued(oneshot::Receiver<Result<T, E>>),
}

/// The error for a request that the store's thread can no longer answer.
pub(crate) trait Closed {
    fn closed() -> Self;
}

impl Closed for SaveError {
    fn closed() -> Self {
        Self::Closed
    }
}

impl Closed for LoadError {
    fn closed() -> Self {
        Self::Closed
    }
}

impl<T, E> Reply<T, E> {
    pub(crate) fn refused(error: E) -> Self {
        Self {
            state: State::Refused(Some(error)),
        }
    }

    pub(crate) fn queued(receiver: oneshot::Receiver<Result<T, E>>) -> Self {
        Self {
            state: State::Queued(receiver),
        }
    }
}

#[allow(
    private_bounds,
    reason = "sealed: only this crate's two errors can be replied"
)]
impl<T, E: Closed> Reply<T, E> {
    /// Blocks the calling thread until the answer is there.
    ///
    /// # Errors
    /// The error of the request.
    ///
    /// # Panics
    /// Inside an asynchronous context, which must not be blocked: await there.
    pub fn wait(self) -> Result<T, E> {
        match self.state {
            State::Refused(error) => Err(error.unwrap_or_else(E::closed)),
            State::Queued(receiver) => receiver.blocking_recv().unwrap_or_else(|_| Err(E::closed())),
        }
    }
}

impl<T, E: Closed + Unpin> Future for Reply<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Refused(error) => Poll::Ready(Err(error.take().unwrap_or_else(E::closed))),
            State::Queued(receiver) => Pin::new(receiver)
                .poll(cx)
                .map(|answer| answer.unwrap_or_else(|_| Err(E::closed()))),
        }
    }
}
