//! The body of an answer that has passed a chain.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use hedgerow_actors::chain::Ending;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::tail::{Speaks, Tail};
use super::{grpc, own::Own};

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

/// What is known of an answer's head when its body begins.
pub(super) struct Begun<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    /// Whether the request was by a method whose answers have no body.
    pub(super) is_headless: bool,
    pub(super) speaks: Speaks,
}

impl<B: Body> ChainBody<B> {
    /// The service's.
    pub(super) fn of_service(body: B, begun: &Begun<'_>, ending: Ending) -> Self {
        let Begun {
            status,
            headers,
            is_headless,
            speaks,
        } = *begun;
        let follows = !is_headless
            && status != StatusCode::NO_CONTENT
            && status != StatusCode::NOT_MODIFIED
            && !body.is_end_stream();
        let tail = match (follows, speaks) {
            (true, Speaks::Http) => {
                let length = told_length(headers).or_else(|| body.size_hint().exact());
                Tail::new(ending, length, speaks)
            }
            (true, Speaks::Grpc) => Tail::new(ending, None, speaks),
            (false, Speaks::Http) => {
                ending.complete();
                Tail::default()
            }
            (false, Speaks::Grpc) => {
                grpc::end_by(headers, ending);
                Tail::default()
            }
        };
        Self {
            source: Source::Service { body },
            tail,
        }
    }
}

impl<B> ChainBody<B> {
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
