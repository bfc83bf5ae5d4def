//! Around an app of axum.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use http::Request;
use tower::service_fn;

use super::Ground;
use crate::service::{self, Calls};

pub(super) fn around(ground: &Ground, chain: &ChainHandle, calls: &Calls) -> SocketAddr {
    serve(ground, app(calls).layer(chain.layer()))
}

/// The service alone.
pub(super) fn app(calls: &Calls) -> Router {
    let calls = calls.clone();
    Router::new().fallback_service(service_fn(move |request: Request<Body>| {
        service::by_http(calls.clone(), request)
    }))
}

pub(crate) fn serve(ground: &Ground, app: Router) -> SocketAddr {
    let (listener, addr) = ground.listener();
    ground.spawn(async move { axum::serve(listener, app).await });
    addr
}
