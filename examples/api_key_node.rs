//! A node of one's own in front of an actix-web app, between two that come with a chain.
//!
//!     cargo run --example api_key_node           then    curl -i localhost:3000/
//!                                                        curl -i -H 'x-api-key: tea' localhost:3000/
//!
//! The first node gives each request an id, the second one asks for a key that it knows, the third one admits two
//! requests at once and one more in a second, for each key. The dashboard on <http://127.0.0.1:9901> shows what each of
//! them has refused.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

use actix_web::{App, HttpServer, web};
use hedgerow::prelude::*;

const HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// Refuses requests without a key that it knows, and tells the nodes behind it whose the key is.
struct ApiKeys(&'static [(&'static str, &'static str)]);

impl Node for ApiKeys {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, _: &mut (), cx: &mut Cx) -> Flow {
        let key = head.header(&HEADER);
        match self.0.iter().find(|(known, _)| key == Some(known.as_bytes())) {
            Some((_, owner)) => {
                cx.attributes().set("tenant", *owner);
                Flow::Next
            }
            None => cx.refuse(
                StatusCode::UNAUTHORIZED,
                "apiKey",
                "a key that is known",
                key.map_or("none", |_| "another"),
            ),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let edge = Chain::new("edge")
        .node("id", RequestId::new())
        .own(NodeSpec::new("keys", "apiKeys", || {
            ApiKeys(&[("tea", "acme"), ("milk", "initech")])
        }))
        .node(
            "quota",
            RateLimit::per_second(1)
                .burst(2)
                .key(LimitKey::header("x-api-key")),
        );
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(edge))
        .dashboard("127.0.0.1:9901")
        .start()
        .await?;

    let chain = mesh.chain("edge")?;
    let server = HttpServer::new(move || {
        App::new().wrap(chain.middleware()).route("/", web::get().to(|| async { "tea is 3.20\n" }))
    })
    .h1_allow_half_closed(false) // a client that has gone is then seen to have gone
    .bind("127.0.0.1:3000")?;
    println!("http://127.0.0.1:3000/, shown on http://127.0.0.1:9901");
    server.run().await?; // until Ctrl-C
    Ok(mesh.shutdown().await?)
}
