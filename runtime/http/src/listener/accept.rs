//! Takes connections out of the backlog.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::Options;
use super::last;
use super::notice::Notice;
use super::reserve::{Reserve, is_shortage};
use super::tickets::{Crowded, Tickets};
use super::workers::{Arrival, Workers};
use crate::guard::{Grounds, Refused};

/// The first wait after an attempt for which the system lacked the means; doubled with each further one, up to `LONGEST`.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(200);

/// Accepts, and hands what comes to the workers. Dropped, it stops; the socket stays open where others hold it.
pub(super) struct Acceptor {
    listener: tokio::net::TcpListener,
    tickets: Tickets,
    notice: Notice,
    reserve: Reserve,
}

/// How it has gone of late, so that each change is told once.
#[derive(Default)]
struct Course {
    /// Attempts in a row for which the system lacked the means.
    failed: u32,
    /// Connections that were refused meanwhile.
    refused: u64,
    is_full: bool,
}

impl Acceptor {
    pub(super) fn new(socket: TcpListener, options: &Options, notice: Notice) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let exposed = options.exposed(socket.local_addr());
        let reserve = Reserve::of(&socket, exposed)?;
        let listener = tokio::net::TcpListener::from_std(socket)?;
        let tickets = Tickets::new(options);
        Ok(Self {
            listener,
            tickets,
            notice,
            reserve,
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
                    let Some(arrival) = stream
                        .into_std()
                        .ok()
                        .and_then(|stream| arrival(&self.tickets, stream, peer))
                    else {
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
    /// once, and the next; others must end first. A shortage that is over after the first wait costs nobody anything; in one
    /// that lasts, those who wait are told so, by the descriptor that is kept for it.
    async fn back_off(&self, error: &io::Error, course: &mut Course) {
        if course.failed == 0 {
            let cause =
                format!("cannot accept: {error}; who waits for longer is answered 503, and it tries again");
            self.notice.tell("listenerExhausted", cause);
        } else if is_shortage(error) {
            course.refused += self.reserve.refuse_all();
        }
        let wait = SHORTEST.saturating_mul(1 << course.failed.min(10)).min(LONGEST);
        course.failed = course.failed.saturating_add(1);
        tokio::time::sleep(wait).await;
    }

    fn tell_recovery(&self, course: &mut Course) {
        if course.failed > 0 {
            let Course { failed, refused, .. } = course;
            let cause =
                format!("accepts again, after {failed} failed attempts and {refused} refused connections");
            self.notice.tell("listenerRecovered", cause);
            (course.failed, course.refused) = (0, 0);
            self.reserve.restore();
        }
    }

    /// Lets nobody in any more, hands over what waits in the backlog, and closes the socket for everybody who holds it: who
    /// connects from now on is refused, and nobody is reset.
    pub(super) async fn close(self, workers: &Workers) -> io::Result<()> {
        // Past the reactor, which learns of a connection later than the backlog.
        let socket = self.listener.into_std()?;
        hand_over_all(&self.tickets, &socket, workers).await;
        // Where it cannot be barred, whoever comes between the last look and the end is reset. What is left to do takes no
        // time, so that nearly nobody knocks in vain.
        let _ = last::bar(&socket);
        hand_over_all(&self.tickets, &socket, workers).await;
        last::close(socket)
    }
}

/// What is to be handed over. A connection that is gone already is of no interest.
fn arrival(tickets: &Tickets, stream: TcpStream, peer: SocketAddr) -> Option<Arrival> {
    stream.set_nodelay(true).ok()?;
    stream.set_nonblocking(true).ok()?;
    let (ticket, admitted) = tickets.take(peer.ip());
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

/// Hands over what waits in the backlog.
async fn hand_over_all(tickets: &Tickets, socket: &TcpListener, workers: &Workers) {
    while let Ok((stream, peer)) = socket.accept() {
        if let Some(arrival) = arrival(tickets, stream, peer)
            && workers.hand_over(arrival).await.is_err()
        {
            return;
        }
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

#[cfg(test)]
mod tests;
