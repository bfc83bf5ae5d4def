#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::sync::Arc;

use hedgerow_actors::chain;
use hedgerow_supervisor::{Arbiters, Ground};
use hedgerow_view::{Identity, Path};

use super::super::figures::Figures;
use super::*;

#[tokio::test]
async fn who_connects_just_before_the_close_is_served_although_the_reactor_has_not_heard_of_it() {
    let ground = Ground::new(Arbiters::current_thread());
    let id = Identity::new("listener", "public");
    let notice = Notice {
        events: ground.events.clone(),
        path: Path::root("gateway"),
        figures: Arc::new(Figures::of(id.clone())),
        id,
    };
    let options = Options {
        workers: NonZeroUsize::MIN,
        ..Options::default()
    };
    let (_, chain) = chain::spec(
        "edge",
        &hedgerow_actors::revision::Revisions::beginning_at(1),
        Vec::new(),
    );
    let workers = Workers::start("public", &chain, &options, &notice).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    let acceptor = Acceptor::new(socket, &options, notice).unwrap();
    // Nothing runs between here and the close but what is written here.
    let mut client = TcpStream::connect(addr).unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")
        .unwrap();
    acceptor.close(&workers).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    assert_eq!(
        TcpStream::connect(addr).unwrap_err().kind(),
        io::ErrorKind::ConnectionRefused
    );
}
