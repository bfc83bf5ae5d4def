//! The stream below a connection, which shows hyper what is an answer, and nothing else.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hedgerow_actors::pool::resource::Life;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::scan::{Scanner, read_hint};
use crate::connection::Interim;
use crate::guard::Refused;

/// What is known of a connection beside what hyper says of it.
#[derive(Clone, Default)]
pub(super) struct Watch(Rc<RefCell<Known>>);

#[derive(Default)]
struct Known {
    scanner: Scanner,
    /// A request that is to be written; whether its answer may have a body.
    to_write: Option<bool>,
    /// Whether anything of the present request was written.
    wrote: bool,
    /// Whether anything of its answer has come.
    received: bool,
    /// Where interim answers to it go.
    interim: Option<Interim>,
    refused: Option<Refused>,
    /// How writing failed.
    deaf: Option<io::ErrorKind>,
    /// How long the connection is kept, by the clock of its shelf.
    life: Option<Life>,
}

impl Watch {
    /// A request is given to hyper. What comes before any of it is written is no answer to it.
    /// Interim answers go to `interim`.
    pub(super) fn begin(&self, wants_body: bool, interim: Option<Interim>) {
        let mut known = self.0.borrow_mut();
        known.interim = interim;
        known.to_write = Some(wants_body);
        known.wrote = false;
        known.received = false;
    }

    /// Whether anything of the present request was written.
    pub(super) fn wrote(&self) -> bool {
        self.0.borrow().wrote
    }

    /// Whether anything of an answer to it has come.
    pub(super) fn received(&self) -> bool {
        self.0.borrow().received
    }

    /// Why its answer was refused, if it was.
    pub(super) fn take_refusal(&self) -> Option<Refused> {
        self.0.borrow_mut().refused.take()
    }

    /// How long the connection is kept.
    pub(super) fn life(&self) -> Option<Life> {
        self.0.borrow().life
    }

    pub(super) fn set_life(&self, life: Life) {
        self.0.borrow_mut().life = Some(life);
    }

    /// Whether the last answer came to its end and nothing behind it, so that another request may be sent.
    pub(super) fn is_fit(&self) -> bool {
        let known = self.0.borrow();
        known.deaf.is_none() && known.scanner.is_silent()
    }
}

impl Known {
    fn wrote(&mut self) {
        self.wrote = true;
        if let Some(wants_body) = self.to_write.take() {
            self.scanner.ask(wants_body);
        }
    }

    /// Passes interim answers on, and forgets where they go once the answer has come to its end: a client that is gone is not
    /// to be kept in memory.
    fn pass_hints(&mut self) {
        for hint in self.scanner.take_hints() {
            if let Some(interim) = &self.interim
                && let Some((status, fields)) = read_hint(&hint)
            {
                interim.put(status, fields);
            }
        }
        if self.scanner.is_silent() {
            self.interim = None;
        }
    }
}

/// A stream that shows what is an answer by the letter; see [`scan`](super::scan).
///
/// It also lets an answer be read that came before its endpoint closed the connection with the request unread: writing fails
/// then, and hyper would give up before it has read what is there. So where writing fails, nothing is said until reading
/// comes to an end; and that end is an error, as it is not the one that tells the end of a body.
pub(super) struct Watched {
    stream: TcpStream,
    watch: Watch,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, watch: Watch) -> Self {
        Self { stream, watch }
    }

    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) if *bytes > 0 => self.watch.0.borrow_mut().wrote(),
            Poll::Ready(Err(error)) => {
                self.watch.0.borrow_mut().deaf = Some(error.kind());
                // Whoever reads is told what becomes of the connection, and hyper reads as long as it writes.
                return Poll::Pending;
            }
            _ => {}
        }
        written
    }

    fn is_deaf(&self) -> bool {
        self.watch.0.borrow().deaf.is_some()
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.watch.0.borrow().scanner.is_spoiled() {
            // The end, so that hyper closes the connection.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(task, buffer))?;
        let mut known = self.watch.0.borrow_mut();
        let came = &buffer.filled()[before..];
        if came.is_empty() {
            return Poll::Ready(known.deaf.map_or(Ok(()), |kind| Err(kind.into())));
        }
        match known.scanner.scan(came) {
            Ok(taken) => {
                known.received |= taken > 0;
                known.pass_hints();
                buffer.set_filled(before + taken);
                Poll::Ready(Ok(()))
            }
            Err(refused) => {
                buffer.set_filled(before);
                known.received = true;
                known.refused = Some(refused);
                Poll::Ready(Err(io::ErrorKind::InvalidData.into()))
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_deaf() {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_deaf() {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, slices);
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
