//! The server's thread.
//!
//! The server is polled on a thread of its own, and its workers are threads too: no arbiter that is held up, and no actor
//! that falls, keeps a request waiting.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use actix_service::fn_factory_with_config;
use actix_web::HttpServer;
use actix_web::dev::{AppConfig, Server};
use hedgerow_actors::chain::ChainHandle;
use tokio::sync::{oneshot, watch};

use super::Options;
use crate::ingress::Ingress;

/// How long a client may take to send the head of its first request. At the limit it is answered 408.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may wait for its next request: longer than what common proxies and balancers keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What a server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its threads are being started.
    Starting,
    /// It serves.
    Serving,
    /// Its threads have ended.
    Ended(Ending),
}

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// By order, with every request answered.
    Drained,
    /// By order; at the limit there were connections left, and they were closed.
    CutOff,
    /// By itself.
    Failed(String),
}

/// A server, as the listener's place holds it. Dropped, the server drains and ends.
pub(super) struct Running {
    drain: Option<oneshot::Sender<()>>,
    phase: watch::Receiver<Phase>,
}

impl Running {
    /// Starts a server on this socket.
    pub(super) fn start(
        name: &str,
        socket: TcpListener,
        chain: ChainHandle,
        options: Options,
    ) -> io::Result<Self> {
        let (drain, ordered) = oneshot::channel();
        let (tell, phase) = watch::channel(Phase::Starting);
        // Short: the operating system cuts thread names at 15 characters.
        thread::Builder::new()
            .name(format!("listen-{name}"))
            .spawn(move || {
                let ending = run(socket, chain, options, ordered, &tell);
                tell.send_replace(Phase::Ended(ending));
            })?;
        Ok(Self {
            drain: Some(drain),
            phase,
        })
    }

    /// What it is doing, to be read and waited for.
    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// Orders it to drain and to end. Once is enough.
    pub(super) fn drain(&mut self) {
        if let Some(drain) = self.drain.take() {
            // A server that has already ended needs no order.
            let _ = drain.send(());
        }
    }

    /// Whether it is there.
    pub(super) fn presence(&self) -> Presence {
        let ended = matches!(*self.phase.borrow(), Phase::Ended(_));
        // A thread that ended without a word has crashed.
        if ended || self.phase.has_changed().is_err() {
            Presence::Gone
        } else if self.drain.is_none() {
            Presence::Leaving
        } else {
            Presence::Here
        }
    }
}

/// Whether a server is there to attach to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It serves, or is about to.
    Here,
    /// It was ordered to end, and has not ended.
    Leaving,
    /// It has ended.
    Gone,
}

fn run(
    socket: TcpListener,
    chain: ChainHandle,
    options: Options,
    ordered: oneshot::Receiver<()>,
    tell: &watch::Sender<Phase>,
) -> Ending {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| {
        let drain = options.drain;
        let server = build(socket, chain, options)?;
        runtime.block_on(serve(server, drain, ordered, tell))
    });
    served.unwrap_or_else(|error| Ending::Failed(error.to_string()))
}

fn build(socket: TcpListener, chain: ChainHandle, options: Options) -> io::Result<Server> {
    let tenant = options.tenant;
    let server = HttpServer::new(move || {
        let (chain, tenant) = (chain.clone(), tenant.clone());
        fn_factory_with_config(move |_: AppConfig| Ingress::new(chain.clone(), tenant.clone()))
    })
    .workers(options.workers.get())
    .client_request_timeout(HEAD_WITHIN)
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    // A client that closes is gone, and its call is cancelled.
    .h1_allow_half_closed(false)
    // Ours ends first: the server counts in whole seconds.
    .shutdown_timeout(options.drain.as_secs().saturating_add(2))
    .disable_signals()
    .listen(socket)?
    .run();
    Ok(server)
}

async fn serve(
    mut server: Server,
    drain: Duration,
    mut ordered: oneshot::Receiver<()>,
    tell: &watch::Sender<Phase>,
) -> io::Result<Ending> {
    let mut server = Pin::new(&mut server);
    let handle = server.handle();
    let ended = poll_fn(|task| {
        if let Poll::Ready(result) = server.as_mut().poll(task) {
            return Poll::Ready(Some(result));
        }
        // The first poll has started all threads.
        tell.send_if_modified(|phase| std::mem::replace(phase, Phase::Serving) != Phase::Serving);
        Pin::new(&mut ordered).poll(task).map(|_| None)
    })
    .await;
    if let Some(result) = ended {
        return result.map(|()| Ending::Failed("the server ended by itself".into()));
    }
    // The order is sent now; waiting for it is what polling the server does.
    drop(handle.stop(true));
    match tokio::time::timeout(drain, server).await {
        Ok(result) => result.map(|()| Ending::Drained),
        // Dropping the server closes what is left.
        Err(_) => Ok(Ending::CutOff),
    }
}

/// The address of a socket, for events.
pub(super) fn shown(addr: io::Result<SocketAddr>) -> String {
    addr.map_or_else(
        |error| format!("an unknown address: {error}"),
        |addr| addr.to_string(),
    )
}
