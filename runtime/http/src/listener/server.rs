//! The server's threads.
//!
//! One accepts connections, the others serve them. No arbiter that is held up, and no actor that falls, keeps a request
//! waiting.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::thread;

use hedgerow_actors::chain::ChainHandle;
use tokio::sync::{oneshot, watch};

use super::Options;
use super::accept::Acceptor;
use super::notice::Notice;
use super::workers::Workers;

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
        notice: Notice,
    ) -> io::Result<Self> {
        let (drain, ordered) = oneshot::channel();
        let (tell, phase) = watch::channel(Phase::Starting);
        let place = name.to_owned();
        // Short: the operating system cuts thread names at 15 characters.
        thread::Builder::new()
            .name(format!("listen-{name}"))
            .spawn(move || {
                let ending = run(&place, socket, chain, &options, notice, (ordered, &tell));
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
    name: &str,
    socket: TcpListener,
    chain: ChainHandle,
    options: &Options,
    notice: Notice,
    orders: (oneshot::Receiver<()>, &watch::Sender<Phase>),
) -> Ending {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| {
        let workers = Workers::start(name, &chain, options, &notice)?;
        runtime.block_on(async {
            let acceptor = Acceptor::new(socket, options, notice)?;
            Ok(serve(acceptor, workers, options, orders).await)
        })
    });
    served.unwrap_or_else(|error| Ending::Failed(error.to_string()))
}

async fn serve(
    acceptor: Acceptor,
    mut workers: Workers,
    options: &Options,
    (mut ordered, tell): (oneshot::Receiver<()>, &watch::Sender<Phase>),
) -> Ending {
    tell.send_replace(Phase::Serving);
    let failed = {
        let mut accepting = pin!(acceptor.run(&workers));
        poll_fn(|task| match Pin::new(&mut ordered).poll(task) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => accepting.as_mut().poll(task).map(Some),
        })
        .await
    };
    if let Some(why) = failed {
        return Ending::Failed(why);
    }
    // Nothing new is accepted from here on.
    if options.closing.is_announced() {
        // Where the socket cannot be closed, clients wait in its backlog, as they do without the word.
        let _ = acceptor.close(&workers).await;
    } else {
        drop(acceptor);
    }
    workers.drain();
    if tokio::time::timeout(options.drain, workers.ended()).await.is_ok() {
        return Ending::Drained;
    }
    workers.cut();
    workers.ended().await;
    Ending::CutOff
}

/// The address of a socket, for events.
pub(super) fn shown(addr: io::Result<SocketAddr>) -> String {
    addr.map_or_else(
        |error| format!("an unknown address: {error}"),
        |addr| addr.to_string(),
    )
}
