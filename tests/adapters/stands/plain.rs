//! Around a plain call. A bare server makes it, and tells over HTTP what it came to.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use http::{HeaderName, HeaderValue, Request, StatusCode};

use super::{Ground, serve_axum};
use crate::nodes::wish;
use crate::service::{self, Calls};

pub(super) fn around(ground: &Ground, chain: &ChainHandle, calls: &Calls) -> SocketAddr {
    let (chain, calls) = (chain.clone(), calls.clone());
    let app =
        Router::new().fallback(move |request: Request<Body>| answer(chain.clone(), calls.clone(), request));
    serve_axum(ground, app)
}

async fn answer(chain: ChainHandle, calls: Calls, request: Request<Body>) -> Response {
    let head = CallHead::new(request.uri().path().to_owned())
        .header(HeaderName::from_static("x-secret"), HeaderValue::from_static("1"));
    let work = |head: CallHead| async move {
        calls.count();
        match wish(request.uri().path()) {
            "never" | "late" => std::future::pending().await,
            "fail" => Err(402),
            _ => Ok(service::heard(head.headers())),
        }
    };
    let called = chain.call(head, work).await;
    let answer = Response::builder();
    let refused = |status: StatusCode, refusal: &Refusal| {
        let answer = Response::builder().status(status);
        answer
            .header("x-hedgerow-refused", refusal.to_string())
            .body(Body::empty())
    };
    let answer = match called {
        Ok(heard) => answer.body(Body::from(heard)),
        Err(CallError::Failed(status)) => answer.status(status).body(Body::empty()),
        Err(CallError::Replied(reply)) => answer
            .status(reply.status)
            .body(Body::from(reply.body.into_owned())),
        Err(CallError::Deadline { limit }) => refused(
            StatusCode::GATEWAY_TIMEOUT,
            &Refusal::new("edge", "deadline", format!("{limit:?}"), "no answer"),
        ),
        Err(CallError::Refused(refusal)) => refused(StatusCode::SERVICE_UNAVAILABLE, &refusal),
        Err(CallError::Crashed(refusal)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &refusal),
        Err(other) => panic!("{other}"),
    };
    answer.unwrap()
}
