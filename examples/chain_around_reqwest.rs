//! A chain around a client: reqwest's. Any client that is a tower service takes the same layer as it is, such as that of
//! hyper-util and the channel of tonic.
//!
//!     cargo run --example chain_around_reqwest
//!
//! A node signs what goes out, another one lets nobody call what is internal.
#![allow(clippy::print_stdout, reason = "a program that tells its story")]

use axum::Router;
use hedgerow::prelude::*;
use tower::{Layer as _, ServiceExt as _, service_fn};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let signed = NodeSpec::new("signed", "signed", || {
        node_fn(|head, cx| {
            let (name, value) = (
                HeaderName::from_static("x-signed"),
                HeaderValue::from_static("by the shop"),
            );
            match head.set_header(name, value) {
                Ok(()) => Flow::Next,
                Err(fixed) => cx.refuse(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "signed",
                    "a header",
                    fixed.to_string(),
                ),
            }
        })
    });
    let outside = NodeSpec::new("outside", "outside", || {
        node_fn(|head, cx| match head.path() {
            "/internal" => cx.refuse(StatusCode::FORBIDDEN, "outside", "what is public", "/internal"),
            _ => Flow::Next,
        })
    });
    let out = Chain::new("out").own(outside).own(signed);
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(out))
        .start()
        .await?;

    let client = reqwest::Client::new();
    let send = service_fn(move |request: http::Request<&'static str>| {
        let client = client.clone();
        async move {
            Ok::<_, BoxError>(http::Response::<reqwest::Body>::from(
                client.execute(request.try_into()?).await?,
            ))
        }
    });
    let client = mesh.chain("out")?.layer().layer(send);

    let shop = other_service().await?;
    for path in ["/price", "/internal"] {
        let request = http::Request::get(format!("http://{shop}{path}")).body("")?;
        let answer = client.clone().oneshot(request).await?;
        println!(
            "{path}: {} {:?}",
            answer.status(),
            answer.headers().get("x-hedgerow-refused")
        );
    }
    Ok(mesh.shutdown().await?)
}

/// Stands for another service: it serves who is signed.
async fn other_service() -> Result<std::net::SocketAddr, BoxError> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let addr = listener.local_addr()?;
    let app = Router::new().fallback(|headers: http::HeaderMap| async move {
        match headers.get("x-signed") {
            Some(_) => StatusCode::OK,
            None => StatusCode::UNAUTHORIZED,
        }
    });
    #[expect(clippy::disallowed_methods, reason = "stands for another process")]
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(addr)
}
