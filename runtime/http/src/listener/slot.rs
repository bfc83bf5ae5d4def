//! What belongs to the place: the socket, and the server that runs on it.

use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use hedgerow_actors::chain::ChainHandle;
use hedgerow_view::Identity;
use tokio::sync::watch;

use super::Options;
use super::figures::Figures;
use super::notice::Notice;
use super::server::{Ending, Phase, Presence, Running, shown};

/// A listener's place in the tree.
pub(super) struct Slot {
    id: Identity,
    socket: TcpListener,
    chain: ChainHandle,
    options: Options,
    figures: Arc<Figures>,
    running: Mutex<Option<Running>>,
}

/// A server that an incarnation has attached itself to.
pub(super) struct Attached {
    /// What the server is doing.
    pub(super) phase: watch::Receiver<Phase>,
    /// Whether it ran before.
    pub(super) found: Found,
}

/// What is at the place.
enum Seen {
    Serves(Attached),
    Leaves(watch::Receiver<Phase>),
}

/// Who started a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// This incarnation.
    Fresh,
    /// One before it.
    Serving,
}

impl Slot {
    pub(super) fn new(
        id: Identity,
        socket: TcpListener,
        chain: ChainHandle,
        (options, figures): (Options, Arc<Figures>),
    ) -> Self {
        Self {
            id,
            socket,
            chain,
            options,
            figures,
            running: Mutex::default(),
        }
    }

    pub(super) fn id(&self) -> &Identity {
        &self.id
    }

    /// What it counts.
    pub(super) fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// Where it listens.
    pub(super) fn addr(&self) -> String {
        shown(self.socket.local_addr())
    }

    /// Attaches to the server that runs, or starts one. One that is on its way out is waited for.
    pub(super) async fn attach(&self, notice: &Notice) -> Result<Attached, ListenerError> {
        loop {
            match self.see(notice)? {
                Seen::Serves(attached) => return self.ready(attached).await,
                // Where the sender is gone the thread has crashed, and the next look finds nobody there.
                Seen::Leaves(mut phase) => {
                    let _ = phase.wait_for(|phase| matches!(phase, Phase::Ended(_))).await;
                }
            }
        }
    }

    fn see(&self, notice: &Notice) -> Result<Seen, ListenerError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            let phase = running.phase();
            match running.presence() {
                Presence::Here => {
                    let found = Found::Serving;
                    return Ok(Seen::Serves(Attached { phase, found }));
                }
                Presence::Leaving => return Ok(Seen::Leaves(phase)),
                Presence::Gone => {}
            }
        }
        let socket = self.socket.try_clone().map_err(ListenerError::Socket)?;
        let (chain, options) = (self.chain.clone(), self.options.clone());
        let fresh = Running::start(self.id.name(), socket, chain, options, notice.clone())
            .map_err(ListenerError::Socket)?;
        let phase = fresh.phase();
        *running = Some(fresh);
        let found = Found::Fresh;
        Ok(Seen::Serves(Attached { phase, found }))
    }

    async fn ready(&self, mut attached: Attached) -> Result<Attached, ListenerError> {
        let started = attached.phase.wait_for(|phase| *phase != Phase::Starting).await;
        match started.map(|phase| phase.clone()) {
            Ok(Phase::Serving | Phase::Starting) => Ok(attached),
            Ok(Phase::Ended(ending)) => Err(ListenerError::Ended(self.addr(), ending)),
            Err(_) => Err(ListenerError::Crashed(self.addr())),
        }
    }

    /// Orders the server to drain, and resolves when it has ended; `None` where none runs.
    pub(super) async fn drain(&self) -> Option<Ending> {
        let mut phase = self.order_drain()?;
        let ended = phase
            .wait_for(|phase| matches!(phase, Phase::Ended(_)))
            .await
            .ok()?;
        match &*ended {
            Phase::Ended(ending) => Some(ending.clone()),
            Phase::Starting | Phase::Serving => None,
        }
    }

    fn order_drain(&self) -> Option<watch::Receiver<Phase>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.as_mut()?;
        running.drain();
        Some(running.phase())
    }
}

/// A listener does not serve.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListenerError {
    #[error("the listener has no socket or thread to serve on: {0}")]
    Socket(#[source] io::Error),
    #[error("the server on {0} ended: {1:?}; it is started anew")]
    Ended(String, Ending),
    #[error("the thread of the server on {0} crashed; it is started anew")]
    Crashed(String),
}
