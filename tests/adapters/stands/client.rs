//! Around clients. A bare server in front asks a bare server behind by the client, and hands on what it was told.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use http::{Request, StatusCode, Uri};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

use super::{Ground, axum as bare, serve_axum};
use crate::service::Calls;

/// Whose.
#[derive(Clone, Copy)]
pub(crate) enum Client {
    Hyper,
    Reqwest,
}

pub(super) fn around(ground: &Ground, chain: &ChainHandle, calls: &Calls, client: Client) -> SocketAddr {
    let behind = serve_axum(ground, bare::app(calls));
    front(ground, chain, behind, client)
}

/// A server that asks `behind` by a client with the chain around it. A failure of the client's own is a 502.
pub(crate) fn front(ground: &Ground, chain: &ChainHandle, behind: SocketAddr, client: Client) -> SocketAddr {
    let app = match client {
        Client::Hyper => {
            let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Body>();
            asking(behind, ServiceBuilder::new().layer(chain.layer()).service(client))
        }
        Client::Reqwest => {
            let client = reqwest::Client::new();
            let asked = move |request: Request<Body>| {
                let client = client.clone();
                async move {
                    let request = request.map(|_| reqwest::Body::default());
                    Ok(client.execute(request.try_into()?).await?.into())
                }
            };
            let client =
                service_fn::<_>(asked).map_result(|asked: reqwest::Result<Response<reqwest::Body>>| asked);
            asking(behind, ServiceBuilder::new().layer(chain.layer()).service(client))
        }
    };
    serve_axum(ground, app)
}

fn asking<S, B>(behind: SocketAddr, client: S) -> Router
where
    S: Service<Request<Body>, Response = http::Response<B>, Error: Send, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    Router::new().fallback(move |mut request: Request<Body>| {
        let client = client.clone();
        async move {
            let path = request.uri().path();
            *request.uri_mut() = Uri::try_from(format!("http://{behind}{path}")).unwrap();
            match client.oneshot(request).await {
                Ok(answer) => answer.map(Body::new),
                Err(_) => StatusCode::BAD_GATEWAY.into_response(),
            }
        }
    })
}
