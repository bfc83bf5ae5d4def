//! The page on a made-up mesh, for work on the page: `cargo run -p hedgerow-dashboard --example page -- 127.0.0.1:9900`.
#![allow(clippy::print_stdout, reason = "it is a program: it says where the page is")]

#[path = "../tests/kit/mod.rs"]
mod kit;

fn main() {
    let bind = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9900".into());
    let mesh = kit::Mesh::start_with(&bind, kit::views::durable_store(), |admin| admin);
    mesh.fall();
    println!("http://{}/", mesh.addr);
    mesh.wait();
}
