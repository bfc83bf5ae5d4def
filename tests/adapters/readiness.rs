//! A layer keeps to tower's contract: only a service that was made ready is called.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::body::Body;
use hedgerow::prelude::*;
use http::{Request, Response};
use tower::{Layer as _, Service, ServiceExt as _};

use crate::nodes::{self, Log};
use crate::stands::Ground;

/// Is to be asked whether it is ready before every call; a clone is not ready because the other one was.
#[derive(Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Body>> for Strict {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.is_ready),
            "called without having been asked"
        );
        ready(Ok(Response::new(Body::empty())))
    }
}

#[test]
fn the_service_that_is_called_is_the_one_that_was_made_ready_whether_nodes_wait_or_not() {
    let (ground, chain) = Ground::new(nodes::chain(&Log::default()));
    let mut service = chain.layer().layer(Strict::default());
    ground.runtime.block_on(async {
        for wish in ["pass", "wait", "wait", "pass"] {
            let request = Request::get(format!("/{wish}")).body(Body::empty()).unwrap();
            let answer = service.ready().await.unwrap().call(request).await.unwrap();
            assert_eq!(answer.status(), 200, "{wish}");
        }
    });
}
