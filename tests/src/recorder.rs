//! An endpoint that takes requests in one canonical form only, and takes down what comes.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::corpus::Request;

/// The endpoint. Its threads end with their connections.
#[derive(Debug)]
pub struct Recorder {
    addr: SocketAddr,
    taken: Arc<Mutex<Vec<Result<Request, String>>>>,
}

impl Recorder {
    /// Starts it on a free port.
    #[allow(
        clippy::new_without_default,
        reason = "it starts threads, which no default should"
    )]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let taken: Arc<Mutex<Vec<_>>> = Arc::default();
        let shared = taken.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = shared.clone();
                thread::spawn(move || serve(stream, &taken));
            }
        });
        Self { addr, taken }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Every whole request since the last look, in order, and what was not canonical.
    pub fn take(&self) -> Vec<Result<Request, String>> {
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is answered to a request.
pub fn answer_to(method: &str, target: &str, body: &[u8]) -> Vec<u8> {
    [format!("{method} {target} ").as_bytes(), body].concat()
}

fn serve(mut stream: TcpStream, taken: &Mutex<Vec<Result<Request, String>>>) {
    let note = |request| {
        taken.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    };
    let mut from = BufReader::new(stream.try_clone().unwrap());
    loop {
        let request = match request(&mut from) {
            Ok(Ok(request)) => request,
            Ok(Err(why)) => return note(Err(why)),
            // A request that is not whole is none.
            Err(_) => return,
        };
        let content = answer_to(&request.method, &request.target, &request.body);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", content.len());
        let is_head = request.method == "HEAD";
        note(Ok(request));
        let mut answer = head.into_bytes();
        if !is_head {
            answer.extend(content);
        }
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

/// One request, or what is not canonical in it.
fn request(from: &mut impl BufRead) -> io::Result<Result<Request, String>> {
    let first = line(from)?;
    let words: Vec<_> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = words[..] else {
        return Ok(Err(format!("request line: {first:?}")));
    };
    let (mut hosts, mut length, mut chunked) = (0, None, false);
    loop {
        let field = line(from)?;
        if field.is_empty() {
            break;
        }
        let Some((name, value)) = field.split_once(": ") else {
            return Ok(Err(format!("field: {field:?}")));
        };
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        };
        if !name.bytes().all(plain) || value.trim() != value {
            return Ok(Err(format!("field: {field:?}")));
        }
        match name {
            "host" => hosts += 1,
            "content-length"
                if length.is_none() && value.parse::<u64>().is_ok_and(|n| n.to_string() == value) =>
            {
                length = value.parse().ok();
            }
            "transfer-encoding" if !chunked && value == "chunked" => chunked = true,
            "content-length" | "transfer-encoding" | "connection" | "upgrade" | "expect" | "keep-alive"
            | "te" => {
                return Ok(Err(format!("field: {field:?}")));
            }
            _ => {}
        }
    }
    if hosts != 1 || (chunked && length.is_some()) {
        return Ok(Err(format!(
            "{hosts} hosts, length {length:?}, chunked {chunked}: {first}"
        )));
    }
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body)?;
    while chunked {
        let size = line(from)?;
        let Ok(size) = usize::from_str_radix(&size, 16) else {
            return Ok(Err(format!("size: {size:?}")));
        };
        let start = body.len();
        body.resize(start + size, 0);
        from.read_exact(&mut body[start..])?;
        let end = line(from)?;
        if !end.is_empty() {
            return Ok(Err(format!("behind a chunk: {end:?}")));
        }
        chunked = size > 0;
    }
    Ok(Ok(Request {
        method: method.to_owned(),
        target: target.to_owned(),
        body,
    }))
}

/// One line that ends with CR LF, without that.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
