//! Who asks: some connections that are kept, asked all at once and then read.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};

const CONNECTIONS: usize = 64;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: bench\r\nuser-agent: load\r\naccept: */*\r\n\r\n";
const BODY: &[u8] = b"hello, world";

/// Connections to one server.
pub(crate) struct Load {
    connections: Mutex<Vec<TcpStream>>,
    /// Bytes of an answer: all are the same but for their date.
    length: usize,
}

impl Load {
    pub(crate) fn on(addr: SocketAddr) -> Self {
        let connect = |_| {
            let connection = TcpStream::connect(addr).expect("the bench's own server listens");
            connection.set_nodelay(true).expect("a socket of its own");
            connection
        };
        let mut connections: Vec<TcpStream> = (0..CONNECTIONS).map(connect).collect();
        let length = answer(&mut connections[0]).len();
        Self {
            connections: Mutex::new(connections),
            length,
        }
    }

    /// Asks so many times, over all connections in turn.
    pub(crate) fn batch(&self, count: u64) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = vec![0; self.length];
        let mut left = usize::try_from(count).expect("a batch fits into memory");
        while left > 0 {
            let wave = left.min(CONNECTIONS);
            for connection in &mut connections[..wave] {
                connection.write_all(REQUEST).expect("the server reads");
            }
            for connection in &mut connections[..wave] {
                connection.read_exact(&mut answer).expect("the server answers");
                assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(BODY));
            }
            left -= wave;
        }
    }
}

/// One answer, as it comes.
fn answer(connection: &mut TcpStream) -> Vec<u8> {
    connection.write_all(REQUEST).expect("the server reads");
    let (mut answer, mut some) = (Vec::new(), [0; 4_096]);
    while !answer.ends_with(BODY) {
        let read = connection.read(&mut some).expect("the server answers");
        assert!(read > 0, "the server closed: {answer:?}");
        answer.extend_from_slice(&some[..read]);
    }
    answer
}
