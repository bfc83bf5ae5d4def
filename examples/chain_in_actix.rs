//! A chain around an app of actix-web.
//!
//!     cargo run --example chain_in_actix         then    curl -i localhost:3000/    curl -i -X TRACE localhost:3000/
//!
//! One node refuses a method, the other one marks every reply.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

use actix_web::{App, HttpServer, web};
use hedgerow::prelude::*;

/// Marks every reply.
struct Marked;

impl Node for Marked {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (): &mut (), _: &mut Attributes) {
        head.set_header(
            HeaderName::from_static("x-marked"),
            HeaderValue::from_static("yes"),
        );
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let no_trace = NodeSpec::new("no-trace", "method", || {
        node_fn(|head, cx| match head.method() {
            "TRACE" => cx.refuse(StatusCode::METHOD_NOT_ALLOWED, "method", "any but TRACE", "TRACE"),
            _ => Flow::Next,
        })
    });
    let edge = Chain::new("edge")
        .own(NodeSpec::new("marked", "marked", || Marked))
        .own(no_trace);
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(edge))
        .start()
        .await?;

    let chain = mesh.chain("edge")?;
    let server = HttpServer::new(move || {
        App::new()
            .wrap(chain.middleware())
            .route("/", web::get().to(|| async { "hello\n" }))
    })
    // A client that closes its sending side has gone: its request is cancelled.
    .h1_allow_half_closed(false)
    .bind(("127.0.0.1", 3000))?;
    println!("try curl -i http://{}/", server.addrs()[0]);
    server.run().await?;
    Ok(mesh.shutdown().await?)
}
