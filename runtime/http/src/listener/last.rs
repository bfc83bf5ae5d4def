//! Lets nobody in any more, and closes a listening socket.
//!
//! A connection that is established between the last look into the backlog and the end of the socket would be reset, although
//! its client may have sent a request. So the system is told first to take no notice of who knocks: it drops what comes to a
//! listening socket with a filter that lets nothing through, the last packet of a handshake as well as the first. Who knocks
//! then tries again after a second, and is refused by the system.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

/// No further connection is established. Those that wait in the backlog stay there.
#[cfg(target_os = "linux")]
pub(super) fn bar(socket: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};
    /// `BPF_RET | BPF_K` (linux/bpf_common.h): ends with a constant, here 0 bytes of the packet.
    const RETURN: u16 = 0x06;
    SockRef::from(socket).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
}

/// Other systems have no such filter.
#[cfg(not(target_os = "linux"))]
pub(super) fn bar(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Closes it for everybody who holds it.
pub(super) fn close(socket: TcpListener) -> io::Result<()> {
    // A listener has no such call of its own; the system has one for all sockets.
    TcpStream::from(OwnedFd::from(socket)).shutdown(Shutdown::Both)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// Knocks. Over the loopback a handshake is over when this returns, if it ever will be.
    fn knock(socket: &TcpListener) -> Socket {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&socket.local_addr().unwrap().into());
        client
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_knocks_after_the_bar_is_not_let_in_and_who_came_before_still_waits() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let _before = knock(&socket);
        bar(&socket).unwrap();
        let late = knock(&socket);
        assert!(socket.accept().is_ok(), "who came before");
        let nobody = socket.accept().unwrap_err();
        assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
        assert!(late.peer_addr().is_err(), "it is not connected");
    }

    #[test]
    fn a_socket_that_is_closed_is_closed_for_who_else_holds_it() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let other = socket.try_clone().unwrap();
        close(socket).unwrap();
        let addr = other.local_addr().unwrap();
        assert_eq!(
            TcpStream::connect(addr).unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
    }
}
