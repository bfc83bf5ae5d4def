//! The callers: an open loop, in which each request is due at its time, whatever became of those before it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::message;

/// Requests a second.
pub(crate) const RATE: u32 = 1_000;
/// A caller that has waited for so long gives up, and counts an error.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// What callers ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// What may be sent twice.
    Get,
    /// What may not, as the first one may have been acted on.
    Post,
}

impl Method {
    /// Both, in the order of the tables.
    pub(crate) const ALL: [Self; 2] = [Self::Get, Self::Post];

    /// As it stands in a request.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    const fn request(self) -> &'static [u8] {
        match self {
            Self::Get => b"GET /bench HTTP/1.1\r\nhost: target.test\r\naccept: */*\r\n\r\n",
            Self::Post => b"POST /bench HTTP/1.1\r\nhost: target.test\r\ncontent-length: 5\r\n\r\nhello",
        }
    }
}

/// What a caller saw of its call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// When it was due to be sent, which is what its time counts from.
    pub(crate) due: Instant,
    /// When it was answered, or given up.
    pub(crate) ended: Instant,
    /// The status of its answer; `None` where none came in time.
    pub(crate) status: Option<u16>,
}

impl Call {
    /// Whether it was answered with anything but 200, or not at all.
    pub(crate) fn is_error(&self) -> bool {
        self.status != Some(200)
    }
}

/// Calls a proxy at the rate from `start` to `end`, and returns when the last call has ended.
pub(crate) async fn call(proxy: SocketAddr, method: Method, start: Instant, end: Instant) -> Vec<Call> {
    let idle = Arc::<Idle>::default();
    let mut under_way = JoinSet::new();
    let mut calls = Vec::new();
    let period = Duration::from_secs(1) / RATE;
    let mut due = start;
    while due < end {
        sleep_until(due).await;
        while due <= Instant::now() && due < end {
            under_way.spawn(one(idle.clone(), proxy, method, due));
            due += period;
        }
        while let Some(ended) = under_way.try_join_next() {
            calls.push(ended.expect("a caller does not panic"));
        }
    }
    calls.extend(under_way.join_all().await);
    calls
}

async fn one(idle: Arc<Idle>, proxy: SocketAddr, method: Method, due: Instant) -> Call {
    let answered = timeout_at(due + PATIENCE, ask(&idle, proxy, method)).await;
    Call {
        due,
        ended: Instant::now(),
        status: answered.ok().and_then(Result::ok),
    }
}

/// One request over an idle connection or a fresh one; the status of its answer.
///
/// # Errors
/// Where the proxy is not there, or its connection ends before the answer has.
pub(crate) async fn ask(idle: &Idle, proxy: SocketAddr, method: Method) -> io::Result<u16> {
    let mut stream = match idle.take() {
        Some(stream) => stream,
        None => TcpStream::connect(proxy).await?,
    };
    stream.set_nodelay(true)?;
    stream.write_all(method.request()).await?;
    let mut answer = Vec::with_capacity(1_024);
    while message::length(&answer)?.is_none_or(|length| answer.len() < length) {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    idle.put(stream);
    message::status(&answer).ok_or_else(|| io::Error::other("no answer of HTTP/1.1"))
}

/// Connections that wait for the next caller.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Vec<TcpStream>>);

impl Idle {
    /// The one that was used last of those that the proxy has not closed.
    fn take(&self) -> Option<TcpStream> {
        let mut idle = self.0.lock().expect("nobody panics with the connections");
        while let Some(stream) = idle.pop() {
            let is_open = stream
                .try_read(&mut [0])
                .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            if is_open {
                return Some(stream);
            }
        }
        None
    }

    fn put(&self, stream: TcpStream) {
        self.0
            .lock()
            .expect("nobody panics with the connections")
            .push(stream);
    }
}
