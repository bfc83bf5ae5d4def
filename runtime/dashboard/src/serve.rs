//! A listener of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer};

use crate::admin::Admin;

/// Connections at a time, event streams included. At the limit further ones wait in the listener's backlog.
const CONNECTIONS: usize = 256;
/// How long a client may take to send the head of its first request. At the limit it is answered 408.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long requests that are under way may take to end when it is stopped, in seconds. Event streams never end by
/// themselves: they are cut off.
const DRAIN_SECONDS: u64 = 1;

/// The admin listener was not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It would be reached from elsewhere, and anyone could operate the mesh.
    #[error(
        "the admin listener is bound to {bound}, beyond loopback, without a token: set one, or bind to 127.0.0.1"
    )]
    TokenNeeded {
        /// The listener's address.
        bound: SocketAddr,
    },
    /// The operating system did not hand the listener over.
    #[error("the admin listener cannot be served: {0}")]
    Listen(#[from] io::Error),
}

/// Serves `admin` on this listener, on one thread of its own. The future runs the server and must be polled; its handle
/// stops it. It takes no signals.
///
/// # Errors
/// Where the listener is bound beyond loopback and there is no token, or the listener is unusable.
pub fn serve(listener: TcpListener, admin: Admin) -> Result<Server, ServeError> {
    let bound = listener.local_addr()?;
    if admin.token.is_none() && !bound.ip().to_canonical().is_loopback() {
        return Err(ServeError::TokenNeeded { bound });
    }
    let admin = admin.bound_to(bound);
    let server = HttpServer::new(move || {
        let admin = admin.clone();
        App::new().configure(move |config| admin.configure(config))
    })
    .workers(1)
    .max_connections(CONNECTIONS)
    .client_request_timeout(HEAD_WITHIN)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}
