//! What is passed on, in both directions, and how.
#![allow(clippy::unwrap_used)]

mod kit;

use kit::{Client, Endpoint, Gateway, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn an_answer_comes_back_with_revision_and_request_id() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        let answer = client
            .ask("GET", "/pay/1?a=b%20c", "x-request-id: mine-1\r\n")
            .await;
        assert_eq!((answer.status, answer.text()), (200, "hello"));
        assert_eq!(answer.header("x-hedgerow-revision").as_deref(), Some("7"));
        assert_eq!(answer.header("x-request-id").as_deref(), Some("mine-1"));
        assert_eq!(answer.header("content-length").as_deref(), Some("5"));
        assert_eq!(answer.header("transfer-encoding"), None);
        let (line, fields) = endpoint.last_head();
        assert_eq!(line, "GET /pay/1?a=b%20c HTTP/1.1");
        assert_eq!(field(&fields, "host"), Some("shop"));
        assert_eq!(field(&fields, "x-request-id"), Some("mine-1"));
        assert_eq!(field(&fields, "x-forwarded-for"), Some("127.0.0.1"));
        assert_eq!(field(&fields, "x-forwarded-proto"), Some("http"));
        assert_eq!(field(&fields, "via"), Some("1.1 hedgerow"));
        assert_eq!(field(&fields, "transfer-encoding"), None);

        let made = client.get("/pay").await.header("x-request-id").unwrap();
        let (_, fields) = endpoint.last_head();
        assert_eq!(field(&fields, "x-request-id"), Some(made.as_str()));
        let shown = gateway.until(|shown| shown.idle == 1).await;
        assert_eq!((shown.successes, shown.failures, shown.in_flight), (2, 0, 0));
        gateway.stop().await;
    });
}

#[test]
fn fields_of_one_connection_are_not_passed_on_and_lists_grow() {
    run(async {
        let endpoint = Endpoint::answering(
            "HTTP/1.1 200 OK\r\nconnection: x-private\r\nx-private: 1\r\nkeep-alive: timeout=9\r\n\
             proxy-authenticate: Basic\r\nx-kept: a\r\nx-kept: b\r\nset-cookie: c=1\r\nset-cookie: d=2\r\n\
             trailer: x-late\r\ncontent-length: 0\r\n\r\n",
        )
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        let fields = "connection: keep-alive, X-Secret, host\r\nx-secret: 1\r\nkeep-alive: 5\r\n\
                      te: trailers\r\ntrailer: x-late\r\nproxy-authorization: Basic\r\nexpect: 100-continue\r\n\
                      via: 1.0 before\r\naccept: a\r\naccept: b\r\n";
        let answer = client.ask("GET", "/pay", fields).await;
        let (_, seen) = endpoint.last_head();
        for gone in [
            "connection",
            "x-secret",
            "keep-alive",
            "te",
            "trailer",
            "proxy-authorization",
            "expect",
        ] {
            assert_eq!(field(&seen, gone), None, "{gone} in {seen:?}");
        }
        assert_eq!(field(&seen, "host"), Some("shop"));
        assert_eq!(field(&seen, "via"), Some("1.0 before, 1.1 hedgerow"));
        let accepts = seen.iter().filter(|(name, _)| name == "accept").count();
        assert_eq!(accepts, 2);
        for gone in [
            "connection",
            "x-private",
            "keep-alive",
            "proxy-authenticate",
            "trailer",
        ] {
            assert_eq!(answer.header(gone), None, "{gone} in {answer:?}");
        }
        assert_eq!(answer.header("x-kept").as_deref(), Some("a | b"));
        assert_eq!(answer.header("set-cookie").as_deref(), Some("c=1 | d=2"));
        gateway.stop().await;
    });
}

