//! As much HTTP/1.1 as a client needs.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::patience::PATIENCE;
use crate::wire::{Body, Head};

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.field(name)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Checks that the gateway refused by this rule, and that this is who it says did it.
    ///
    /// # Panics
    /// Where not.
    pub fn is_refused(&self, status: u16, who: &str, rule: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let refused = self.header("x-hedgerow-refused").unwrap_or_default();
        assert!(
            refused.starts_with(&format!("{who}; rule={rule}; limit=")),
            "{refused}"
        );
    }

    /// Checks that this is a problem document with this status and title.
    ///
    /// # Panics
    /// Where not.
    pub fn is_problem(&self, status: u16, title: &str) {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, Some("application/problem+json")),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(
            (&problem["status"], &problem["title"]),
            (&status.into(), &title.into())
        );
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

/// A connection that is kept from request to request.
#[derive(Debug)]
pub struct Connection {
    addr: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody listens.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            addr,
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// Where the other side closes before the end of its answer.
    pub fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        self.send(method, target, headers, body)?;
        self.answer()
    }

    /// Sends a request, with the length of its body unless a header says how it is framed.
    ///
    /// # Errors
    /// Where the other side has closed.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut text = format!("{method} {target} HTTP/1.1\r\n");
        let has = |name| headers.iter().any(|(header, _)| *header == name);
        if !has("host") {
            text += &format!("host: {}\r\n", self.addr);
        }
        if !has("content-length") && !has("transfer-encoding") && (method == "POST" || !body.is_empty()) {
            text += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += "\r\n";
        self.write(&[text.as_bytes(), body].concat())
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    /// Where the other side has closed.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// `ConnectionAborted` where the other side closed before its first byte; another one where it closed within it.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let head = self.head()?;
        let mut body = Vec::new();
        self.body(&head).read_to_end(&mut body)?;
        let status = head
            .first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status: {head:?}")))?;
        Ok(Answer { status, head, body })
    }

    /// Reads the head of an answer.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn head(&mut self) -> io::Result<Head> {
        Head::read(&mut self.stream)?.ok_or_else(|| io::ErrorKind::ConnectionAborted.into())
    }

    /// The body behind this head, to be read piece by piece.
    pub fn body(&mut self, head: &Head) -> Body<'_, BufReader<TcpStream>> {
        Body::new(&mut self.stream, head.framing())
    }

    /// A second hand on the same connection, to write while the first reads.
    pub fn writer(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }
}

/// One request by a connection of its own.
///
/// # Errors
/// Where it is not answered to the end.
pub fn request(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let headers = [&[("connection", "close")], headers].concat();
    Connection::open(addr)?.ask(method, target, &headers, body)
}
