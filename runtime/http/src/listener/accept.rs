//! Takes connections out of the backlog.

use std::io;
use std::net::{SocketAddr, TcpListener};

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

/// Off this thread's reactor. A connection that is gone already is of no interest.
fn arrival(stream: TcpStream, peer: SocketAddr) -> Option<Arrival> {
    stream.set_nodelay(true).ok()?;
    let stream = stream.into_std().ok()?;
    Some(Arrival { stream, peer })
}
