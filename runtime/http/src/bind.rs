//! Opens listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A socket that listens, and belongs to a place in the tree.
pub type ListeningSocket = TcpListener;

/// Connections that may wait to be accepted; the system may allow fewer (`net.core.somaxconn`). Beyond it, what comes is
/// dropped without a word, and clients try again after a second.
const BACKLOG: i32 = 4_096;

/// Listens on `addr`; port 0 is any free port. Connections wait in the backlog until a listener serves them, so a socket
/// can be opened, and an address in use be found, before anything is started.
///
/// # Errors
/// What the system says: the address is in use, is not this machine's, or needs a right that this user has not.
pub fn bind(addr: SocketAddr) -> io::Result<ListeningSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    // As the standard library does: a server that was just ended can be started again.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
