//! What a client sends, as the server gets to see it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::cool_off::CoolOff;
use super::input::Input;
use super::interim::Interim;
use super::output::Output;
use super::pace::Pace;
use super::times::{Late, Times};
use crate::guard::{Grounds, Place, Refused, Scanner, Verdict};
use crate::headers::Peer;
use crate::ingress::Worker;

/// What the server is given in place of a request that is refused. It is answered with the refusal, behind the answers
/// to the requests before it.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// The same for a request that wants no body in its answer.
const HEAD_STAND_IN: &[u8] = b"HEAD / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// A client's end of a connection: its socket, and what came out of it.
pub(crate) struct Client {
    socket: TcpStream,
    peer: Peer,
    worker: Rc<Worker>,
    scanner: Scanner,
    input: Input,
    /// What is left to show of a stand-in.
    stand_in: &'static [u8],
    refused: Option<Refused>,
    /// Whether the server is told that nothing more comes.
    over: bool,
    /// Whether that is so because it had no request.
    idle: bool,
    /// When the client closed its sending side.
    ended: Option<Instant>,
    /// Whether the server's last look found nothing, and it waits.
    waits: bool,
    /// Whether a head has passed.
    greeted: bool,
    /// Whether something of the present answer was written.
    answers: bool,
    idle_since: Option<Instant>,
    head_since: Option<Instant>,
    body: Pace,
    output: Output,
    cool_off: CoolOff,
}

impl Client {
    pub(super) fn new(socket: TcpStream, peer: SocketAddr, worker: Rc<Worker>) -> Self {
        Self {
            socket,
            peer: Peer::at(peer),
            scanner: Scanner::new(worker.sizes),
            worker,
            input: Input::default(),
            stand_in: &[],
            refused: None,
            over: false,
            idle: false,
            ended: None,
            waits: false,
            greeted: false,
            answers: false,
            idle_since: None,
            head_since: None,
            body: Pace::default(),
            output: Output::default(),
            cool_off: CoolOff::default(),
        }
    }

    /// Where it is.
    pub(crate) fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// The way of interim answers to it.
    pub(crate) fn interim(&self) -> Interim {
        self.output.interim().clone()
    }

    /// Why its request is refused, if it is.
    pub(crate) fn take_refusal(&mut self) -> Option<Refused> {
        self.refused.take()
    }

    /// Why the body of its request is refused, where no answer has said so: the head of one had gone out.
    pub(super) fn take_untold(&mut self) -> Option<Refused> {
        let in_body = self.scanner.place() == Place::Body;
        self.refused.take_if(|_| in_body)
    }

    /// Whether what is left of the present request's body has come, so that reading it costs no wait.
    pub(crate) fn has_sent_all(&self) -> bool {
        let left = self.scanner.left();
        left.is_some_and(|left| self.input.unread().len() as u64 >= left)
    }

    /// Whether it is likely to send more than was read before the last answer: it was refused, is in the middle of a body,
    /// or has sent something behind its last request.
    pub(super) fn may_send_more(&self) -> bool {
        if self.ended.is_some() || self.idle {
            return false;
        }
        let unread = self.scanner.place() == Place::Body || !self.input.is_empty();
        let more = || self.socket.try_read(&mut self.worker.scratch.borrow_mut());
        self.over || unread || more().is_ok_and(|bytes| bytes > 0)
    }