#[test]
fn the_first_bytes_of_an_answer_come_before_its_end() {
    run(async {
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let released = std::cell::RefCell::new(Some(released));
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let released = released.borrow_mut().take();
            async move {
                conn.head().await;
                conn.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
                    .await;
                released.unwrap().await.unwrap();
                conn.send("6\r\nsecond\r\n0\r\n\r\n").await;
                conn.rest().await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        client.head().await;
        assert_eq!(client.chunk().await.unwrap(), b"first");
        release.send(()).unwrap();
        assert_eq!(client.chunk().await.unwrap(), b"second");
        assert_eq!(client.chunk().await, None);
        gateway.until(|shown| shown.idle == 1).await;
        gateway.stop().await;
    });
}

#[test]
fn an_endpoint_sees_the_first_bytes_of_a_request_before_its_end() {
    run(async {
        let (seen, mut first_seen) = tokio::sync::mpsc::channel(1);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let seen = seen.clone();
            async move {
                let (_, fields) = conn.head().await;
                assert_eq!(field(&fields, "transfer-encoding"), Some("chunked"));
                seen.send(conn.chunk().await.unwrap()).await.unwrap();
                conn.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                    .await;
                while let Some(chunk) = conn.chunk().await {
                    conn.send(format!("{:x}\r\n", chunk.len())).await;
                    conn.send(chunk).await;
                    conn.send("\r\n").await;
                }
                conn.send("0\r\n\r\n").await;
                conn.rest().await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            .await;
        assert_eq!(first_seen.recv().await.unwrap(), b"one");
        client.send("3\r\ntwo\r\n").await;
        client.head().await;
        assert_eq!(client.chunk().await.unwrap(), b"two", "both directions at once");
        client.send("0\r\n\r\n").await;
        assert_eq!(client.chunk().await, None);
        gateway.stop().await;
    });
}

#[test]
fn a_body_of_known_length_keeps_it_and_a_large_one_arrives_whole() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            while conn.speaks().await {
                let (_, fields) = conn.head().await;
                let length: usize = field(&fields, "content-length").unwrap().parse().unwrap();
                let body = conn.exactly(length).await;
                conn.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"))
                    .await;
                conn.send(body).await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        for length in [0, 1, 3_000_000] {
            let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            client
                .send(format!(
                    "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: {length}\r\n\r\n"
                ))
                .await;
            client.send(&body).await;
            let answer = client.answer("POST").await;
            assert_eq!((answer.status, answer.body.len()), (200, length));
            assert!(answer.body == body);
        }
        assert_eq!(endpoint.accepted(), 1);
        gateway.stop().await;
    });
}

#[test]
fn head_204_and_304_have_no_body_and_keep_what_they_say_of_its_length() {
    run(async {
        let cases = [
            ("HEAD", "200 OK", "content-length: 1234\r\n", Some("1234")),
            ("HEAD", "200 OK", "", None),
            ("GET", "204 No Content", "", None),
            (
                "GET",
                "304 Not Modified",
                "content-length: 1234\r\n",
                Some("1234"),
            ),
            ("GET", "304 Not Modified", "", None),
        ];
        for (method, status, fields, length) in cases {
            let endpoint =
                Endpoint::answering(format!("HTTP/1.1 {status}\r\n{fields}etag: \"1\"\r\n\r\n")).await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client = gateway.client().await;
            for _ in 0..2 {
                let answer = client.ask(method, "/pay", "").await;
                let shown = format!("{method} {status} {fields:?}: {answer:?}");
                assert_eq!(answer.status.to_string(), status[..3], "{shown}");
                assert_eq!(answer.header("content-length").as_deref(), length, "{shown}");
                assert_eq!(answer.header("transfer-encoding"), None, "{shown}");
                assert_eq!(answer.header("etag").as_deref(), Some("\"1\""), "{shown}");
            }
            assert_eq!(endpoint.accepted(), 1, "{method} {status}: reused");
            gateway.stop().await;
        }
    });
}

#[test]
fn a_client_of_http_1_0_gets_no_chunks() {
    run(async {
        let endpoint = Endpoint::answering(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        )
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.0\r\n\r\n").await;
        let (line, fields) = client.head().await;
        assert!(line.contains(" 200 "), "{line}");
        assert_eq!(field(&fields, "transfer-encoding"), None);
        assert_eq!(client.rest().await, b"hello");
        let (line, fields) = endpoint.last_head();
        assert_eq!(line, "GET /pay HTTP/1.1");
        assert_eq!(field(&fields, "host"), Some(endpoint.addr.to_string().as_str()));
        gateway.stop().await;
    });
}

#[test]
fn requests_in_one_write_are_answered_in_order() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            while conn.speaks().await {
                let (line, _) = conn.head().await;
                conn.send(format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{line}",
                    line.len()
                ))
                .await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client: Client = gateway.client().await;
        let request = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
        client
            .send(["/pay/1", "/pay/2", "/pay/3"].map(request).concat())
            .await;
        for path in ["/pay/1", "/pay/2", "/pay/3"] {
            let answer = client.answer("GET").await;
            assert_eq!(answer.text(), format!("GET {path} HTTP/1.1"));
        }
        gateway.stop().await;
    });
}
