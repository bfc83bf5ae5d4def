//! The body of an answer that has passed a chain.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::own::Own;
use super::tail::Tail;

pin_project! {
    /// The body of an answer that has passed a chain: the service's own, or the chain's. The request ends with it; dropped
    /// before its end, it tells the nodes that the client has gone.
    #[derive(Debug)]
    pub struct ChainBody<B> {
        #[pin]
        source: Source<B>,
        tail: Tail,
    }
}

pin_project! {
    #[project = SourceProjection]
    #[derive(Debug)]
    enum Source<B> {
        Service { #[pin] body: B },
        Chain { bytes: Bytes },
    }
}

impl<B> ChainBody<B> {
    /// The service's, of which this is left when it begins.
    pub(super) fn of_service(body: B, tail: Tail) -> Self {
        Self {
            source: Source::Service { body },
            tail,
        }
    }

    /// The chain's own: it is here as a whole.
    pub(super) fn of_chain(own: Own) -> http::Response<Self> {
        let Own {
            status,
            headers,
            body,
        } = own;
        let mut answer = http::Response::new(Self {
            source: Source::Chain { bytes: body },
            tail: Tail::default(),
        });
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer
    }
}

/// The length that a message tells of its body.
pub(super) fn told_length(headers: &HeaderMap) -> Option<u64> {
    let told: &HeaderValue = headers.get(CONTENT_LENGTH)?;
    told.to_str().ok()?.parse().ok()
}

impl<B> Body for ChainBody<B>
where
    B: Body<Data: From<Bytes>>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let mut body = match this.source.project() {
            SourceProjection::Service { body } => body,
            SourceProjection::Chain { bytes } if bytes.is_empty() => return Poll::Ready(None),
            SourceProjection::Chain { bytes } => {
                let bytes = std::mem::take(bytes);
                return Poll::Ready(Some(Ok(Frame::data(bytes.into()))));
            }
        };
        let frame = ready!(body.as_mut().poll_frame(task));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    this.tail.sent(data.remaining());
                    // Nobody asks again behind the last one.
                    if body.is_end_stream() {
                        this.tail.finish();
                    }
                } else if let Some(trailers) = frame.trailers_ref() {
                    this.tail.trailers(trailers);
                }
            }
            Some(Err(_)) => this.tail.break_off(),
            None => this.tail.finish(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Service { body } => body.is_end_stream(),
            Source::Chain { bytes } => bytes.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Service { body } => body.size_hint(),
            Source::Chain { bytes } => SizeHint::with_exact(bytes.len() as u64),
        }
    }
}
