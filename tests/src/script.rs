//! A service that is broken in the way that a test says, and what a client sees of it through the gateway.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::patience::{PATIENCE, until};

/// What an endpoint sends on a connection, and what it does then.
#[derive(Debug, Clone)]
pub struct Part {
    bytes: Vec<u8>,
    then: Then,
    next: Option<Box<Part>>,
}

/// What an endpoint does when it has sent its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It closes the connection.
    Close,
    /// It resets the connection.
    Reset,
    /// It says nothing more until the other side closes, or asks again: then it plays its next part, or answers [`AGAIN`].
    Stay,
    /// It sends these bytes again and again until the other side closes.
    Repeat(&'static [u8]),
    /// It sends these bytes, for which nobody asked, when it is [told](Scripted::go_on); then as [`Stay`](Self::Stay).
    Unasked(&'static str),
    /// It sends a byte `x` every now and then until the other side closes.
    Drip,
}

/// The answer to a request on a connection on which no part is played.
pub const CLEAN: &str = "clean";
/// The answer to a second request on a connection on which a part was played.
pub const AGAIN: &str = "again";

/// Time between two bytes that drip.
const DRIP: Duration = Duration::from_millis(10);

impl Part {
    /// These bytes, and then that.
    pub fn new(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self {
            bytes: bytes.into(),
            then,
            next: None,
        }
    }

    /// Then, at the next request on the same connection, this part.
    #[must_use]
    pub fn and_next(self, next: Part) -> Self {
        let next = Some(Box::new(next));
        Self { next, ..self }
    }
}

/// An endpoint that plays one part on each connection, in order, and answers properly on all that come later.
#[derive(Debug)]
pub struct Scripted {
    addr: SocketAddr,
    stage: Arc<Mutex<Stage>>,
}

#[derive(Debug, Default)]
struct Stage {
    parts: VecDeque<Part>,
    connections: usize,
    requests: Vec<String>,
    taken: u64,
    goes_on: bool,
    unasked: bool,
    open: Vec<TcpStream>,
}

impl Scripted {
    /// Starts one on a free port.
    #[allow(
        clippy::new_without_default,
        reason = "it opens a socket, which no default should"
    )]
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let stage: Arc<Mutex<Stage>> = Arc::default();
        let shared = stage.clone();
        // It accepts until the test's process ends.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let stage = shared.clone();
                // A connection that breaks is what the test is about.
                thread::spawn(move || {
                    let served = serve(&stage, &stream);
                    // No second hand on it is to keep it open.
                    lock(&stage).forget(&stream);
                    drop((served, stream));
                });
            }
        });
        Self { addr, stage }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Has this part played on the next connection.
    pub fn play_next(&self, part: Part) {
        lock(&self.stage).parts.push_back(part);
    }

    /// Closes all connections, and has this part played on the next one.
    pub fn play(&self, part: Part) {
        let mut stage = lock(&self.stage);
        stage.parts.push_back(part);
        for stream in stage.open.drain(..) {
            // The other side may have closed it before.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Connections that it has accepted.
    pub fn connections(&self) -> usize {
        lock(&self.stage).connections
    }

    /// The methods of all requests that it has read.
    pub fn methods(&self) -> Vec<String> {
        lock(&self.stage).requests.clone()
    }

    /// Bytes that were sent again and again, as far as somebody took them.
    pub fn taken(&self) -> u64 {
        lock(&self.stage).taken
    }

    /// Has it send what nobody asked for, and waits until it has.
    ///
    /// # Panics
    /// Where it does not.
    pub fn go_on(&self) {
        lock(&self.stage).goes_on = true;
        until(
            "bytes that nobody asked for",
            || lock(&self.stage).unasked,
            |sent| *sent,
        );
    }
}

impl Stage {
    fn forget(&mut self, stream: &TcpStream) {
        let peer = stream.peer_addr().ok();
        self.open.retain(|open| open.peer_addr().ok() != peer);
    }
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stage: &Mutex<Stage>, stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    {
        let mut stage = lock(stage);
        stage.connections += 1;
        stage.open.push(stream.try_clone()?);
    }
    let Some(method) = asked(stream)? else {
        return Ok(());
    };
    let part = {
        let mut stage = lock(stage);
        stage.requests.push(method);
        stage.parts.pop_front()
    };
    match part {
        Some(part) => play(stage, stream, part),
        None => answer_all(stage, stream, CLEAN),
    }
}

fn play(stage: &Mutex<Stage>, mut stream: &TcpStream, part: Part) -> io::Result<()> {
    let Part { bytes, then, next } = part;
    match then {
        // With the request unread, the system resets the connection.
        Then::Reset => stream.write_all(&bytes),
        Then::Close => {
            read_head(stream)?;
            stream.write_all(&bytes)
        }
        Then::Stay | Then::Unasked(_) => {
            read_head(stream)?;
            stream.write_all(&bytes)?;
            if let Then::Unasked(bytes) = then {
                until("the word to go on", || lock(stage).goes_on, |goes_on| *goes_on);
                stream.write_all(bytes.as_bytes())?;
                lock(stage).unasked = true;
            }
            match asked(stream)? {
                Some(method) => {
                    lock(stage).requests.push(method);
                    match next {
                        Some(next) => play(stage, stream, *next),
                        None => answer_all(stage, stream, AGAIN),
                    }
                }
                None => Ok(()),
            }
        }
        Then::Repeat(again) => {
            read_head(stream)?;
            stream.write_all(&bytes)?;
            let many = again.repeat(16 * 1024 / again.len());
            loop {
                stream.write_all(&many)?;
                lock(stage).taken += many.len() as u64;
            }
        }
        Then::Drip => {
            read_head(stream)?;
            stream.write_all(&bytes)?;
            stream.set_read_timeout(Some(DRIP))?;
            loop {
                stream.write_all(b"x")?;
                match stream.read(&mut [0]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    _ => return Ok(()),
                }
            }
        }
    }
}

fn answer_all(stage: &Mutex<Stage>, mut stream: &TcpStream, text: &str) -> io::Result<()> {
    loop {
        read_head(stream)?;
        write!(
            stream,
            "HTTP/1.1 200 Told\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        )?;
        match asked(stream)? {
            Some(method) => lock(stage).requests.push(method),
            None => return Ok(()),
        }
    }
}

/// Waits for a request's head, and leaves it unread; its method, or `None` where the other side closed.
fn asked(stream: &TcpStream) -> io::Result<Option<String>> {
    let mut bytes = [0; 4096];
    loop {
        let here = stream.peek(&mut bytes)?;
        let here = &bytes[..here];
        if here.is_empty() {
            return Ok(None);
        }
        if end_of_head(here).is_some() {
            let method = here.split(|byte| *byte == b' ').next().unwrap_or_default();
            return Ok(Some(String::from_utf8_lossy(method).into_owned()));
        }
    }
}

fn read_head(mut stream: &TcpStream) -> io::Result<()> {
    let mut bytes = [0; 4096];
    let here = stream.peek(&mut bytes)?;
    let end = end_of_head(&bytes[..here]).ok_or(io::ErrorKind::UnexpectedEof)?;
    stream.read_exact(&mut bytes[..end])
}

/// Where the head ends that begins here.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}

/// What a client made of what it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An answer of the endpoint that is whole: status, fields, body.
    Whole(u16, String, Vec<u8>),
    /// The gateway's own answer: status and rule.
    Refused(u16, String),
    /// No whole answer: nobody can take it for one.
    Broken,
}

impl Seen {
    /// Whether it is an endpoint's answer with this status and body.
    pub fn is_whole(&self, status: u16, body: impl AsRef<[u8]>) -> bool {
        matches!(self, Self::Whole(here, _, text) if *here == status && text == body.as_ref())
    }
}

/// Sends one request without a body by a connection of its own, and reads what comes by the letter, to the end of the
/// connection.
///
/// # Panics
/// Where what comes is neither an answer nor the beginning of one, or more than one.
pub fn seen(gateway: SocketAddr, method: &str) -> Seen {
    seen_with(gateway, method, "", b"")
}

/// The same with these field lines and this body, which is sent while the answer is read, as far as it is wanted.
///
/// # Panics
/// As [`seen`].
pub fn seen_with(gateway: SocketAddr, method: &str, fields: &str, body: &[u8]) -> Seen {
    let mut stream = TcpStream::connect(gateway).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("{method} / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut bytes = Vec::new();
    let read_to_end = thread::scope(|scope| {
        // The gateway may close once it has its answer.
        scope.spawn(move || drop(writer.write_all(body)));
        let read = stream.read_to_end(&mut bytes);
        // Whoever writes is not to wait for nobody.
        let _ = stream.shutdown(Shutdown::Both);
        read
    });
    if let Err(error) = read_to_end {
        let gone = error.kind() == io::ErrorKind::ConnectionReset;
        assert!(gone, "{error} after {:?}", String::from_utf8_lossy(&bytes));
    }
    read(method, &bytes)
}

/// Reads what came on a connection.
fn read(method: &str, bytes: &[u8]) -> Seen {
    let Some(end) = end_of_head(bytes) else {
        return Seen::Broken;
    };
    let head = str::from_utf8(&bytes[..end - 4]).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    if (100..200).contains(&status) {
        // An interim answer, which goes before the answer.
        return read(method, &bytes[end..]);
    }
    let field = |name: &str| {
        let mut lines = head.split("\r\n").skip(1);
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
    };
    let body = match field("content-length") {
        _ if method == "HEAD" || matches!(status, 204 | 304) => of_length(0, &bytes[end..]),
        Some(length) => of_length(length.parse().unwrap(), &bytes[end..]),
        None if field("transfer-encoding").is_some() => of_chunks(&bytes[end..]),
        None => of_length(0, &bytes[end..]),
    };
    match (body, field("x-hedgerow-refused")) {
        (None, _) => Seen::Broken,
        (Some(_), Some(refused)) => {
            let rule = refused.split("; rule=").nth(1).unwrap();
            let rule = rule.split(';').next().unwrap();
            Seen::Refused(status, rule.to_owned())
        }
        (Some(body), None) => Seen::Whole(status, head.to_owned(), body),
    }
}

/// `None` where it is not whole.
fn of_length(length: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    assert!(
        bytes.len() <= length,
        "more than the answer: {:?}",
        String::from_utf8_lossy(bytes)
    );
    (bytes.len() == length).then(|| bytes.to_vec())
}

/// `None` where it is not whole.
fn of_chunks(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        bytes = &bytes[line + 2..];
        if bytes.len() < size + 2 {
            return None;
        }
        body.extend_from_slice(&bytes[..size]);
        assert_eq!(&bytes[size..size + 2], b"\r\n");
        bytes = &bytes[size + 2..];
        if size == 0 {
            assert_eq!(bytes, b"", "more than the answer");
            return Some(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_only_with_its_last_byte() {
        let cases = [
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npaid",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\npa\r\n2\r\nid\r\n0\r\n\r\n",
        ];
        for case in cases {
            assert!(read("GET", case.as_bytes()).is_whole(200, "paid"), "{case}");
            for cut in 0..case.len() {
                assert_eq!(
                    read("GET", &case.as_bytes()[..cut]),
                    Seen::Broken,
                    "{}",
                    &case[..cut]
                );
            }
        }
    }
}
