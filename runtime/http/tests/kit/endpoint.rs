//! An endpoint that follows a script.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use super::client::Client;

/// One connection, as the endpoint sees it: it reads requests and writes answers.
pub type Conn = Client;

/// The first line of a message, and its fields.
pub type Head = (String, Vec<(String, String)>);

pub struct Endpoint {
    pub addr: SocketAddr,
    accepted: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<Head>>>,
}

impl Endpoint {
    /// Follows `script` on each connection; it is given the connection and its number, from 0.
    #[expect(clippy::disallowed_methods, reason = "tasks of the test itself")]
    pub async fn scripted<F>(script: impl Fn(Conn, usize) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                tokio::task::spawn_local(script(Client::over(stream), number));
            }
        });
        Self {
            addr,
            accepted,
            heads: Arc::default(),
        }
    }

    /// Answers every request without a body with these bytes, and goes on.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<Vec<u8>> = Arc::new(answer.into());
        let heads: Arc<Mutex<Vec<_>>> = Arc::default();
        let seen = heads.clone();
        let mut endpoint = Self::scripted(move |mut conn, _| {
            let (answer, seen) = (answer.clone(), seen.clone());
            async move {
                while conn.speaks().await {
                    let head = conn.head().await;
                    seen.lock().unwrap().push(head);
                    conn.send(&*answer).await;
                }
            }
        })
        .await;
        endpoint.heads = heads;
        endpoint
    }

    /// How many connections came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The last request's first line and fields.
    pub fn last_head(&self) -> Head {
        self.heads.lock().unwrap().last().unwrap().clone()
    }
}
