//! The actor that owns a listening socket and the server behind it.
//!
//! Socket and server belong to the place in the tree, not to the incarnation: when the actor falls, the server goes on,
//! and the fresh incarnation attaches itself to it. When the actor is stopped by order, the server stops to accept,
//! requests under way may finish within the drain limit, every answer says that it is the last one of its connection, and a
//! connection without a request may ask once more within a second. The socket stays open: clients that connect meanwhile wait
//! in its backlog, and are served after the next start. Where there will be none ([`Closing`]), what waits in the backlog is
//! accepted, and the socket closed.
//!
//! | file | subject |
//! |---|---|
//! | `slot` | what belongs to the place |
//! | `server` | the server's threads |
//! | `closing` | whether a listener that is stopped will be started again |
//! | `accept` | takes connections out of the backlog |
//! | `reserve` | a descriptor for when there is none |
//! | `last` | lets nobody in any more, and closes a socket |
//! | `tickets` | how many connections there may be |
//! | `figures` | what is counted |
//! | `notice` | who tells what happens |
//! | `workers` | the threads that serve |
//! | `actor` | what has a mailbox |

mod accept;
mod actor;
mod closing;
mod figures;
mod last;
mod notice;
mod reserve;
mod server;
mod slot;
mod tickets;
mod workers;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use hedgerow_actors::chain::ChainHandle;
use hedgerow_config::{Expose, ListenerLimits, Network};
use hedgerow_supervisor::{ChildSpec, Events, Handle, Shutdown};
use hedgerow_view::Identity;
use http::header::HeaderName;

use actor::ListenerActor;
pub use closing::Closing;
pub(crate) use figures::{Figures, Pace};
pub(crate) use notice::Notice;
use slot::Slot;

/// What a server may need beyond its drain limit to close what is left and to end its threads.
const TO_END: Duration = Duration::from_secs(5);

/// How a listener serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Threads that serve requests. Default: one per core.
    pub workers: NonZeroUsize,
    /// How long requests that are under way may take to end when the listener is stopped. Default 10 s. At the limit
    /// their connections are closed.
    pub drain: Duration,
    /// The header that says whose request it is. Default: nobody says. Where there are trusted hops, they alone may.
    pub tenant: Option<HeaderName>,
    /// How much its answers tell of what is behind it. Default: all where its socket is bound to loopback, the rule of a refusal
    /// elsewhere.
    pub expose: Option<Expose>,
    /// What it takes from its clients.
    pub limits: ListenerLimits,
    /// Who is believed what it says of the clients before it. Default: nobody.
    pub trusted_hops: Vec<Network>,
    /// Tells whether a stop is the last one. Default: nobody tells.
    pub closing: Closing,
}

impl Options {
    /// What a listener on this socket exposes. Of a socket that does not say where it is bound nobody knows who reaches it.
    pub(crate) fn exposed(&self, bound: io::Result<SocketAddr>) -> Expose {
        let by_address = bound.map_or(Expose::Code, Expose::at);
        self.expose.unwrap_or(by_address)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: available_parallelism().unwrap_or(NonZeroUsize::MIN),
            drain: Duration::from_secs(10),
            tenant: None,
            expose: None,
            limits: ListenerLimits::default(),
            trusted_hops: Vec::new(),
            closing: Closing::default(),
        }
    }
}

/// Makes the child that serves HTTP on `socket` and leads every request into `chain`. It is ready once it serves.
///
/// It tells `listenerServing` when a server has started, and `listenerDrained` when one has ended by order.
///
/// # Panics
/// Nowhere here. A socket that cannot be used is a failed start of the child.
///
/// # Examples
/// ```
/// use std::net::TcpListener;
/// use hedgerow_actors::chain;
/// use hedgerow_http::listener::{self, Options};
/// use hedgerow_supervisor::{Arbiters, Ground, Supervisor};
///
/// # fn declare() -> std::io::Result<()> {
/// let ground = Ground::new(Arbiters::threads(std::num::NonZeroUsize::MIN)?);
/// let (edge, handle) = chain::spec("edge", &hedgerow_actors::revision::Revisions::beginning_at(1), Vec::new());
/// let socket = TcpListener::bind("127.0.0.1:0")?;
/// let public = listener::spec("public", socket, handle, Options::default(), &ground.events);
/// let tree: Supervisor = Supervisor::rest_for_one("gateway").child(edge).child(public);
/// # let _ = tree;
/// # Ok(())
/// # }
/// ```
pub fn spec(
    name: &str,
    socket: TcpListener,
    chain: ChainHandle,
    options: Options,
    events: &Events,
) -> ChildSpec {
    declare(name, socket, chain, options, events).0
}

fn declare(
    name: &str,
    socket: TcpListener,
    chain: ChainHandle,
    mut options: Options,
    events: &Events,
) -> (ChildSpec, Handle<ListenerActor>) {
    let id = Identity::new("listener", name);
    let drain = options.drain;
    options.expose = Some(options.exposed(socket.local_addr()));
    let figures = Arc::new(Figures::of(id.clone()));
    let slot = Arc::new(Slot::new(id.clone(), socket, chain, (options, figures.clone())));
    let events = events.clone();
    let (spec, handle) = ChildSpec::actor(name, move || ListenerActor::new(slot.clone(), events.clone()));
    let spec = spec
        .kind("listener")
        .identity(id)
        .inspect(figures)
        .shutdown(Shutdown::Within(drain.saturating_add(TO_END)));
    (spec, handle)
}

#[cfg(test)]
mod tests;
