//! An endpoint that falls sick when it is told to, and writes down when requests reach it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::message;

const WELL: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";
const FAILED: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

/// What is wrong with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sickness {
    /// Its sockets are closed, as the kernel closes those of a process that is killed.
    Killed,
    /// It answers each request with 500, at once.
    Fails,
    /// It accepts connections, reads requests and says nothing.
    Silent,
}

/// It serves on the runtime that it was started on, until this value is dropped.
pub(crate) struct Endpoint {
    pub(crate) addr: SocketAddr,
    condition: Arc<Condition>,
    server: JoinSet<()>,
}

#[derive(Default)]
struct Condition {
    fails: AtomicBool,
    is_silent: AtomicBool,
    reached: Mutex<Vec<Instant>>,
}

impl Endpoint {
    /// Starts one that is well.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let condition = Arc::<Condition>::default();
        let mut server = JoinSet::new();
        server.spawn(serve(listener, condition.clone()));
        Ok(Self {
            addr,
            condition,
            server,
        })
    }

    /// From now on it is sick.
    pub(crate) async fn fall(&mut self, sickness: Sickness) {
        match sickness {
            // Its connections are tasks of the server, and end with it.
            Sickness::Killed => self.server.shutdown().await,
            Sickness::Fails => self.condition.fails.store(true, Ordering::Relaxed),
            Sickness::Silent => self.condition.is_silent.store(true, Ordering::Relaxed),
        }
    }

    /// When requests have reached it, since an instant.
    pub(crate) fn reached_since(&self, from: Instant) -> Vec<Instant> {
        let reached = self
            .condition
            .reached
            .lock()
            .expect("nobody panics while writing down");
        reached.iter().copied().filter(|at| *at >= from).collect()
    }
}

async fn serve(listener: TcpListener, condition: Arc<Condition>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(converse(stream, condition.clone()));
    }
}

/// Answers every request on a connection.
async fn converse(mut stream: TcpStream, condition: Arc<Condition>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(4_096);
    while stream.read_buf(&mut request).await? > 0 {
        if message::length(&request)?.is_none_or(|length| request.len() < length) {
            continue;
        }
        request.clear();
        condition
            .reached
            .lock()
            .expect("nobody panics while writing down")
            .push(Instant::now());
        if condition.is_silent.load(Ordering::Relaxed) {
            continue;
        }
        let fails = condition.fails.load(Ordering::Relaxed);
        stream.write_all(if fails { FAILED } else { WELL }).await?;
    }
    Ok(())
}
