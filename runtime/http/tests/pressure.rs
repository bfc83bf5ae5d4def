//! Who is slow to read slows down who writes: nothing is held as a whole.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use kit::{Client, Endpoint, Gateway, Numbers, run};

const MEBIBYTE: usize = 1 << 20;
/// More than the buffers of all sockets on the way hold.
const WHOLE: usize = 96 * MEBIBYTE;
/// A write that takes longer is held back; on a slow machine perhaps without reason, which only shortens the test.
const HELD_BACK: Duration = Duration::from_millis(400);

/// Writes until it is held back, or the whole is written; returns how much was.
async fn written(to: &mut Client) -> usize {
    let chunk = vec![b'x'; MEBIBYTE];
    for written in (0..WHOLE).step_by(MEBIBYTE) {
        if tokio::time::timeout(HELD_BACK, to.send(&chunk)).await.is_err() {
            return written;
        }
    }
    WHOLE
}

#[test]
fn a_client_that_does_not_read_holds_the_endpoint_back() {
    run(async {
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let tell = tell.clone();
            async move {
                conn.head().await;
                conn.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {WHOLE}\r\n\r\n"))
                    .await;
                tell.send(written(&mut conn).await).await.unwrap();
                conn.rest().await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        client.head().await;
        let written = told.recv().await.unwrap();
        assert!(written < WHOLE, "all of it was taken");
        drop(client);
        gateway.stop().await;
    });
}

#[test]
fn an_endpoint_that_does_not_read_holds_the_client_back() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.head().await;
            std::future::pending().await
        })
        .await;
        // A client that left unread bytes behind is seen to be gone only when they are read.
        let numbers = Numbers {
            drain: Duration::from_millis(50),
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut client = gateway.client().await;
        client
            .send(format!(
                "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: {WHOLE}\r\n\r\n"
            ))
            .await;
        assert!(written(&mut client).await < WHOLE, "all of it was taken");
        drop(client);
        gateway.stop().await;
    });
}
