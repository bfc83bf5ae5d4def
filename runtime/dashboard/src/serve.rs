//! A listener of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer};

use socket2::SockRef;

use crate::admin::Admin;

/// Connections at a time, event streams included. At the limit further ones wait in the listener's backlog.
const CONNECTIONS: usize = 256;
/// How long a client may take to send the head of its first request. At the limit it is answered 408.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long requests that are under way may take to end when it is stopped, in seconds. Event streams never end by
/// themselves: they are cut off.
const DRAIN_SECONDS: u64 = 1;

/// How long a client may leave unread what was sent to it. At the limit the system ends the connection: who follows events and
/// reads none holds no place for ever.
const READ_WITHIN: Duration = Duration::from_secs(30);

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
    // What is accepted has it from here.
    SockRef::from(&listener).set_tcp_user_timeout(Some(READ_WITHIN))?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpStream;
    use std::sync::Arc;

    use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};

    use super::*;

    #[actix_web::test]
    async fn w4_who_leaves_unread_what_was_sent_is_let_go_by_the_system() {
        let ground = Ground::new(Arbiters::current_thread());
        let tree = Tree::start(Supervisor::one_for_one("shop"), &ground)
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.try_clone().unwrap();
        let admin = Admin::new(tree.directory().clone(), Arc::new(String::new));
        // The server is never polled: what it would accept is accepted here.
        let server = serve(listener, admin).unwrap();
        let _client = TcpStream::connect(socket.local_addr().unwrap()).unwrap();
        let accepted = loop {
            match socket.accept() {
                Ok((accepted, _)) => break accepted,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        };
        assert_eq!(
            SockRef::from(&accepted).tcp_user_timeout().unwrap(),
            Some(READ_WITHIN)
        );
        drop(server);
        tree.stop().await;
    }
}
