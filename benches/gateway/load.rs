//! The load: a closed loop over raw connections, which costs less than any HTTP client.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::upstream::BODY;

const REQUEST: &[u8] =
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
        let Self { runtime, connections } = self;
        runtime.block_on(async {
            let start = Instant::now();
            let busy = connections
                .iter_mut()
                .map(|connection| connection.keep_busy(start + length));
            let latencies = try_join_all(busy).await?.concat();
            Ok(Served {
                took: start.elapsed(),
                latencies,
            })
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
            if self.ask().await? != 200 {
                return Err(wrong(&self.answer));
            }
            let answered = Instant::now();
            latencies.push(u32::try_from((answered - sent).as_nanos()).unwrap_or(u32::MAX));
            sent = answered;
        }
        Ok(latencies)
    }

    /// Sends a request, and waits for the whole of its answer; returns the status.
    ///
    /// # Errors
    /// Where the connection ends, or a 200 has not the upstream's whole body.
    pub(crate) async fn ask(&mut self) -> io::Result<u16> {
        self.stream.write_all(REQUEST).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::Error::other("the connection was closed instead of an answer"));
            }
            if let Some(Framed { status, length }) = framed(&self.answer)?
                && self.answer.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// What the head of an answer says.
struct Framed {
    status: u16,
    /// Of the whole answer, in bytes.
    length: usize,
}

/// Of an answer of which `start` has come; `None` until its head has.
fn framed(start: &[u8]) -> io::Result<Option<Framed>> {
    let Some(head) = start.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&start[..head]).map_err(|_| wrong(start))?;
    let declared = text.lines().skip(1).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok());
    match (status, declared.and_then(|value| value.parse::<usize>().ok())) {
        (Some(status), Some(body)) if status != 200 || body == BODY => Ok(Some(Framed {
            status,
            length: head + 4 + body,
        })),
        _ => Err(wrong(start)),
    }
}

fn wrong(answer: &[u8]) -> io::Error {
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(1_000)]);
    io::Error::other(format!("not the answer: {shown}"))
}
