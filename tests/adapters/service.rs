//! What stands behind the chain: it does what the last segment of the path says.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use hedgerow_tests::patience::until;
use http::{HeaderMap, Request};

use crate::nodes::wish;

/// How often it was called.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<AtomicUsize>);

impl Calls {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn reached(&self, calls: usize) {
        until("a call", || self.so_far(), |seen| *seen >= calls);
    }
}

/// What it says of the fields that it sees.
pub(crate) fn heard(headers: &HeaderMap) -> String {
    let field = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap());
    format!("told={} secret={}", field("x-told"), field("x-secret"))
}

/// The pieces of a body that is streamed.
pub(crate) fn pieces(wish: &str) -> Option<impl Stream<Item = io::Result<Bytes>> + Send + 'static + use<>> {
    let (whole, broken) = match wish {
        "stream" | "sized" => (true, false),
        "broken" => (true, true),
        "endless" => (false, false),
        _ => return None,
    };
    let piece = || Ok(Bytes::from_static(b"piece"));
    let last = match (whole, broken) {
        (true, true) => stream::iter([Err(io::Error::other("told to break"))]).boxed(),
        (true, false) => stream::iter([piece()]).boxed(),
        (false, _) => stream::pending().boxed(),
    };
    Some(stream::iter([piece(), piece()]).chain(last))
}

/// By HTTP.
pub(crate) async fn by_http(calls: Calls, request: Request<Body>) -> Result<Response, Infallible> {
    calls.count();
    let wish = wish(request.uri().path()).to_owned();
    let body = match pieces(&wish) {
        Some(pieces) => Body::from_stream(pieces),
        None if wish == "never" || wish == "late" => std::future::pending().await,
        None if wish == "empty" => Body::empty(),
        None => Body::from(heard(request.headers())),
    };
    let mut answer = Response::builder().header("x-private", "1");
    if wish == "sized" {
        answer = answer.header("content-length", "15");
    }
    Ok(answer.body(body).unwrap())
}
