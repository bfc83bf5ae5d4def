//! From the client to an endpoint.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::source::Source;

/// The body of a request. It is read from the client when the endpoint has room for more, and no sooner.
///
/// What [keeps](Self::keep) its beginning can be sent again: [`again`](Self::again) is the same body once more, from its
/// beginning on. The last one of them goes on reading from the client; those before it are cut short there.
pub(crate) struct RequestBody {
    /// `None` where there is no body.
    source: Option<Rc<Source>>,
    /// Which of those that read the same source.
    reader: u32,
    /// Which of the kept frames is next.
    next: usize,
    /// Bytes that it has given out.
    passed: u64,
}

/// A request's body, seen from outside while it is under way.
#[derive(Clone)]
pub(crate) struct Underway(Option<Rc<Source>>);

impl Underway {
    /// Whether it is the client that keeps the call waiting.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.as_ref().is_some_and(|source| source.is_awaited())
    }

    /// Whether it has turned out larger than the chain allows.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|source| source.is_over())
    }

    /// What has not come of it is of no use: its request has been answered. Neither connection is used again, then, as on
    /// both of them the rest would be in the way.
    pub(crate) fn give_up(&self) {
        if let Some(source) = &self.0 {
            source.give_up();
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
    #[error("the request is being sent again")]
    Superseded,
}

impl RequestBody {
    pub(crate) fn none() -> Self {
        Self {
            source: None,
            reader: 0,
            next: 0,
            passed: 0,
        }
    }

    /// What a request came with, of which at most `limit` bytes are read.
    pub(crate) fn of(body: Incoming, limit: u64) -> Self {
        if body.is_end_stream() {
            return Self::none();
        }
        Self {
            source: Some(Rc::new(Source::new(body, limit))),
            ..Self::none()
        }
    }

    /// Keeps what is read of it, up to so many bytes. To be said before any of it is read.
    pub(crate) fn keep(&self, most: u64) {
        if let Some(source) = &self.source {
            source.keep(most);
        }
    }

    /// The same body from its beginning on; `None` where that is not there any more.
    pub(crate) fn again(&self) -> Option<Self> {
        match &self.source {
            None => Some(Self::none()),
            Some(source) => Some(Self {
                reader: source.next_reader()?,
                source: Some(Rc::clone(source)),
                next: 0,
                passed: 0,
            }),
        }
    }

    /// The same body by itself, whatever becomes of this one: all of it is kept. `None` where it is not here as a whole.
    pub(crate) fn detached(&self) -> Option<Self> {
        let source = match &self.source {
            None => None,
            Some(source) => Some(Rc::new(source.detached()?)),
        };
        Some(Self {
            source,
            ..Self::none()
        })
    }

    /// Whether it could be sent again by now.
    pub(crate) fn is_kept(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.is_kept())
    }

    /// Whether all of it is here, so that several can read it at once.
    pub(crate) fn is_whole(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.is_whole())
    }

    pub(crate) fn underway(&self) -> Underway {
        Underway(self.source.clone())
    }

    pub(crate) fn is_none(&self) -> bool {
        self.source.is_none()
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
        let Some(source) = &this.source else {
            return Poll::Ready(None);
        };
        let frame = source.poll_frame(this.reader, &mut this.next, task);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.passed += data.len() as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.source
            .as_ref()
            .is_none_or(|source| source.is_at_end(self.next))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            None => SizeHint::with_exact(0),
            Some(source) => match source.length() {
                Some(length) => SizeHint::with_exact(length.saturating_sub(self.passed)),
                None => SizeHint::default(),
            },
        }
    }
}
