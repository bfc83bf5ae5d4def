//! The load: a closed loop over raw connections, which costs less than any HTTP client.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::upstream::BODY;

pub(crate) const REQUEST: &[u8] =
    b"GET /bench HTTP/1.1\r\nhost: target.test\r\nuser-agent: hedgerow-benches\r\naccept: */*\r\n\r\n";

/// Connections that are kept busy, from one thread.
pub(crate) struct Load {
    runtime: Runtime,
    connections: Vec<Connection>,
}

/// What was answered in one run.
pub(crate) struct Served {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// Of each request, in nanoseconds, in no order.
    pub(crate) latencies: Vec<u32>,
}

/// A connection that waits for each answer.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Load {
    /// Opens the connections.
    pub(crate) fn connect(addr: SocketAddr, connections: usize) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let connections = runtime.block_on(try_join_all((0..connections).map(|_| Connection::open(addr))))?;
        Ok(Self { runtime, connections })
    }

    /// Sends requests for `length`, and waits for the answers to those that were sent.
    ///
    /// # Errors
    /// At the first answer that is not 200 with the upstream's whole body: who loses bytes is not fast.
    pub(crate) fn run(&mut self, length: Duration) -> io::Result<Served> {
        Ok(self.run_beside(length, async |_| Ok(()))?.0)
    }

    /// The same, and something else meanwhile, which is told when to end.
    ///
    /// # Errors
    /// As [`run`](Self::run), and where the other fails.
    pub(crate) fn run_beside<T>(
        &mut self,
        length: Duration,
        beside: impl AsyncFnOnce(Instant) -> io::Result<T>,
    ) -> io::Result<(Served, T)> {
        let Self { runtime, connections } = self;
        runtime.block_on(async {
            let start = Instant::now();
            let end = start + length;
            let busy = connections.iter_mut().map(|connection| connection.keep_busy(end));
            let measured = async {
                let latencies = try_join_all(busy).await?.concat();
                Ok(Served {
                    took: start.elapsed(),
                    latencies,
                })
            };
            try_join(measured, beside(end)).await
        })
    }
}

impl Connection {
    pub(crate) async fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(8_192),
        })
    }

    async fn keep_busy(&mut self, end: Instant) -> io::Result<Vec<u32>> {
        let mut latencies = Vec::with_capacity(4_096);
        let mut sent = Instant::now();
        while sent < end {
            let answer = self.ask(REQUEST).await?;
            if answer.status != 200 || answer.body != BODY {
                return Err(io::Error::other(format!("not the answer: {answer:?}")));
            }
            let answered = Instant::now();
            latencies.push(u32::try_from((answered - sent).as_nanos()).unwrap_or(u32::MAX));
            sent = answered;
        }
        Ok(latencies)
    }

    /// Sends a request without a body, and waits for the whole answer.
    ///
    /// # Errors
    /// Where the connection ends, or what comes is no answer of a length that is told.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::Error::other("the connection was closed instead of an answer"));
            }
            if let Some(answer) = Answer::begun(&self.answer)?
                && answer.is_whole(&self.answer)
            {
                return Ok(answer);
            }
        }
    }
}

/// What an answer's head says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of the head.
    head: usize,
    /// Bytes of the body.
    pub(crate) body: usize,
}

impl Answer {
    /// Whether these bytes, which begin with its head, have all of it.
    pub(crate) fn is_whole(&self, came: &[u8]) -> bool {
        came.len() >= self.head + self.body
    }

    /// The answer of which `start` has come; `None` until its head has.
    pub(crate) fn begun(start: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = start.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let wrong = || {
            io::Error::other(format!(
                "not an answer: {}",
                String::from_utf8_lossy(&start[..end])
            ))
        };
        let text = std::str::from_utf8(&start[..end]).map_err(|_| wrong())?;
        let status = text
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok());
        let body = text.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse().ok())?
        });
        let (status, body) = status.zip(body).ok_or_else(wrong)?;
        Ok(Some(Self {
            status,
            head: end + 4,
            body,
        }))
    }
}
