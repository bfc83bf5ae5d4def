//! A gateway with real sockets, for the tests of this crate.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::unwrap_used,
    reason = "each test file uses its own part"
)]

mod client;
mod endpoint;

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::time::Duration;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::chain::{self, Cx, Flow, Lead, Node, NodeSpec, RequestHead};
use hedgerow_actors::revision::{self, Revisions, Workshop};
use hedgerow_actors::upstream::{self, UpstreamHandle};
use hedgerow_config::{
    BreakerPolicy, ListenerLimits, Network, OpenFor, RetryCause, RetryPolicy, Route, Upstream,
};
use hedgerow_http::listener::{self, Options};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, Order, Supervisor, Tree};
use hedgerow_view::tree::ActorState;
use hedgerow_view::upstream::EndpointView;
use hedgerow_view::{Event, ListenerView, Path, View};

pub use client::{Answer, Client};
pub use endpoint::{Conn, Endpoint};

/// The whole of a gateway: an upstream, a chain that leads all but `/nowhere` to it, and a listener.
pub struct Gateway {
    pub tree: Tree,
    pub addr: SocketAddr,
    /// `edge`, whose last nodes are `crash` and `route`.
    pub chain: chain::ChainHandle,
    pub events: Events,
    arbiters: Arbiters,
}

/// The numbers of a gateway; the defaults are short enough for tests to wait for.
/// How long an endpoint's breaker stays open: not in whole seconds.
pub const OPEN_FOR: Duration = Duration::from_millis(29_500);

pub struct Numbers {
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub consecutive_failures: Option<u32>,
    pub drain: Duration,
    pub limits: ListenerLimits,
    pub trusted_hops: Vec<Network>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            consecutive_failures: None,
            drain: Duration::from_secs(10),
            limits: ListenerLimits {
                half_closed_time: Duration::from_millis(200),
                ..ListenerLimits::default()
            },
            trusted_hops: Vec::new(),
        }
    }
}

/// Crashes on every request that asks for it.
struct Crash;

impl Node for Crash {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        assert_ne!(head.path(), "/crash", "told to");
        Flow::Next
    }
}

impl Gateway {
    pub async fn before(endpoint: SocketAddr) -> Self {
        Self::with(endpoint, Numbers::default()).await
    }

    pub async fn with(endpoint: SocketAddr, numbers: Numbers) -> Self {
        Self::through(Vec::new(), endpoint, numbers).await
    }

    /// With nodes in front of those that are always there.
    pub async fn through(nodes: Vec<NodeSpec>, endpoint: SocketAddr, numbers: Numbers) -> Self {
        let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
        let ground = Ground::new(arbiters.clone());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let config = Upstream {
            timeout: numbers.timeout,
            connect_timeout: numbers.connect_timeout,
            // Nothing that an endpoint does is a reason for a retry; retries have tests of their own.
            retry: RetryPolicy {
                on: vec![RetryCause::Status(599)],
                ..RetryPolicy::default()
            },
            breaker: BreakerPolicy {
                consecutive_failures: numbers.consecutive_failures,
                failure_rate: None,
                open_for: OpenFor::fixed(OPEN_FOR),
                ..BreakerPolicy::default()
            },
            ..Upstream::new("payments", vec![endpoint.to_string().parse().unwrap()])
        };
        let (upstream, handle) = upstream::spec(&config, &means, None).unwrap();
        let revisions = Revisions::beginning_at(7);
        let (chain, chain_handle) = edge(handle, nodes, &revisions);
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = socket.local_addr().unwrap();
        let options = Options {
            workers: NonZeroUsize::MIN,
            drain: numbers.drain,
            limits: numbers.limits,
            trusted_hops: numbers.trusted_hops,
            ..Options::default()
        };
        let listener = listener::spec("public", socket, chain_handle.clone(), options, &ground.events);
        let root = Supervisor::one_for_one("gateway")
            .child(upstream)
            .child(chain)
            .child(revision::spec(&revisions, &means, Workshop::default()))
            .child(listener);
        let tree = Tree::start(root, &ground).await.unwrap();
        Self {
            tree,
            addr,
            chain: chain_handle,
            events: ground.events,
            arbiters,
        }
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.addr).await
    }

    /// Its breaker, once that has looked at what was counted.
    pub fn breaker(&self) -> hedgerow_view::BreakerView {
        loop {
            let shown = self
                .tree
                .directory()
                .views()
                .into_iter()
                .find_map(|(_, view)| match view {
                    View::Breaker(breaker) => Some(breaker),
                    _ => None,
                });
            if let Some(breaker) = shown.filter(|breaker| breaker.window.calls >= 6) {
                return breaker;
            }
        }
    }

    /// The one endpoint, as it is shown.
    pub fn shown(&self) -> EndpointView {
        let views = self.tree.directory().views();
        let upstream = views.into_iter().find_map(|(_, view)| match view {
            View::Upstream(upstream) => Some(upstream),
            _ => None,
        });
        upstream.unwrap().endpoints.remove(0)
    }

    /// The listener, as it is shown.
    pub fn listener(&self) -> ListenerView {
        let views = self.tree.directory().views();
        let listener = views.into_iter().find_map(|(_, view)| match view {
            View::Listener(listener) => Some(listener),
            _ => None,
        });
        listener.unwrap()
    }

    pub async fn until(&self, holds: impl Fn(&EndpointView) -> bool) -> EndpointView {
        loop {
            let shown = self.shown();
            if holds(&shown) {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    }

    pub async fn order(&self, order: Order) {
        let path = Path::root("gateway").child("public");
        self.tree.directory().operate(&path, order).await.unwrap();
    }

    pub async fn until_listener(&self, state: ActorState) {
        loop {
            let tree = self.tree.directory().tree();
            if tree.children.last().unwrap().state == state {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits for this many events of a kind, and returns their causes.
    pub async fn told(&self, kind: &str, count: usize) -> Vec<String> {
        loop {
            let events = self.events.since(0);
            let causes: Vec<String> = events
                .iter()
                .filter(|event| event.kind == kind)
                .map(|event| event.cause.clone())
                .collect();
            if causes.len() >= count {
                return causes;
            }
            tokio::task::yield_now().await;
        }
    }

    pub async fn stop(self) {
        self.tree.stop().await;
        self.arbiters.shutdown().await;
    }
}

fn edge(
    upstream: UpstreamHandle,
    mut nodes: Vec<NodeSpec>,
    revisions: &Revisions,
) -> (hedgerow_supervisor::ChildSpec, chain::ChainHandle) {
    let rules = Route::new().rule("/pay", "payments").rule("/crash", "payments");
    let route = hedgerow_config::Node::new("route", rules);
    let leads = ["/pay", "/crash"].map(|path| Lead::new(upstream.clone(), "edge", path));
    nodes.push(NodeSpec::new("crash", "test", || Crash));
    nodes.push(hedgerow_actors::nodes::configured("edge", &route, leads.into()));
    chain::spec("edge", revisions, nodes)
}

/// Runs a test body on one thread, with a limit: a test that waits for what never comes fails.
pub fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let limited = async { tokio::time::timeout(Duration::from_secs(120), body).await };
    tokio::task::LocalSet::new()
        .block_on(&runtime, limited)
        .expect("what the test waits for does not come");
}
