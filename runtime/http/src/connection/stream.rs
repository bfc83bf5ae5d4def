//! What the server reads and writes by.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::AsyncWrite as _;

use super::client::Client;

/// A client's connection, as the server has it.
pub(super) struct Stream(pub(super) Rc<RefCell<Client>>);

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_read(task, &mut into)
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write =
            |socket: Pin<&mut tokio::net::TcpStream>, task: &mut Context<'_>| socket.poll_write(task, bytes);
        self.0.borrow_mut().poll_write(task, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.borrow().is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = |socket: Pin<&mut tokio::net::TcpStream>, task: &mut Context<'_>| {
            socket.poll_write_vectored(task, slices)
        };
        self.0.borrow_mut().poll_write(task, write)
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_flush(task)
    }

    /// The server is done with it. How it is closed is decided outside.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
