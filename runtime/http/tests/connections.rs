//! Which connections to an endpoint are used again, and when a request is sent a second time.
#![allow(clippy::unwrap_used)]

mod kit;

use kit::{Client, Endpoint, Gateway, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[test]
fn one_connection_serves_many_requests_of_many_clients() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        for _ in 0..5 {
            let mut client = gateway.client().await;
            for _ in 0..5 {
                assert_eq!(client.get("/pay").await.status, 200);
            }
        }
        let shown = gateway.until(|shown| shown.idle == 1).await;
        assert_eq!((shown.dials, shown.successes, endpoint.accepted()), (1, 25, 1));
        gateway.stop().await;
    });
}

#[test]
fn calls_at_the_same_time_have_a_connection_each_and_the_last_one_back_is_used_first() {
    run(async {
        let both = std::rc::Rc::new(tokio::sync::Barrier::new(2));
        let endpoint = Endpoint::scripted(move |mut conn, number| {
            let both = both.clone();
            async move {
                while conn.speaks().await {
                    let (line, _) = conn.head().await;
                    if line.contains("/pay/together") {
                        both.wait().await;
                    }
                    conn.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}"))
                        .await;
                }
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let (mut one, mut two) = (gateway.client().await, gateway.client().await);
        let (first, second) = tokio::join!(one.get("/pay/together"), two.get("/pay/together"));
        assert_ne!(first.body, second.body, "each had its own");
        gateway.until(|shown| shown.idle == 2).await;
        let last = one.get("/pay").await.body;
        for _ in 0..3 {
            assert_eq!(two.get("/pay").await.body, last);
        }
        assert_eq!((endpoint.accepted(), gateway.shown().dials), (2, 2));
        gateway.stop().await;
    });
}

/// An endpoint that answers the first request of its first connection, and closes it at the second without a word.
async fn closing_when_reused() -> Endpoint {
    Endpoint::scripted(|mut conn, number| async move {
        conn.head().await;
        conn.send(HELLO).await;
        if number == 0 {
            conn.head().await;
            return;
        }
        while conn.speaks().await {
            conn.head().await;
            conn.send(HELLO).await;
        }
    })
    .await
}

#[test]
fn a_connection_that_died_while_idle_costs_no_request_that_may_be_sent_again() {
    run(async {
        for method in ["GET", "DELETE"] {
            let endpoint = closing_when_reused().await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client = gateway.client().await;
            assert_eq!(client.ask(method, "/pay", "").await.status, 200);
            assert_eq!(client.ask(method, "/pay", "").await.status, 200, "{method}");
            let shown = gateway.shown();
            assert_eq!(
                (shown.dials, shown.successes, shown.failures, shown.resent),
                (2, 2, 0, 1),
                "{method}"
            );
            gateway.stop().await;
        }
    });
}

#[test]
fn a_request_that_may_have_been_acted_on_is_not_sent_again() {
    run(async {
        for (method, body) in [("POST", ""), ("POST", "12345"), ("PATCH", "12345")] {
            let endpoint = closing_when_reused().await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client = gateway.client().await;
            assert_eq!(client.get("/pay").await.status, 200);
            let length = body.len();
            client
                .send(format!(
                    "{method} /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: {length}\r\n\r\n{body}"
                ))
                .await;
            let answer = client.answer(method).await;
            assert_eq!(answer.status, 502, "{method} {body:?}");
            let refused = answer.header("x-hedgerow-refused").unwrap();
            assert!(refused.contains("; rule=reset; "), "{refused}");
            assert_eq!(endpoint.accepted(), 1, "{method} {body:?}");
            gateway.stop().await;
        }
    });
}

#[test]
fn a_connection_that_ends_in_an_answers_head_is_no_reason_to_send_again() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.head().await;
            conn.send(HELLO).await;
            conn.head().await;
            conn.send("HTTP/1.1 200 O").await;
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        assert_eq!(client.get("/pay").await.status, 200);
        assert_eq!(client.get("/pay").await.status, 502);
        assert_eq!(endpoint.accepted(), 1);
        gateway.stop().await;
    });
}

#[test]
fn a_connection_that_is_closed_or_said_too_much_is_not_used_again() {
    run(async {
        let answers = [
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison",
        ];
        for answer in answers {
            let endpoint = Endpoint::scripted(move |mut conn, _| async move {
                conn.head().await;
                conn.send(answer).await;
                if answer.contains("close") || answer.contains("length") {
                    conn.rest().await;
                }
            })
            .await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client = gateway.client().await;
            for _ in 0..3 {
                let got = client.get("/pay").await;
                assert_eq!((got.status, got.text()), (200, "hello"), "{answer:?}");
            }
            assert_eq!(endpoint.accepted(), 3, "{answer:?}");
            gateway.stop().await;
        }
    });
}

#[test]
fn an_answer_before_the_requests_end_is_passed_on_and_its_connection_is_not_used_again() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.head().await;
            conn.send(HELLO).await;
            conn.rest().await;
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send("POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 100\r\n\r\npart")
            .await;
        assert_eq!(client.answer("POST").await.text(), "hello");
        let mut other = gateway.client().await;
        assert_eq!(other.get("/pay").await.text(), "hello");
        assert_eq!(endpoint.accepted(), 2);
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_goes_away_cancels_its_call_and_says_nothing_about_the_endpoint() {
    run(async {
        let (came, mut arrived) = tokio::sync::mpsc::channel(1);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let came = came.clone();
            async move {
                conn.head().await;
                came.send(()).await.unwrap();
                assert!(conn.is_closed().await);
                came.send(()).await.unwrap();
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client: Client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        arrived.recv().await.unwrap();
        assert_eq!(gateway.shown().in_flight, 1);
        drop(client);
        arrived.recv().await.unwrap();
        let shown = gateway.until(|shown| shown.in_flight == 0).await;
        assert_eq!((shown.successes, shown.failures, shown.idle), (0, 0, 0));
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_goes_away_in_its_body_never_leaves_the_endpoint_with_a_whole_request() {
    run(async {
        for field in ["content-length: 100", "transfer-encoding: chunked"] {
            let (came, mut arrived) = tokio::sync::mpsc::channel(1);
            let endpoint = Endpoint::scripted(move |mut conn, _| {
                let came = came.clone();
                async move {
                    conn.head().await;
                    came.send(conn.exactly(7).await).await.unwrap();
                    came.send(conn.rest().await).await.unwrap();
                }
            })
            .await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client: Client = gateway.client().await;
            client
                .send(format!(
                    "POST /pay HTTP/1.1\r\nhost: shop\r\n{field}\r\n\r\n2\r\nab\r\n"
                ))
                .await;
            assert_eq!(arrived.recv().await.unwrap(), b"2\r\nab\r\n");
            drop(client);
            assert_eq!(arrived.recv().await.unwrap(), b"", "{field}");
            let shown = gateway.until(|shown| shown.in_flight == 0).await;
            assert_eq!(
                (shown.successes, shown.failures, shown.idle),
                (0, 0, 0),
                "{field}"
            );
            gateway.stop().await;
        }
    });
}
