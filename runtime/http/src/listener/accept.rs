//! Takes connections out of the backlog.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;

use super::Options;
use super::notice::Notice;
use super::tickets::{Crowded, Tickets};
use super::workers::{Arrival, Workers};
use crate::guard::{Grounds, Refused};

/// The first wait after an attempt for which the system lacked the means; doubled with each further one, up to `LONGEST`.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Accepts, and hands what comes to the workers. Dropped, it stops; the socket stays open where others hold it.
pub(super) struct Acceptor {
    listener: tokio::net::TcpListener,
    tickets: Tickets,
    notice: Notice,
}

/// How it has gone of late, so that each change is told once.
#[derive(Default)]
struct Course {
    /// Attempts in a row for which the system lacked the means.
    failed: u32,
    is_full: bool,
}

impl Acceptor {
    pub(super) fn new(socket: TcpListener, options: &Options, notice: Notice) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(socket)?;
        let tickets = Tickets::new(options);
        Ok(Self {
            listener,
            tickets,
            notice,
        })
    }

    /// Accepts for as long as there are workers; returns why it cannot go on.
    pub(super) async fn run(&self, workers: &Workers) -> String {
        let mut course = Course::default();
        loop {
            self.wait_for_a_ticket(&mut course).await;
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.tell_recovery(&mut course);
                    let Some(arrival) = self.arrival(stream, peer) else {
                        continue;
                    };
                    if workers.hand_over(arrival).await.is_err() {
                        return "a worker's thread has ended".into();
                    }
                }
                Err(error) if is_the_clients(&error) => {}
                Err(error) => self.back_off(&error, &mut course).await,
            }
        }
    }

    async fn wait_for_a_ticket(&self, course: &mut Course) {
        if !self.tickets.are_taken() {
            course.is_full = false;
            return;
        }
        if !course.is_full {
            course.is_full = true;
            let most = self.tickets.most();
            self.notice.tell(
                "listenerFull",
                format!("has all of its {most} connections; further clients wait in the backlog"),
            );
        }
        self.tickets.free().await;
    }

    /// The system lacks descriptors or memory. The connection stays in the backlog, so that the next attempt would fail at
    /// once, and the next; others must end first.
    async fn back_off(&self, error: &io::Error, course: &mut Course) {
        if course.failed == 0 {
            let cause = format!("cannot accept: {error}; clients wait in the backlog, and it tries again");
            self.notice.tell("listenerExhausted", cause);
        }
        let wait = SHORTEST.saturating_mul(1 << course.failed.min(10)).min(LONGEST);
        course.failed = course.failed.saturating_add(1);
        tokio::time::sleep(wait).await;
    }

    fn tell_recovery(&self, course: &mut Course) {
        if course.failed > 0 {
            let cause = format!("accepts again, after {} failed attempts", course.failed);
            self.notice.tell("listenerRecovered", cause);
            course.failed = 0;
        }
    }

    /// Off this thread's reactor. A connection that is gone already is of no interest.
    fn arrival(&self, stream: TcpStream, peer: SocketAddr) -> Option<Arrival> {
        stream.set_nodelay(true).ok()?;
        let stream = stream.into_std().ok()?;
        let (ticket, admitted) = self.tickets.take(peer.ip());
        let refused = admitted.err().map(|Crowded { most }| {
            let limit = format!("{most} connections");
            Refused::new(Grounds::Crowded, "connectionsPerAddress", limit, "more")
        });
        Some(Arrival {
            stream,
            peer,
            ticket,
            refused,
        })
    }

    /// Hands over what waits in the backlog, and closes the socket for everybody who holds it: who connects from now on is
    /// refused. What comes between the one and the other is reset, unheard.
    pub(super) async fn close(self, workers: &Workers) -> io::Result<()> {
        while let Some((stream, peer)) = self.waiting().await {
            if let Some(arrival) = self.arrival(stream, peer)
                && workers.hand_over(arrival).await.is_err()
            {
                break;
            }
        }
        // A listener has no such call of its own; the system has one for all sockets.
        let socket = std::net::TcpStream::from(OwnedFd::from(self.listener.into_std()?));
        socket.shutdown(Shutdown::Both)
    }

    /// The next connection in the backlog, where there is one now.
    async fn waiting(&self) -> Option<(TcpStream, SocketAddr)> {
        let mut accepting = pin!(self.listener.accept());
        std::future::poll_fn(|task| match accepting.as_mut().poll(task) {
            Poll::Ready(accepted) => Poll::Ready(accepted.ok()),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

/// Whether only this one connection failed, and the next one may be fine.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
