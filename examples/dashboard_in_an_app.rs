//! The dashboard under a path of an app of actix-web, behind the app's own address.
//!
//!     cargo run --example dashboard_in_an_app         then see    http://127.0.0.1:3000/ops/mesh
//!
//! The app's own routes stay as they are, and the mesh has no listener of its own. An address for the app's listener may be given.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

use actix_web::{App, HttpServer, web};
use hedgerow::prelude::*;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bind = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let tree = Supervisor::one_for_one("shop").child(Breaker::new("mail"));
    let mesh = Mesh::new(tree).start().await?;

    let admin = mesh.admin();
    let server = HttpServer::new(move || {
        let admin = admin.clone();
        App::new()
            .route("/", web::get().to(|| async { "hello\n" }))
            .service(web::scope("/ops/mesh").configure(move |config| admin.configure(config)))
    })
    .bind(bind)?;
    println!("see http://{}/ops/mesh", server.addrs()[0]);
    server.run().await?;
    Ok(mesh.shutdown().await?)
}
