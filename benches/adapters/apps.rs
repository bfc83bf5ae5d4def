//! The apps, bare and with a chain around them.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use actix_web::{App, HttpServer, Route, rt, web};
use axum::Router;
use axum::routing::get;
use hedgerow::actors::chain::{ChainHandle, NodeSpec};
use hedgerow::prelude::*;
use hedgerow_benches::nodes::{Looking, Stateful};
use tokio::runtime::{Builder, Runtime};

/// What a chain is made of.
#[derive(Clone, Copy)]
pub(crate) enum Node {
    /// Nodes with every hook and a state.
    Stateful,
    /// Nodes that look at requests on their way in.
    Looking,
}

/// The mesh that the chains live in.
pub(crate) struct Stage {
    runtime: Runtime,
    mesh: Mesh,
}

impl Stage {
    /// Chains of so many nodes.
    pub(crate) fn set(depth: usize) -> Self {
        let runtime = Builder::new_current_thread()
            .build()
            .expect("a runtime needs nothing but memory");
        let name = |index: usize| format!("n{index}");
        let stateful = (0..depth).map(|index| NodeSpec::new(name(index), "bench", || Stateful));
        let looking = (0..depth).map(|index| NodeSpec::new(name(index), "bench", || Looking));
        let tree = Supervisor::one_for_one("shop")
            .child(stateful.fold(Chain::new("stateful"), Chain::own))
            .child(looking.fold(Chain::new("looking"), Chain::own))
            .child(Chain::new("empty"));
        let mesh = runtime
            .block_on(Mesh::new(tree).start())
            .expect("the tree is right");
        Self { runtime, mesh }
    }

    /// A chain of no node.
    pub(crate) fn chain_of_none(&self) -> ChainHandle {
        self.mesh.chain("empty").expect("it was declared")
    }

    pub(crate) fn chain(&self, node: Node) -> ChainHandle {
        let name = match node {
            Node::Stateful => "stateful",
            Node::Looking => "looking",
        };
        self.mesh.chain(name).expect("it was declared")
    }

    /// An app of axum on a thread of its own, which goes on until the bench ends.
    pub(crate) fn axum(&self, node: Option<Node>) -> SocketAddr {
        let app = match node {
            Some(node) => axum_app().layer(self.chain(node).layer()),
            None => axum_app(),
        };
        let (listener, addr) = free();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime needs nothing but memory");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
                axum::serve(listener, app).await
            })
        });
        addr
    }

    /// As [`axum`](Self::axum), of actix-web.
    pub(crate) fn actix(&self, node: Option<Node>) -> SocketAddr {
        let (listener, addr) = free();
        let chain = node.map(|node| Arc::new(self.chain(node)));
        thread::spawn(move || {
            rt::System::new().block_on(async move {
                match chain {
                    Some(chain) => {
                        let app = move || App::new().wrap(chain.middleware()).route("/", hello());
                        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                        server.expect("it listens").run().await
                    }
                    None => {
                        let app = move || App::new().route("/", hello());
                        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
                        server.expect("it listens").run().await
                    }
                }
            })
        });
        addr
    }

    pub(crate) fn strike(self) {
        self.runtime
            .block_on(self.mesh.shutdown())
            .expect("nothing has given up");
    }
}

/// The app of axum, bare.
pub(crate) fn axum_app() -> Router {
    Router::new().route("/", get(|| async { "hello, world" }))
}

/// The one route of the app of actix-web.
pub(crate) fn hello() -> Route {
    web::get().to(|| async { "hello, world" })
}

fn free() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket of its own");
    let addr = listener.local_addr().expect("it is bound");
    (listener, addr)
}
