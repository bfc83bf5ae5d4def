//! A small mesh with its admin listener on a real socket, and a client that is no browser.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its own part"
)]

pub mod client;
pub mod views;

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;

use actix::{Actor, Handler, Message};
use actix_web::dev::ServerHandle;
use hedgerow_dashboard::{Admin, serve};
use hedgerow_supervisor::{
    Arbiters, CellContext, ChildSpec, Directory, Ground, Handle, Inspect, Supervisor, Tree,
};
use hedgerow_view::{Path, View};

/// A name that would do harm where it is not escaped.
pub const HOSTILE: &str = "<img src=x onerror=document.title='harmed'>/é %41";

/// An actor that panics when it is told to.
pub struct Clerk;

impl Actor for Clerk {
    type Context = CellContext<Self>;
}

/// Makes a clerk panic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Panic;

impl Handler<Panic> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Panic, _: &mut CellContext<Self>) {
        panic!("<b>told to</b>");
    }
}

struct Shown<F>(F);

impl<F: Fn(&Path) -> View + Send + Sync> Inspect for Shown<F> {
    fn view(&self, path: &Path) -> View {
        (self.0)(path)
    }
}

fn clerk(name: &str, kind: &'static str) -> (ChildSpec, Handle<Clerk>) {
    let (spec, handle) = ChildSpec::actor(name, || Clerk);
    (spec.kind(kind), handle)
}

fn shown(name: &str, kind: &'static str, view: impl Fn(&Path) -> View + Send + Sync + 'static) -> ChildSpec {
    clerk(name, kind).0.inspect(Arc::new(Shown(view)))
}

/// The mesh of the tests: a supervisor in a supervisor, one of every view, a hostile name.
pub struct Mesh {
    pub addr: SocketAddr,
    pub directory: Directory,
    /// The actor with the hostile name.
    pub clerk: Handle<Clerk>,
    tree: Tree,
    arbiters: Arbiters,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

fn spec(store: hedgerow_view::StoreView) -> (Supervisor, Handle<Clerk>) {
    let (hostile, handle) = clerk(HOSTILE, "actor");
    let endpoint = |addr: &'static str| {
        Supervisor::one_for_one(addr).child(shown("breaker", "breaker", move |path| {
            views::breaker(path, addr)
        }))
    };
    let payments = Supervisor::one_for_one("payments")
        .child(endpoint(views::CLOSED))
        .child(endpoint(views::OPEN))
        .child(endpoint(views::HALF_OPEN));
    let spec = Supervisor::rest_for_one("shop")
        .child(shown("store", "store", move |_| View::Store(store.clone())))
        .child(Supervisor::one_for_one("upstreams").child(payments))
        .child(shown("upstream", "upstream", views::upstream))
        .child(shown("edge", "chain", views::chain))
        .child(hostile);
    (spec, handle)
}

impl Mesh {
    /// A mesh whose admin listener is as it comes.
    pub fn start() -> Self {
        Self::start_with("127.0.0.1:0", views::durable_store(), |admin| admin)
    }

    /// A mesh with this store, whose admin listener is bound and set up so.
    pub fn start_with(
        bind: &str,
        store: hedgerow_view::StoreView,
        set_up: impl FnOnce(Admin) -> Admin,
    ) -> Self {
        let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
        let (spec, clerk) = spec(store);
        let tree = block_on(Tree::start(spec, &Ground::new(arbiters.clone()))).unwrap();
        let directory = tree.directory().clone();
        let listener = TcpListener::bind(bind).unwrap();
        let addr = listener.local_addr().unwrap();
        let admin = set_up(Admin::new(directory.clone(), Arc::new(|| "metric 1\n".into())));
        let (started, wait) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            block_on(async {
                let server = serve(listener, admin).unwrap();
                started.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            addr,
            directory,
            clerk,
            tree,
            arbiters,
            server: wait.recv().unwrap(),
            thread: Some(thread),
        }
    }

    /// Makes the clerk fall, and waits until it is up again.
    pub fn fall(&self) {
        block_on(async {
            assert!(self.clerk.ask(Panic).await.is_err());
            while self.directory.tree().children[4].restarts == 0 || !self.directory.not_ready().is_empty() {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Waits for the server to end.
    pub fn wait(mut self) {
        let thread = self.thread.take().unwrap();
        thread.join().unwrap();
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        block_on(async {
            self.server.stop(false).await;
            self.tree.stop().await;
            self.arbiters.shutdown().await;
        });
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
