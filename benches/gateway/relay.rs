//! The floor: bytes are moved between a client and an upstream, and nothing is done beside that.
//!
//! One thread, one wait for all sockets, two reads and two writes a request: what the system takes for a request, whatever a proxy
//! does with it. A client has a connection to the upstream for itself.

use std::io;
use std::net::SocketAddr;

#[cfg(not(target_os = "linux"))]
pub(crate) fn serve(_: SocketAddr) -> io::Result<()> {
    Err(io::Error::other("the relay is there on Linux alone"))
}

#[cfg(target_os = "linux")]
pub(crate) fn serve(upstream: SocketAddr) -> io::Result<()> {
    epolled::serve(upstream)
}

#[cfg(target_os = "linux")]
mod epolled {
    use std::io::{self, Read as _, Write as _};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

    use rustix::buffer::spare_capacity;
    use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

    use crate::role::ready;

    /// Events that are taken by one wait.
    const EVENTS: usize = 256;
    /// Bytes that are read at once.
    const READ: usize = 16 * 1024;
    /// What the listener's events are marked with; those of streams are marked with their place.
    const LISTENER: u64 = u64::MAX;

    /// Serves until the process ends. A stream and the one that it is relayed to stand beside each other: they differ in the last
    /// bit of their place.
    pub(super) fn serve(upstream: SocketAddr) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let poll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        ready(listener.local_addr()?)?;
        let mut streams: Vec<Option<TcpStream>> = Vec::new();
        let mut events = Vec::with_capacity(EVENTS);
        let mut buffer = vec![0; READ];
        loop {
            epoll::wait(&poll, spare_capacity(&mut events), None)?;
            for event in events.drain(..) {
                if event.data.u64() == LISTENER {
                    for stream in [listener.accept()?.0, TcpStream::connect(upstream)?] {
                        stream.set_nodelay(true)?;
                        stream.set_nonblocking(true)?;
                        let place = EventData::new_u64(streams.len() as u64);
                        epoll::add(&poll, &stream, place, EventFlags::IN)?;
                        streams.push(Some(stream));
                    }
                    continue;
                }
                let place = usize::try_from(event.data.u64()).map_err(io::Error::other)?;
                if relay(&streams[place], &streams[place ^ 1], &mut buffer).is_err() {
                    // Closed, they leave the wait as well. Their places are not used again: a run has a few hundred clients.
                    (streams[place], streams[place ^ 1]) = (None, None);
                }
            }
        }
    }

    /// Moves what has come on one stream to the other.
    ///
    /// # Errors
    /// Where a stream has ended, or does not take all at once.
    fn relay(from: &Option<TcpStream>, to: &Option<TcpStream>, buffer: &mut [u8]) -> io::Result<()> {
        let (Some(mut from), Some(mut to)) = (from.as_ref(), to.as_ref()) else {
            return Ok(());
        };
        match from.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            bytes => to.write_all(&buffer[..bytes]),
        }
    }
}
