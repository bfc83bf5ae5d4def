//! The page on a made-up mesh, for work on the page: `cargo run -p hedgerow-dashboard --example page -- 127.0.0.1:9900 TOKEN`.
//! Both arguments may be left out; without a token, orders need none.
#![allow(clippy::print_stdout, reason = "it is a program: it says where the page is")]

#[path = "../tests/kit/mod.rs"]
mod kit;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let bind = arguments.next().unwrap_or_else(|| "127.0.0.1:9900".into());
    let token = arguments.next().unwrap_or_default();
    let mesh = kit::Mesh::start_with(&bind, kit::views::durable_store(), |admin| admin.token(token));
    mesh.fall();
    println!("http://{}/", mesh.addr);
    mesh.wait();
}