    /// Gives the server what it may see.
    pub(super) fn poll_read(
        &mut self,
        task: &mut Context<'_>,
        into: &mut ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.stand_in.is_empty() {
                let shown = self.stand_in.len().min(into.remaining());
                let (now, later) = self.stand_in.split_at(shown);
                into.put_slice(now);
                self.stand_in = later;
                return Poll::Ready(Ok(()));
            }
            // Nothing given is an end.
            if self.input.give(into) || self.over || self.scanner.place() == Place::Over {
                return Poll::Ready(Ok(()));
            }
            let before = self.scanner.place();
            if before == Place::Head && self.cools_off() {
                return Poll::Pending;
            }
            match self.scanner.scan(self.input.unread()) {
                Ok(Verdict::Pass(bytes)) => {
                    if before == Place::Head {
                        self.begin_request();
                    }
                    self.input.pass(bytes);
                }
                Ok(Verdict::Skip(bytes)) => self.input.skip(bytes),
                Ok(Verdict::More) if self.ended.is_some() => self.cut_short(),
                Ok(Verdict::More) => {
                    let read = self.poll_fill(task);
                    if read.is_pending() {
                        self.wait();
                    }
                    ready!(read)?;
                }
                Err(refused) => self.refuse(refused),
            }
        }
    }

    /// A whole head may be seen.
    fn begin_request(&mut self) {
        self.greeted = true;
        self.answers = false;
        self.idle_since = None;
        self.head_since = None;
        self.body = Pace::default();
        // Each answer that it may still wait for has the whole time.
        self.ended = self.ended.map(|_| Instant::now());
    }

    /// The client sends nothing more, and what it has sent is no whole request.
    fn cut_short(&mut self) {
        let (rule, observed) = match self.scanner.place() {
            Place::Body => ("body", "the end of what was sent, in the body"),
            _ if self.input.is_empty() => return self.end(),
            _ => ("head", "the end of what was sent, in the head"),
        };
        self.refuse(Refused::new(
            Grounds::Malformed,
            rule,
            "a whole request",
            observed,
        ));
    }

    /// The server sees no more of the client's bytes. Where it has not seen the request's head, it sees a stand-in.
    pub(super) fn refuse(&mut self, refused: Refused) {
        self.over = true;
        self.refused = Some(refused);
        if self.scanner.place() == Place::Head {
            let wants_no_body = self.input.unread().starts_with(b"HEAD ");
            self.stand_in = if wants_no_body { HEAD_STAND_IN } else { STAND_IN };
        }
    }

    fn wait(&mut self) {
        self.waits = true;
        match self.scanner.place() {
            Place::Body => self.body.wait(Instant::now),
            _ if self.input.is_empty() => {
                self.input.shrink();
                self.answers = false;
                self.idle_since.get_or_insert_with(Instant::now);
            }
            _ => {
                self.head_since.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Its request was refused for want of a berth, or not.
    pub(crate) fn had_a_berth(&mut self, berthed: Result<(), Instant>) {
        match berthed {
            Ok(()) => self.cool_off.admitted(),
            Err(now) => self.cool_off.refused(now),
        }
    }

    /// Whether it is not listened to. While the listener drains, there is no time for that.
    fn cools_off(&self) -> bool {
        self.cool_off.until().is_some() && !self.worker.drains()
    }

    /// It is listened to again.
    pub(super) fn end_cool_off(&mut self) {
        self.cool_off.end();
    }

    /// Reads what has come, once.
    fn poll_fill(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = self.worker.scratch.borrow_mut();
        let mut came = ReadBuf::new(&mut scratch);
        // A read that does not fill it was the last for now: the system need not be asked again until it says so.
        ready!(Pin::new(&mut self.socket).poll_read(task, &mut came))?;
        match came.filled() {
            [] => self.ended = Some(Instant::now()),
            bytes => {
                self.input.put(bytes);
                self.body.moved(bytes.len(), Instant::now);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Before the server is polled: whether it waits for the client is for that poll to say. Interim answers go out now,
    /// before the server learns of the answer behind them; where it is still writing, they are dropped.
    pub(super) fn begin_turn(&mut self, task: &mut Context<'_>) -> io::Result<()> {
        self.waits = false;
        self.output.hint(&mut self.socket, task)
    }

    /// After the server was polled: where it does not wait for the client, reads a little ahead, so that a client that
    /// goes away is noticed.
    pub(super) fn end_turn(&mut self, task: &mut Context<'_>) -> io::Result<()> {
        if self.waits {
            return Ok(());
        }
        self.body.rest(Instant::now);
        if self.cools_off() {
            return Ok(());
        }
        while self.ended.is_none() && self.input.has_room() {
            match self.poll_fill(task) {
                Poll::Ready(read) => read?,
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// The next time that will be over, and when.
    pub(super) fn deadline(&self, times: &Times) -> Option<(Instant, Late)> {
        let read = if self.waits {
            match self.scanner.place() {
                Place::Body => self.body.deadline(&times.body).map(|at| (at, Late::Body)),
                _ if self.input.is_empty() => {
                    let limit = if self.greeted { times.idle } else { times.head };
                    let over = self.idle_since.and_then(|since| since.checked_add(limit));
                    let at = over.into_iter().chain(self.worker.parts_at()).min();
                    at.map(|at| (at, Late::Idle))
                }
                _ => self
                    .head_since
                    .and_then(|since| Some((since.checked_add(times.head)?, Late::Head))),
            }
        } else if self.answers {
            None
        } else {
            let ended = self.ended.and_then(|at| at.checked_add(times.half_closed));
            ended.map(|at| (at, Late::HalfClosed))
        };
        let answer = self.output.deadline(&times.answer).map(|at| (at, Late::Answer));
        let cool_off = self.cool_off.until().map(|at| (at, Late::CoolOff));
        read.into_iter()
            .chain(answer)
            .chain(cool_off)
            .min_by_key(|(at, _)| *at)
    }

    /// Between two requests: no other one is waited for.
    pub(super) fn end(&mut self) {
        self.over = true;
        self.idle = true;
    }

    pub(super) fn poll_write(
        &mut self,
        task: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = self.output.poll_write(&mut self.socket, task, write);
        self.answers |= matches!(written, Poll::Ready(Ok(_)));
        written
    }

    pub(super) fn poll_flush(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.output.flushed();
        Pin::new(&mut self.socket).poll_flush(task)
    }

    pub(super) fn poll_shutdown(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(task)
    }

    pub(super) fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// Drops what comes; ready when nothing more does.
    pub(super) fn poll_discard(&mut self, task: &mut Context<'_>) -> Poll<()> {
        self.input = Input::default();
        while self.ended.is_none() {
            match self.poll_fill(task) {
                Poll::Ready(Ok(())) => self.input = Input::default(),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }

    /// The connection is to be reset at its close, so that nobody takes a part of an answer for the whole, and the system
    /// keeps none of it.
    pub(super) fn spoil(&self) {
        // A socket that is gone needs no reset.
        let _ = self.socket.set_zero_linger();
    }
}
