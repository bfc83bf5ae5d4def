//! Opens listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// A socket that listens, and belongs to a place in the tree.
pub type ListeningSocket = TcpListener;

/// Listens on `addr`; port 0 is any free port. Connections wait in the backlog until a listener serves them, so a socket
/// can be opened, and an address in use be found, before anything is started.
///
/// # Errors
/// What the system says: the address is in use, is not this machine's, or needs a right that this user has not.
pub fn bind(addr: SocketAddr) -> io::Result<ListeningSocket> {
    TcpListener::bind(addr)
}
