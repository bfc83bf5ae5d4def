//! The live events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::patience::{PATIENCE, now};
use crate::wire::{Body, Head};

/// The event stream of a gateway, open.
#[derive(Debug)]
pub struct Stream {
    /// The decoded body: server-sent events, line by line.
    lines: BufReader<Decoded>,
    /// What was told, to be shown where what is waited for is not.
    seen: Vec<String>,
}

/// A chunked body that owns its connection.
#[derive(Debug)]
struct Decoded {
    from: BufReader<TcpStream>,
    /// What is left of the chunk that was read last.
    chunk: std::io::Cursor<Vec<u8>>,
}

impl Stream {
    /// Opens it.
    ///
    /// # Panics
    /// Where it is not answered as an event stream.
    pub fn open(admin: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(admin).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /events HTTP/1.1\r\nhost: {admin}\r\n\r\n").unwrap();
        let mut from = BufReader::new(stream);
        let head = Head::read(&mut from).unwrap().unwrap();
        assert_eq!(
            (head.first.as_str(), head.field("content-type")),
            ("HTTP/1.1 200 OK", Some("text/event-stream")),
            "{head:?}"
        );
        let chunk = std::io::Cursor::default();
        Self {
            lines: BufReader::new(Decoded { from, chunk }),
            seen: Vec::new(),
        }
    }

    /// The next event. Waits for it.
    ///
    /// # Panics
    /// Where none comes within [`PATIENCE`].
    pub fn next_event(&mut self) -> Value {
        let begun = now();
        loop {
            // A quiet stream shows that it lives, which is no event.
            assert!(begun.elapsed() < PATIENCE, "no event after {:#?}", self.seen);
            let mut line = String::new();
            match self.lines.read_line(&mut line) {
                Ok(0) => panic!("the event stream was closed after {:#?}", self.seen),
                Err(error) => panic!("no event ({error}) after {:#?}", self.seen),
                Ok(_) => {}
            }
            if let Some(data) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(data).unwrap();
                self.seen.push(format!("{}: {}", event["kind"], event["cause"]));
                return event;
            }
        }
    }

    /// Waits for the event of this kind whose cause begins so.
    ///
    /// # Panics
    /// As [`next_event`](Self::next_event).
    pub fn wait_for(&mut self, kind: &str, cause: &str) -> Value {
        loop {
            let event = self.next_event();
            if event["kind"] == kind
                && event["cause"]
                    .as_str()
                    .is_some_and(|told| told.starts_with(cause))
            {
                return event;
            }
        }
    }
}

impl std::io::Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.chunk.position() == self.chunk.get_ref().len() as u64 {
            self.chunk = std::io::Cursor::new(next_chunk(&mut self.from)?);
        }
        self.chunk.read(into)
    }
}

/// The next chunk; empty where it was the last.
fn next_chunk(from: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut size = String::new();
    from.read_line(&mut size)?;
    let length = u64::from_str_radix(size.trim_end(), 16).map_err(std::io::Error::other)?;
    let mut chunk = Vec::new();
    let mut body = Body::new(from, crate::wire::Framing::Length(length));
    std::io::Read::read_to_end(&mut body, &mut chunk)?;
    from.read_line(&mut String::new())?;
    Ok(chunk)
}
