//! A chain around an app of axum.
//!
//!     cargo run --example chain_in_axum          then    curl -i localhost:3000/    curl -i -H 'x-key: 7' localhost:3000/
//!
//! A node of the service's own asks for a key; one that comes with a chain answers `/health` by itself.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use hedgerow::prelude::*;

/// Refuses requests without a key.
struct Keyed;

impl Node for Keyed {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match head.header(&HeaderName::from_static("x-key")) {
            Some(_) => Flow::Next,
            None => cx.refuse(StatusCode::UNAUTHORIZED, "key", "a key", "none"),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let edge = Chain::new("edge")
        .node("health", StaticReply::new(200).path("/health").body("well\n"))
        .own(NodeSpec::new("keyed", "keyed", || Keyed));
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(edge))
        .start()
        .await?;

    let peer = |extensions: &http::Extensions| {
        let info = extensions.get::<ConnectInfo<SocketAddr>>();
        info.map(|peer| peer.0)
    };
    let app = Router::new()
        .route("/", get(|| async { "hello\n" }))
        .layer(mesh.chain("edge")?.layer().peer_from(peer));

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!("try curl -i http://{}/", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(mesh.shutdown().await?)
}
