//! As much HTTP/1.1 as the tests need.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A test that waits longer than this has failed. Far more than anything takes, also on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head, in small letters.
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Checks that this is a problem document with this status and title.
    pub fn is_problem(&self, status: u16, title: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
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

/// Sends these bytes and reads until the other side closes.
pub fn raw(addr: SocketAddr, request: &str) -> Answer {
    let mut stream = connect(addr);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer with a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_lowercase().replace('\r', ""),
        body: body.to_owned(),
    }
}

/// A request with these further header lines, `Host` being the address unless they name one.
pub fn request(addr: SocketAddr, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
    let mut head = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    if !headers
        .iter()
        .any(|header| header.to_lowercase().starts_with("host:"))
    {
        head += &format!("host: {addr}\r\n");
    }
    for header in headers {
        head += &format!("{header}\r\n");
    }
    raw(
        addr,
        &format!("{head}content-length: {}\r\n\r\n{body}", body.len()),
    )
}

pub fn get(addr: SocketAddr, target: &str) -> Answer {
    request(addr, "GET", target, &[], "")
}

/// An order for an actor, as JSON and with these further headers.
pub fn order(addr: SocketAddr, path: &str, action: &str, headers: &[&str]) -> Answer {
    let headers = [&["content-type: application/json"], headers].concat();
    let body = serde_json::json!({ "action": action }).to_string();
    request(addr, "POST", &format!("/api/actors/{path}"), &headers, &body)
}

/// An event stream that is open.
pub struct Stream {
    reader: BufReader<TcpStream>,
}

impl Stream {
    /// Opens it and returns the head of the answer too.
    pub fn open(addr: SocketAddr, headers: &str) -> (Self, String) {
        Self::open_at(addr, "/events", headers)
    }

    /// The same at another path.
    pub fn open_at(addr: SocketAddr, path: &str, headers: &str) -> (Self, String) {
        let mut stream = connect(addr);
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n{headers}\r\n").as_bytes())
            .unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                reader.read_line(&mut head).unwrap() > 0,
                "closed within the head: {head}"
            );
        }
        (Self { reader }, head.to_lowercase())
    }

    /// The data of the next event of this name; others are passed over.
    pub fn named(&mut self, name: &str) -> Value {
        let wanted = format!("event: {name}\n");
        let mut before = String::new();
        loop {
            let mut line = String::new();
            assert!(
                self.reader.read_line(&mut line).unwrap() > 0,
                "the stream was closed"
            );
            match line.strip_prefix("data: ") {
                Some(data) if before == wanted => return serde_json::from_str(data).unwrap(),
                _ => before = line,
            }
        }
    }

    /// The next event.
    pub fn next(&mut self) -> Value {
        let mut id = None;
        loop {
            let mut line = String::new();
            assert!(
                self.reader.read_line(&mut line).unwrap() > 0,
                "the stream was closed"
            );
            if let Some(seq) = line.strip_prefix("id: ") {
                id = Some(seq.trim().parse::<u64>().unwrap());
            } else if let Some(data) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(data).unwrap();
                assert_eq!(event["seq"].as_u64(), id);
                return event;
            }
        }
    }
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}
