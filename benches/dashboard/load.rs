//! The load, at a rate of its own, and the upstream that answers it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Requests over one connection, each to the next upstream.
pub(crate) struct Load {
    end: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Load {
    /// Sends so many requests a second, over all upstreams; none where the rate is 0.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench ends it, and hears how it went"
    )]
    pub(crate) fn start(listener: SocketAddr, rate: u32, upstreams: usize) -> Self {
        let (end, mut ended) = oneshot::channel();
        let task = tokio::spawn(async move {
            let Some(every) = Duration::from_secs(1).checked_div(rate) else {
                return Ok(());
            };
            let mut stream = TcpStream::connect(listener).await?;
            stream.set_nodelay(true)?;
            let mut turns = interval(every);
            turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for upstream in (0..upstreams).cycle() {
                tokio::select! {
                    _ = &mut ended => break,
                    _ = turns.tick() => ask(&mut stream, upstream).await?,
                }
            }
            Ok(())
        });
        Self { end, task }
    }

    /// Sends no more.
    ///
    /// # Errors
    /// Where a request was not answered as it should be.
    pub(crate) async fn end(self) -> io::Result<()> {
        // One that has ended by itself tells why.
        let _ = self.end.send(());
        self.task.await?
    }
}

async fn ask(stream: &mut TcpStream, upstream: usize) -> io::Result<()> {
    let request = format!("GET /u{upstream} HTTP/1.1\r\nhost: mesh.test\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1_024);
    while !answer.ends_with(b"\r\n\r\nok") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::Error::other("the connection was closed instead of an answer"));
        }
    }
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    let head = String::from_utf8_lossy(&answer);
    Err(io::Error::other(format!("not the answer: {head}")))
}

/// Answers every request on every connection.
pub(crate) async fn answer(listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream));
    }
}

/// Requests have no body.
async fn converse(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(4_096);
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            stream.write_all(ANSWER).await?;
        }
    }
    Ok(())
}
