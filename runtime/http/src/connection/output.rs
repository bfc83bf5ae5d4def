//! What goes out to a client, and whether it takes it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::interim::Interim;
use super::pace::{Least, Pace};

/// The way out: what the server writes, with interim answers before it.
#[derive(Default)]
pub(super) struct Output {
    /// Since the last time that everything had been taken.
    pace: Pace,
    interim: Interim,
    /// What is left to write of interim answers.
    hints: Vec<u8>,
    /// Whether the server has something to write that the socket has not taken.
    owes: bool,
}

impl Output {
    pub(super) fn interim(&self) -> &Interim {
        &self.interim
    }

    /// Writes the interim answers that have come. Where the server is still writing, they are dropped: they would stand in
    /// the middle of that.
    pub(super) fn hint(&mut self, socket: &mut TcpStream, task: &mut Context<'_>) -> io::Result<()> {
        let hints = self.interim.take(task.waker());
        if !hints.is_empty() && !self.owes {
            self.hints.extend(hints);
            // What is left goes out before anything of the server's.
            let _ = self.poll_hints(socket, task)?;
        }
        Ok(())
    }

    fn poll_hints(&mut self, socket: &mut TcpStream, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.hints.is_empty() {
            let written = ready!(Pin::new(&mut *socket).poll_write(task, &self.hints))?;
            self.hints.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what the server has.
    pub(super) fn poll_write(
        &mut self,
        socket: &mut TcpStream,
        task: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        self.owes = true;
        let written = match self.poll_hints(socket, task) {
            Poll::Ready(Ok(())) => write(Pin::new(socket), task),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        };
        match &written {
            Poll::Ready(Ok(bytes)) => self.pace.moved(*bytes, Instant::now),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pace.wait(Instant::now),
        }
        written
    }

    /// All that there was to write has been taken.
    pub(super) fn flushed(&mut self) {
        self.pace = Pace::default();
        self.owes = false;
    }

    /// When the client has kept its answer waiting for too long.
    pub(super) fn deadline(&self, least: &Least) -> Option<Instant> {
        self.pace.deadline(least)
    }
}
