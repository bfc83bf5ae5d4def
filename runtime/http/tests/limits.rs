//! What a client may cost, and what it is told when that is too much.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use hedgerow_config::ListenerLimits;
use kit::{Answer, Client, Endpoint, Gateway, Numbers, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const SHORT: Duration = Duration::from_millis(80);

async fn limited(endpoint: &Endpoint, limits: ListenerLimits) -> Gateway {
    let numbers = Numbers {
        limits,
        ..Numbers::default()
    };
    Gateway::with(endpoint.addr, numbers).await
}

/// The refusal, as all are: our fields, and the connection closed behind it.
async fn refused(mut client: Client, status: u16, rule: &str) -> Answer {
    let answer = client.answer("POST").await;
    assert_eq!(answer.status, status, "{answer:?}");
    let line = answer.header("x-hedgerow-refused").unwrap();
    assert!(line.starts_with(&format!("edge; rule={rule}; limit=")), "{line}");
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    assert!(answer.header("x-request-id").is_some() && answer.header("date").is_some());
    assert!(client.is_closed().await);
    answer
}

#[test]
fn k1_a_head_that_does_not_come_in_time_is_408_and_a_client_that_says_nothing_is_only_closed() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let limits = ListenerLimits {
            header_time: SHORT,
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut silent = gateway.client().await;
        let mut slow = gateway.client().await;
        slow.send("GET /pay HTTP/1.1\r\nho").await;
        refused(slow, 408, "headerTime").await;
        assert!(silent.is_closed().await);
        let mut later = gateway.client().await;
        assert_eq!(later.get("/pay").await.status, 200);
        later.send("GET /pay HTTP/1.1\r\nhost: shop\r\n").await;
        refused(later, 408, "headerTime").await;
        assert_eq!(endpoint.accepted(), 1);
        gateway.stop().await;
    });
}

#[test]
fn a_connection_that_is_idle_for_too_long_is_closed() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let limits = ListenerLimits {
            idle_time: SHORT,
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut client = gateway.client().await;
        assert_eq!(client.get("/pay").await.status, 200);
        assert!(client.is_closed().await);
        gateway.stop().await;
    });
}

#[test]
fn k1_a_body_that_drips_is_408_and_says_nothing_about_the_endpoint() {
    run(async {
        for field in ["content-length: 100", "transfer-encoding: chunked"] {
            let endpoint = Endpoint::scripted(|mut conn, _| async move {
                conn.rest().await;
            })
            .await;
            let limits = ListenerLimits {
                body_time: SHORT,
                body_rate: 1_000_000,
                ..ListenerLimits::default()
            };
            let gateway = limited(&endpoint, limits).await;
            let mut client = gateway.client().await;
            client
                .send(format!("POST /pay HTTP/1.1\r\nhost: shop\r\n{field}\r\n\r\n1"))
                .await;
            refused(client, 408, "bodyRate").await;
            let shown = gateway.until(|shown| shown.in_flight == 0).await;
            assert_eq!((shown.failures, shown.idle), (0, 0));
            gateway.stop().await;
        }
    });
}

#[test]
fn a_body_that_is_too_large_is_413_before_or_in_its_middle() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.rest().await;
        })
        .await;
        let limits = ListenerLimits {
            body_bytes: Some(1_000),
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 1001\r\n\r\n")
            .await;
        refused(client, 413, "bodyBytes").await;
        assert_eq!(endpoint.accepted(), 0, "told before anybody is asked");
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        let chunk = format!("1f4\r\n{}\r\n", "a".repeat(500));
        client.send(&chunk).await;
        client.send(&chunk).await;
        client.send("1\r\na\r\n").await;
        refused(client, 413, "bodyBytes").await;
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_still_sends_can_read_why_it_is_refused() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 1, 2\r\n\r\n")
            .await;
        client.send(vec![b'a'; 300_000]).await;
        refused(client, 400, "contentLength").await;
        gateway.stop().await;
    });
}

#[test]
fn k1_a_client_that_does_not_take_its_answer_is_cut() {
    run(async {
        let (tell, mut cut) = tokio::sync::mpsc::channel(1);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let tell = tell.clone();
            async move {
                conn.head().await;
                conn.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
                    .await;
                let part = vec![b'a'; 1 << 20];
                while conn.try_send(&part).await {}
                tell.send(()).await.unwrap();
            }
        })
        .await;
        let limits = ListenerLimits {
            write_time: SHORT,
            write_rate: u32::MAX,
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        client.head().await;
        cut.recv().await.unwrap();
        assert!(client.rest().await.len() < 1_000_000_000, "it looks whole");
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_closed_its_sending_side_gets_its_answer() {
    run(async {
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let released = std::cell::RefCell::new(Some(released));
        let (came, mut arrived) = tokio::sync::mpsc::channel(1);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let (released, came) = (released.borrow_mut().take(), came.clone());
            async move {
                conn.head().await;
                came.send(()).await.unwrap();
                released.unwrap().await.unwrap();
                conn.send(HELLO).await;
            }
        })
        .await;
        let limits = ListenerLimits::default();
        let gateway = limited(&endpoint, limits).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        client.finish().await;
        arrived.recv().await.unwrap();
        release.send(()).unwrap();
        assert_eq!(client.answer("GET").await.text(), "hello");
        assert!(client.is_closed().await);
        gateway.stop().await;
    });
}

#[test]
fn k2_with_all_connections_taken_a_client_waits_until_one_ends() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let limits = ListenerLimits {
            connections: 1,
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut first = gateway.client().await;
        assert_eq!(first.get("/pay").await.status, 200);
        let mut second = gateway.client().await;
        second.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        let told = gateway.told("listenerFull", 1).await;
        assert_eq!(
            told,
            ["has all of its 1 connections; further clients wait in the backlog"]
        );
        assert_eq!(first.get("/pay").await.status, 200);
        drop(first);
        assert_eq!(second.answer("GET").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn k2_a_client_with_too_many_connections_is_503_on_the_next_and_served_once_one_ends() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let limits = ListenerLimits {
            connections_per_address: Some(1),
            ..ListenerLimits::default()
        };
        let gateway = limited(&endpoint, limits).await;
        let mut first = gateway.client().await;
        assert_eq!(first.get("/pay").await.status, 200);
        let second = gateway.client().await;
        refused(second, 503, "connectionsPerAddress").await;
        first
            .send("GET /pay HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")
            .await;
        assert_eq!(first.answer("GET").await.status, 200);
        drop(first);
        loop {
            let mut third = gateway.client().await;
            third.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
            if third.answer("GET").await.status == 200 {
                break;
            }
        }
        gateway.stop().await;
    });
}

#[test]
fn a_body_that_is_refused_behind_the_head_of_its_answer_is_counted_as_nobody_can_be_told() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.head().await;
            conn.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
                .await;
            conn.rest().await;
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
            .await;
        client.head().await;
        client.exactly(5).await;
        client.send("zz\r\n").await;
        assert!(client.is_closed().await, "the answer breaks off");
        while gateway.listener().refused_late < 1 {
            tokio::task::yield_now().await;
        }
        gateway.stop().await;
    });
}
