//! Takes connections out of the backlog.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::task::Poll;

use tokio::net::TcpStream;

use super::workers::{Arrival, Workers};

/// Accepts, and hands what comes to the workers. Dropped, it stops; the socket stays open where others hold it.
pub(super) struct Acceptor {
    listener: tokio::net::TcpListener,
}

impl Acceptor {
    pub(super) fn new(socket: TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(socket)?;
        Ok(Self { listener })
    }

    /// Accepts for as long as there are workers; returns why it cannot go on.
    pub(super) async fn run(&self, workers: &Workers) -> String {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let Some(arrival) = arrival(stream, peer) else {
                        continue;
                    };
                    if workers.hand_over(arrival).await.is_err() {
                        return "a worker's thread has ended".into();
                    }
                }
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

impl Acceptor {
    /// Hands over what waits in the backlog, and closes the socket for everybody who holds it: who connects from now on is
    /// refused. What comes between the one and the other is reset, unheard.
    pub(super) async fn close(self, workers: &Workers) -> io::Result<()> {
        while let Some((stream, peer)) = self.waiting().await {
            if let Some(arrival) = arrival(stream, peer)
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

/// Off this thread's reactor. A connection that is gone already is of no interest.
fn arrival(stream: TcpStream, peer: SocketAddr) -> Option<Arrival> {
    stream.set_nodelay(true).ok()?;
    let stream = stream.into_std().ok()?;
    Some(Arrival { stream, peer })
}
