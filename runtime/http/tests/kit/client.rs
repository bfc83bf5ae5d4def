//! A client that speaks bytes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a field, the values of several joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(" | "))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub async fn connect(addr: SocketAddr) -> Self {
        Self::over(TcpStream::connect(addr).await.unwrap())
    }

    pub fn over(stream: TcpStream) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends, and says whether the other side still takes it.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Closes the sending side.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Goes, without waiting for anything.
    pub fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Asks with `GET`, and reads the whole answer.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// Sends a head with these further fields, each ending in CR LF, and reads the whole answer.
    pub async fn ask(&mut self, method: &str, path: &str, fields: &str) -> Answer {
        self.send(format!("{method} {path} HTTP/1.1\r\nhost: shop\r\n{fields}\r\n"))
            .await;
        self.answer(method).await
    }

    /// Reads one message's head: the first line, and the fields.
    pub async fn head(&mut self) -> (String, Vec<(String, String)>) {
        let head = self.until(b"\r\n\r\n").await;
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap().to_owned();
        let fields = lines
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                (name.to_ascii_lowercase(), value.trim().to_owned())
            })
            .collect();
        (first, fields)
    }

    /// Reads one answer to its end.
    pub async fn answer(&mut self, method: &str) -> Answer {
        let (first, headers) = self.head().await;
        let status = first.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        if method == "HEAD" || status == 204 || status == 304 {
            return answer;
        }
        if let Some(length) = answer.header("content-length") {
            answer.body = self.exactly(length.parse().unwrap()).await;
        } else if answer.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk().await {
                answer.body.extend(chunk);
            }
        } else {
            answer.body = self.rest().await;
        }
        answer
    }

    /// Reads one chunk; `None` is the last.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(self.until(b"\r\n").await.trim(), 16).unwrap();
        let chunk = self.exactly(length).await;
        self.until(b"\r\n").await;
        (length > 0).then_some(chunk)
    }

    /// The last chunk, the trailers and the empty line.
    pub async fn until_end(&mut self) -> String {
        self.until(b"\r\n\r\n").await
    }

    /// Everything until the other side closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    /// Whether the other side has closed, with nothing left to read.
    pub async fn is_closed(&mut self) -> bool {
        self.rest().await.is_empty()
    }

    /// Waits until something comes; `false` where the other side closes instead.
    pub async fn speaks(&mut self) -> bool {
        !self.read.is_empty() || self.more().await
    }

    pub async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(
                self.more().await,
                "closed after {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
        self.read.drain(..length).collect()
    }

    async fn until(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                let taken: Vec<u8> = self.read.drain(..at + end.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            assert!(
                self.more().await,
                "closed after {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }

    async fn more(&mut self) -> bool {
        // A reset is an end as well.
        self.stream.read_buf(&mut self.read).await.unwrap_or(0) > 0
    }
}
