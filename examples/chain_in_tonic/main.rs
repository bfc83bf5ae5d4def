//! A chain around a gRPC server of tonic.
//!
//!     cargo run --example chain_in_tonic
//!
//! A node asks for a key: who has none is told `UNAUTHENTICATED`, by an answer of one head. The same layer goes around a
//! client's channel.
#![allow(clippy::print_stdout, reason = "a program that tells its story")]

mod greeter;

use greeter::{Greeter, greet};
use hedgerow::prelude::*;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let keyed = NodeSpec::new("keyed", "keyed", || {
        node_fn(|head, cx| match head.header(&HeaderName::from_static("x-key")) {
            Some(_) => Flow::Next,
            None => cx.refuse(StatusCode::UNAUTHORIZED, "key", "a key", "none"),
        })
    });
    let edge = Chain::new("edge").own(keyed);
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(edge))
        .start()
        .await?;

    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?;
    let addr = incoming.local_addr()?;
    let server = Server::builder()
        .layer(mesh.chain("edge")?.layer())
        .add_service(Greeter);
    #[expect(clippy::disallowed_methods, reason = "it ends with the program")]
    tokio::spawn(server.serve_with_incoming(incoming));

    let channel = Endpoint::from_shared(format!("http://{addr}"))?.connect().await?;
    for key in [Some("7"), None] {
        match greet(channel.clone(), "hedgerow", key).await {
            Ok(greeting) => println!("{greeting}"),
            Err(status) => println!("{:?}: {}", status.code(), status.message()),
        }
    }
    Ok(mesh.shutdown().await?)
}
