#![allow(clippy::unwrap_used)]

use actix::{Handler, Message};
use hedgerow_actors::chain;
use hedgerow_actors::revision::Revisions;
use hedgerow_supervisor::{Arbiters, CellContext, Ground, Supervisor, Tree};
use hedgerow_view::tree::ActorState;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

struct Crash;

impl Message for Crash {
    type Result = ();
}

impl Handler<Crash> for ListenerActor {
    type Result = ();

    fn handle(&mut self, _: Crash, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

/// Asks for what no chain without nodes can answer otherwise than with 404.
async fn ask(client: &mut TcpStream) {
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n")
        .await
        .unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b".\n") {
        assert!(client.read_buf(&mut read).await.unwrap() > 0, "closed");
    }
    assert!(read.starts_with(b"HTTP/1.1 404 "));
}

#[tokio::test]
async fn when_its_actor_crashes_the_server_goes_on_with_its_connections() {
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
    let ground = Ground::new(arbiters.clone());
    let (edge, chain) = chain::spec("edge", &Revisions::beginning_at(1), Vec::new());
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    let options = Options {
        workers: NonZeroUsize::MIN,
        ..Options::default()
    };
    let (public, handle) = declare("public", socket, chain, options, &ground.events);
    let root = Supervisor::one_for_one("gateway").child(edge).child(public);
    let tree = Tree::start(root, &ground).await.unwrap();
    let mut before = TcpStream::connect(addr).await.unwrap();
    ask(&mut before).await;

    handle.ask(Crash).await.unwrap_err();
    loop {
        let listener = tree.directory().tree().children.remove(1);
        if listener.restarts == 1 && listener.state == ActorState::Running {
            break;
        }
        tokio::task::yield_now().await;
    }
    ask(&mut before).await;
    ask(&mut TcpStream::connect(addr).await.unwrap()).await;
    let events = ground.events.since(0);
    let count = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("listenerServing"), count("listenerDrained")), (1, 0));

    drop(before);
    tree.stop().await;
    let events = ground.events.since(0);
    assert_eq!(
        events
            .iter()
            .filter(|event| event.kind == "listenerDrained")
            .count(),
        1
    );
    arbiters.shutdown().await;
}
