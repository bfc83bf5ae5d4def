//! Those who watch: clients of HTTP/1.1 that read the stream as it comes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// One client of `GET /live`. It goes with this value.
pub(crate) struct Viewer {
    received: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Viewer {
    /// Begins to watch.
    pub(crate) async fn follow(admin: SocketAddr) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let mut body = ask(admin, "/live", &mut tasks).await?.into_body();
        let received = Arc::new(AtomicU64::new(0));
        let count = received.clone();
        tasks.spawn(async move {
            while let Some(Ok(frame)) = body.frame().await {
                let length = frame.data_ref().map_or(0, Bytes::len) as u64;
                count.fetch_add(length, Ordering::Relaxed);
            }
        });
        Ok(Self {
            received,
            _tasks: tasks,
        })
    }

    /// Bytes of the stream that have come.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// How many actors there are, as the tree shows them.
pub(crate) async fn actors(admin: SocketAddr) -> io::Result<usize> {
    let mut tasks = JoinSet::new();
    let answer = ask(admin, "/api/tree", &mut tasks).await?;
    let tree = answer.into_body().collect().await.map_err(io::Error::other)?;
    let text = String::from_utf8_lossy(&tree.to_bytes()).into_owned();
    Ok(text.matches("\"mailbox\":").count())
}

async fn ask(admin: SocketAddr, path: &str, tasks: &mut JoinSet<()>) -> io::Result<Response<Incoming>> {
    let stream = TcpStream::connect(admin).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tasks.spawn(async move {
        // A connection that ends shows in what the viewer has received.
        let _ = connection.await;
    });
    let request = Request::get(path)
        .header("host", admin.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    if !answer.status().is_success() {
        return Err(io::Error::other(format!("{path}: {}", answer.status())));
    }
    Ok(answer)
}
