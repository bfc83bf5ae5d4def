//! A service on axum that guards its calls to a dependency.
//!
//!     cargo run --example guarded_service            then    curl localhost:3000/price/tea
//!
//! The service owns its runtime (`#[tokio::main]`); the mesh lives on threads of its own. Prices come from a dependency
//! with two endpoints, one of which fails: after a failure or two the balancer leaves it alone, and nobody waits for it (with
//! `.balance(Balance::RoundRobin)` it goes on being called until its breaker opens).
//! The dashboard on <http://127.0.0.1:9901> shows it.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use hedgerow::prelude::*;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (well, sick) = (
        dependency(StatusCode::OK).await?,
        dependency(StatusCode::INTERNAL_SERVER_ERROR).await?,
    );

    let tree = Supervisor::one_for_one("shop").child(
        Upstream::new("prices")
            .endpoints([well, sick])
            .timeout(Duration::from_secs(2)),
    );
    let mesh = Mesh::new(tree).dashboard("127.0.0.1:9901").start().await?;

    let app = Router::new()
        .route("/price/{article}", get(price))
        .with_state(mesh.upstream("prices")?);
    let listener = TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!(
        "try http://{}/price/tea ; see http://127.0.0.1:9901",
        listener.local_addr()?
    );
    axum::serve(listener, app)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(mesh.shutdown().await?)
}

/// The service's own handler: one guarded call, and an answer for each way that it can end.
async fn price(State(prices): State<UpstreamHandle>, Path(article): Path<String>) -> Response {
    let path = format!("/{article}");
    match prices.call(|endpoint| fetch(endpoint.addr(), &path)).await {
        Ok(price) => price.into_response(),
        Err(CallError::Refused(refusal)) => {
            let seconds = refusal.retry_after.map_or(1, |after| after.as_secs() + 1);
            let retry = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, retry, refusal.to_string()).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Asks one endpoint. Any client of any protocol could stand here.
async fn fetch(endpoint: EndpointAddr, path: &str) -> Result<Bytes, BoxError> {
    let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = hyper::Request::get(path)
        .header("host", endpoint.as_str())
        .body(Empty::<Bytes>::new())?;
    let exchange = async {
        let reply = sender.send_request(request).await?;
        if reply.status().is_server_error() {
            return Err(format!("{endpoint} answered {}", reply.status()).into());
        }
        Ok::<_, BoxError>(reply.into_body().collect().await?.to_bytes())
    };
    // The connection moves only while it is polled: drive it beside the exchange.
    tokio::select! {
        answer = exchange => answer,
        ended = connection => Err(ended.err().map_or_else(|| "closed without an answer".into(), Into::into)),
    }
}

/// A dependency that always answers with this status.
async fn dependency(status: StatusCode) -> Result<String, BoxError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let addr = listener.local_addr()?.to_string();
    let app = Router::new().route("/{article}", get(move || async move { (status, "12.50\n") }));
    #[expect(clippy::disallowed_methods, reason = "stands for another process")]
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(addr)
}
