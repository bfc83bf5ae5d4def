//! An upstream that costs as little as it can: it looks for the end of the head, and writes what it has ready. Below one
//! path it is sick.

use std::io;
use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::role::ready;

/// Bytes of an answer's body.
pub(crate) const BODY: usize = 1_024;

/// Connections that may wait to be accepted: as many as is usual.
const BACKLOG: u32 = 128;

/// How a request begins that is answered with 500.
pub(crate) const SICK: &[u8] = b"GET /sick ";

const FAILURE: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

/// Serves until the process ends.
pub(crate) fn serve() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        ready(listener.local_addr()?)?;
        let answer: &'static [u8] = answer().leak();
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            while connections.try_join_next().is_some() {}
            connections.spawn(converse(stream, answer));
        }
    })
}

fn answer() -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {BODY}\r\n\r\n");
    let mut answer = head.into_bytes();
    answer.resize(answer.len() + BODY, b'x');
    answer
}

/// Answers every request on a connection; requests have no body.
async fn converse(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(4_096);
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"\r\n\r\n") {
            let is_sick = request.starts_with(SICK);
            request.clear();
            stream.write_all(if is_sick { FAILURE } else { answer }).await?;
        }
    }
    Ok(())
}
