//! Where the chain can stand. Each stand is a server on a port of its own, and whoever asks it.

mod actix;
mod axum;
mod client;
mod grpc;
mod plain;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use hedgerow::view::DenialView;
use hedgerow_tests::{Answer, Connection};
use http::HeaderMap;
use tokio::runtime::Runtime;

use crate::nodes::{self, Log};
use crate::service::Calls;

pub(crate) use self::actix::serve as serve_actix;
pub(crate) use self::axum::serve as serve_axum;
pub(crate) use self::client::{Client, front};

/// What answers are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Http,
    Grpc,
    /// Values and errors; they are told over HTTP by the server that makes the call.
    Plain,
}

/// What an asker was told.
#[derive(Debug)]
pub(crate) struct Told {
    /// The HTTP status, or gRPC's code.
    pub(crate) code: u16,
    pub(crate) refused: Option<String>,
    fields: HeaderMap,
    /// The body, or gRPC's message.
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn new(code: u16, fields: HeaderMap, body: String) -> Self {
        let refused = fields.get("x-hedgerow-refused");
        Self {
            code,
            refused: refused.map(|refused| refused.to_str().unwrap().to_owned()),
            fields,
            body,
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.to_str().unwrap())
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        let fields = answer.head.fields.iter().map(|(name, value)| {
            let (name, value): (HeaderName, HeaderValue) = (name.parse().unwrap(), value.parse().unwrap());
            (name, value)
        });
        Self::new(answer.status, fields.collect(), answer.text().to_owned())
    }
}

/// One place of the chain.
pub(crate) struct Stand {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    pub(crate) log: Log,
    pub(crate) calls: Calls,
    asker: Asker,
    ground: Arc<Ground>,
}

enum Asker {
    /// Over HTTP/1.1, at this address.
    Http(SocketAddr),
    Grpc(grpc::Caller),
}

/// What a stand stands on.
pub(crate) struct Ground {
    pub(crate) runtime: Runtime,
    mesh: Mesh,
}

impl Ground {
    /// A mesh with this chain, and a runtime for what is around or in it.
    pub(crate) fn new(chain: Chain) -> (Arc<Self>, ChainHandle) {
        Self::with(None, chain)
    }

    /// As [`new`](Self::new), with an upstream before it.
    pub(crate) fn with(upstream: Option<Upstream>, chain: Chain) -> (Arc<Self>, ChainHandle) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut tree = Supervisor::one_for_one("shop");
        if let Some(upstream) = upstream {
            tree = tree.child(upstream);
        }
        let tree = tree.child(chain);
        let mesh = runtime.block_on(Mesh::new(tree).start()).unwrap();
        let chain = mesh.chain("edge").unwrap();
        (Arc::new(Self { runtime, mesh }), chain)
    }

    pub(crate) fn listener(&self) -> (tokio::net::TcpListener, SocketAddr) {
        let (listener, addr) = free();
        listener.set_nonblocking(true).unwrap();
        let _entered = self.runtime.enter();
        (tokio::net::TcpListener::from_std(listener).unwrap(), addr)
    }

    pub(crate) fn spawn<F: Future<Output: Send> + Send + 'static>(&self, server: F) {
        self.runtime.spawn(server);
    }
}

impl Ground {
    /// Ends the mesh; the runtime goes on.
    pub(crate) fn end(&self) {
        self.runtime.block_on(self.mesh.shutdown()).unwrap();
    }
}

pub(crate) fn free() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Runs a test under every adapter.
pub(crate) fn each(test: impl Fn(&Stand)) {
    for (name, dialect) in [
        ("axum", Dialect::Http),
        ("actix-web", Dialect::Http),
        ("hyper client", Dialect::Http),
        ("reqwest", Dialect::Http),
        ("tonic server", Dialect::Grpc),
        ("tonic client", Dialect::Grpc),
        ("plain call", Dialect::Plain),
    ] {
        test(&stand(name, dialect));
    }
}

/// As [`each`], where answers have bodies that come in pieces.
pub(crate) fn each_that_streams(test: impl Fn(&Stand)) {
    each(|stand| {
        if stand.dialect != Dialect::Plain {
            test(stand);
        }
    });
}

