//! When a streamed answer has ended, and how.

use hedgerow_actors::chain::Ending;
use http::{HeaderMap, Response, StatusCode};
use http_body::Body;

use super::body::told_length;
use super::grpc;

/// What is left of an answer whose body is on its way. Dropped before its end, its client has gone.
#[derive(Debug, Default)]
pub(super) struct Tail {
    ending: Option<Ending>,
    /// What is to come still, where it is known.
    left: Option<u64>,
    speaks: Speaks,
}

/// What says how an answer ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Speaks {
    /// Its body did.
    #[default]
    Http,
    /// Its trailers say it.
    Grpc,
}

impl Tail {
    /// Of this answer. `is_headless` says that the request was by a method whose answers have no body.
    pub(super) fn of<B: Body>(
        answer: &Response<B>,
        is_headless: bool,
        speaks: Speaks,
        ending: Ending,
    ) -> Self {
        let (status, body) = (answer.status(), answer.body());
        let follows = !is_headless
            && status != StatusCode::NO_CONTENT
            && status != StatusCode::NOT_MODIFIED
            && !body.is_end_stream();
        match (follows, speaks) {
            (true, Speaks::Http) => {
                // Of a stream the head alone can tell it.
                let known = body.size_hint().exact();
                Self::new(ending, known.or_else(|| told_length(answer.headers())), speaks)
            }
            (true, Speaks::Grpc) => Self::new(ending, None, speaks),
            (false, Speaks::Http) => {
                ending.complete();
                Self::default()
            }
            (false, Speaks::Grpc) => {
                grpc::end_by(answer.headers(), ending);
                Self::default()
            }
        }
    }

    /// Of a body of this length, where it is known.
    pub(super) fn new(ending: Ending, length: Option<u64>, speaks: Speaks) -> Self {
        Self {
            ending: Some(ending),
            left: length,
            speaks,
        }
    }

    /// So many bytes were handed over. A server asks for no more than the length that it was told.
    pub(super) fn sent(&mut self, bytes: usize) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(bytes as u64);
            if *left == 0 {
                self.finish();
            }
        }
    }

    /// The trailers were handed over: nothing is behind them.
    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        match self.speaks {
            Speaks::Http => self.finish(),
            Speaks::Grpc => {
                if let Some(ending) = self.ending.take() {
                    grpc::end_by(trailers, ending);
                }
            }
        }
    }

    /// The body has come to its end. A call by gRPC has not, without its status.
    pub(super) fn finish(&mut self) {
        match self.speaks {
            Speaks::Http => {
                if let Some(ending) = self.ending.take() {
                    ending.complete();
                }
            }
            Speaks::Grpc => self.break_off(),
        }
    }

    /// The body did not come to its end.
    pub(super) fn break_off(&mut self) {
        if let Some(ending) = self.ending.take() {
            ending.break_off();
        }
    }
}
