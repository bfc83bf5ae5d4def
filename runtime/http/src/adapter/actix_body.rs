//! The body of an answer of actix-web that has passed a chain.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use hedgerow_actors::chain::Ending;
use pin_project_lite::pin_project;

use super::tail::{Speaks, Tail};

pin_project! {
    /// The body of an answer that has passed a chain: the app's own, or the chain's. The request ends with it; dropped before
    /// its end, it tells the nodes that the client has gone.
    #[derive(Debug)]
    pub struct ActixBody<B> {
        #[pin]
        source: Source<B>,
        tail: Tail,
    }
}

pin_project! {
    #[project = SourceProjection]
    #[derive(Debug)]
    enum Source<B> {
        App { #[pin] body: B },
        Chain { bytes: Bytes },
    }
}

impl<B: MessageBody> ActixBody<B> {
    /// The app's. Nothing of it follows an answer to `HEAD`.
    pub(super) fn of_app(body: B, is_headless: bool, ending: Ending) -> Self {
        let size = body.size();
        let length = match size {
            BodySize::Sized(length) => Some(length),
            BodySize::None | BodySize::Stream => None,
        };
        let tail = if is_headless || size.is_eof() {
            ending.complete();
            Tail::default()
        } else {
            Tail::new(ending, length, Speaks::Http)
        };
        Self {
            source: Source::App { body },
            tail,
        }
    }
}

impl<B> ActixBody<B> {
    /// The chain's own: it is here as a whole.
    pub(super) fn of_chain(bytes: Bytes) -> Self {
        Self {
            source: Source::Chain { bytes },
            tail: Tail::default(),
        }
    }
}

impl<B: MessageBody> MessageBody for ActixBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        match &self.source {
            Source::App { body } => body.size(),
            Source::Chain { bytes } => BodySize::Sized(bytes.len() as u64),
        }
    }

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let body = match this.source.project() {
            SourceProjection::App { body } => body,
            SourceProjection::Chain { bytes } if bytes.is_empty() => return Poll::Ready(None),
            SourceProjection::Chain { bytes } => return Poll::Ready(Some(Ok(std::mem::take(bytes)))),
        };
        Poll::Ready(match ready!(body.poll_next(task)) {
            Some(Ok(bytes)) => {
                this.tail.sent(bytes.len());
                Some(Ok(bytes))
            }
            Some(Err(error)) => {
                this.tail.break_off();
                Some(Err(error.into()))
            }
            None => {
                this.tail.finish();
                None
            }
        })
    }
}