fn stand(name: &'static str, dialect: Dialect) -> Stand {
    let (log, calls) = (Log::default(), Calls::default());
    let (ground, chain) = Ground::new(nodes::chain(&log));
    let asker = match name {
        "axum" => Asker::Http(axum::around(&ground, &chain, &calls)),
        "actix-web" => Asker::Http(actix::around(&chain, &calls)),
        "hyper client" => Asker::Http(client::around(&ground, &chain, &calls, Client::Hyper)),
        "reqwest" => Asker::Http(client::around(&ground, &chain, &calls, Client::Reqwest)),
        "tonic server" => Asker::Grpc(grpc::around_server(&ground, &chain, &calls)),
        "tonic client" => Asker::Grpc(grpc::around_client(&ground, &chain, &calls)),
        _ => Asker::Http(plain::around(&ground, &chain, &calls)),
    };
    Stand {
        name,
        dialect,
        log,
        calls,
        asker,
        ground,
    }
}

const FIELDS: [(&str, &str); 2] = [("x-request-id", "asked-1"), ("x-secret", "1")];

impl Stand {
    /// The request that was denied last, if one was.
    pub(crate) fn denied(&self) -> Vec<DenialView> {
        let newest = self.ground.mesh.directory().denials().newest(1);
        newest.iter().map(|denial| DenialView::clone(denial)).collect()
    }

    /// Asks, and reads the whole answer.
    pub(crate) fn ask(&self, wish: &str) -> Told {
        self.ask_with("GET", wish, &FIELDS)
    }

    /// As [`ask`](Self::ask), with other fields; gRPC has one method only.
    pub(crate) fn ask_with(&self, method: &str, wish: &str, fields: &[(&str, &str)]) -> Told {
        match &self.asker {
            Asker::Http(addr) => {
                let path = format!("/cases/{wish}");
                let mut connection = Connection::open(*addr).unwrap();
                connection.send(method, &path, fields, b"").unwrap();
                if method == "HEAD" {
                    let head = connection.head().unwrap();
                    let (status, body) = (head.first.split(' ').nth(1).unwrap(), Vec::new());
                    let status = status.parse().unwrap();
                    return Answer { status, head, body }.into();
                }
                connection.answer().unwrap().into()
            }
            Asker::Grpc(caller) => self.ground.runtime.block_on(caller.ask(wish, fields)),
        }
    }

    /// Asks over HTTP with a body, whose length is told.
    pub(crate) fn post(&self, wish: &str, body: &[u8]) -> Told {
        let Asker::Http(addr) = &self.asker else {
            panic!("{} does not speak HTTP", self.name);
        };
        let mut connection = Connection::open(*addr).unwrap();
        let path = format!("/cases/{wish}");
        connection.ask("POST", &path, &FIELDS, body).unwrap().into()
    }

    /// Asks, reads an answer whose body is streamed, and says whether it was whole.
    pub(crate) fn reads_whole(&self, wish: &str) -> bool {
        match &self.asker {
            Asker::Http(addr) => {
                let mut connection = Connection::open(*addr).unwrap();
                let path = format!("/cases/{wish}");
                let answer = connection.ask("GET", &path, &FIELDS, b"");
                // Of a body that breaks at once, a client may say that there was no answer.
                answer.is_ok_and(|answer| answer.status == 200)
            }
            Asker::Grpc(caller) => self.ground.runtime.block_on(caller.reads_whole(wish)),
        }
    }

    /// Asks, and goes away: once `reached` is true, or behind the first piece of the answer's body.
    pub(crate) fn ask_and_leave(&self, wish: &str, when: Leave<'_>) {
        match &self.asker {
            Asker::Http(addr) => {
                let mut connection = Connection::open(*addr).unwrap();
                let path = format!("/cases/{wish}");
                connection.send("GET", &path, &FIELDS, b"").unwrap();
                match when {
                    Leave::Once(reached) => reached(),
                    Leave::BehindFirstPiece => {
                        let head = connection.head().unwrap();
                        let mut piece = [0; 5];
                        std::io::Read::read_exact(&mut connection.body(&head), &mut piece).unwrap();
                    }
                }
            }
            Asker::Grpc(caller) => caller.ask_and_leave(&self.ground.runtime, wish, when),
        }
    }
}

/// When an asker goes away.
pub(crate) enum Leave<'a> {
    /// When this returns.
    Once(&'a dyn Fn()),
    BehindFirstPiece,
}
