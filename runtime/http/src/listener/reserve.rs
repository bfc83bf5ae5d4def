//! A descriptor for when there is none.
//!
//! Without descriptors a process cannot even take a connection to refuse it: its client waits for nothing. So one is held in
//! reserve. When there is none left, it is given up, a connection is accepted in its place, told so and closed, and it is
//! taken again. (An idea of Marc Lehmann's, in the manual of libev.)

use std::cell::RefCell;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

/// The process may open no further file (`EMFILE`), the system may not (`ENFILE`): as on every architecture of Linux.
const SHORTAGES: [i32; 2] = [24, 23];

/// What a client is told. It is sent unread: whatever was asked, this is the answer.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    connection: close\r\n\
    retry-after: 1\r\n\
    x-hedgerow-refused: listener; rule=descriptors; limit=the open files of this process; observed=none left\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 43\r\n\r\n\
    no descriptor is left here; try again later";

/// Connections that are refused in a row before others have a turn.
const IN_A_ROW: u64 = 256;

/// Whether this is the error of a process without descriptors.
pub(super) fn is_shortage(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| SHORTAGES.contains(&code))
}

/// A listening socket once more: it is both what is waited at and the descriptor that is given up.
pub(super) struct Reserve {
    socket: TcpListener,
    /// `None` where it was given up and somebody else has taken it.
    kept: RefCell<Option<TcpListener>>,
}

impl Reserve {
    /// For this socket, which must not block.
    pub(super) fn of(socket: &TcpListener) -> io::Result<Self> {
        Ok(Self {
            socket: socket.try_clone()?,
            kept: RefCell::new(Some(socket.try_clone()?)),
        })
    }

    /// Tells those who wait in the backlog that they wait in vain; says how many.
    pub(super) fn refuse_all(&self) -> u64 {
        let mut refused = 0;
        while refused < IN_A_ROW && self.refuse_one() {
            refused += 1;
        }
        refused
    }

    fn refuse_one(&self) -> bool {
        // Given up before, so that there is one to accept with.
        if self.kept.take().is_none() {
            self.restore();
            return false;
        }
        let is_refused = match self.socket.accept() {
            Ok((client, _)) => {
                refuse(&client);
                true
            }
            Err(_) => false,
        };
        self.restore();
        is_refused
    }

    /// Takes it again, where it is gone.
    pub(super) fn restore(&self) {
        let mut kept = self.kept.borrow_mut();
        if kept.is_none() {
            *kept = self.socket.try_clone().ok();
        }
    }
}

/// A fresh connection has room for all of it. What the client has sent is read, as its answer might be lost otherwise.
fn refuse(mut client: &TcpStream) {
    let mut unread = [0; 4_096];
    let _ = client.set_nonblocking(true);
    let _ = client.read(&mut unread);
    // Whoever is gone need not be told.
    let _ = client.write(ANSWER);
    let _ = client.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn who_waits_is_told_and_the_reserve_is_there_again() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let reserve = Reserve::of(&socket).unwrap();
        let addr = socket.local_addr().unwrap();
        let clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(addr).unwrap()).collect();
        assert_eq!(reserve.refuse_all(), 3);
        for mut client in clients {
            let mut told = Vec::new();
            client.read_to_end(&mut told).unwrap();
            assert_eq!(told, ANSWER);
        }
        assert!(reserve.kept.borrow().is_some());
    }

    #[test]
    fn its_answer_has_the_length_that_it_tells() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.ends_with(&format!("content-length: {}", body.len())),
            "{head}"
        );
    }
}
