//! A descriptor for when there is none.
//!
//! Without descriptors a process cannot even take a connection to refuse it: its client waits for nothing. So one is held in
//! reserve. When there is none left, it is given up, a connection is accepted in its place, told so and closed, and it is
//! taken again. (An idea of Marc Lehmann's, in the manual of libev.)

use std::cell::RefCell;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use hedgerow_config::Expose;
use hedgerow_view::Refusal;
use http::StatusCode;

use crate::answer::{Shown, shown};

/// The process may open no further file (`EMFILE`), the system may not (`ENFILE`): as on every architecture of Linux.
const SHORTAGES: [i32; 2] = [24, 23];

/// What a client is told. It is sent unread: whatever was asked, this is the answer.
fn answer(expose: Expose) -> String {
    let refusal = Refusal::new(
        "listener",
        "descriptors",
        "the open files of this process",
        "none left",
    );
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let Shown { line, text } = shown(expose, status, &refusal, "try again later");
    let line = line.map_or(String::new(), |line| format!("x-hedgerow-refused: {line}\r\n"));
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\nretry-after: 1\r\n{line}content-type: text/plain; \
         charset=utf-8\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
}

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
    /// Made while there is memory, too.
    answer: String,
}

impl Reserve {
    /// For this socket, which must not block.
    pub(super) fn of(socket: &TcpListener, expose: Expose) -> io::Result<Self> {
        Ok(Self {
            socket: socket.try_clone()?,
            kept: RefCell::new(Some(socket.try_clone()?)),
            answer: answer(expose),
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
                refuse(&client, &self.answer);
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
fn refuse(mut client: &TcpStream, answer: &str) {
    let mut unread = [0; 4_096];
    let _ = client.set_nonblocking(true);
    let _ = client.read(&mut unread);
    // Whoever is gone need not be told.
    let _ = client.write(answer.as_bytes());
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
        let reserve = Reserve::of(&socket, Expose::Full).unwrap();
        let addr = socket.local_addr().unwrap();
        let clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(addr).unwrap()).collect();
        assert_eq!(reserve.refuse_all(), 3);
        for mut client in clients {
            let mut told = String::new();
            client.read_to_string(&mut told).unwrap();
            assert_eq!(told, answer(Expose::Full));
        }
        assert!(reserve.kept.borrow().is_some());
    }

    #[test]
    fn its_answer_has_the_length_that_it_tells() {
        for expose in [Expose::Full, Expose::Code, Expose::Nothing] {
            let text = answer(expose);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(
                head.ends_with(&format!("content-length: {}", body.len())),
                "{head}"
            );
            assert_eq!(head.contains("descriptors"), expose != Expose::Nothing, "{head}");
            assert_eq!(head.contains("open files"), expose == Expose::Full, "{head}");
        }
    }
}
