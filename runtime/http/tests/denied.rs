//! Requests that get an answer of our own: status, fields and words.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use hedgerow_view::breaker::BreakerState;
use kit::{Answer, Client, Endpoint, Gateway, Numbers, OPEN_FOR, run};
use tokio::time::Instant;

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn refused(answer: &Answer) -> String {
    answer.header("x-hedgerow-refused").unwrap()
}

fn complete(answer: &Answer) {
    assert_eq!(answer.header("x-hedgerow-revision").as_deref(), Some("7"));
    assert!(answer.header("x-request-id").is_some());
    let text = answer.header("content-type");
    assert_eq!(text.as_deref(), Some("text/plain; charset=utf-8"));
    assert!(answer.text().ends_with(".\n"), "{}", answer.text());
}

#[test]
fn no_route_is_404_and_the_connection_goes_on() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        let answer = client.get("/nowhere%0d%0ax:;y").await;
        assert_eq!(answer.status, 404);
        complete(&answer);
        assert_eq!(
            refused(&answer),
            "edge; rule=route; limit=2 rules; observed=/nowhere%0D%0Ax:%3By"
        );
        assert_eq!(
            answer.text(),
            "edge refused this request by the rule route: the limit is 2 rules, observed was \
             /nowhere%0D%0Ax:%3By; ask for a path that a rule of the chain covers.\n"
        );
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(client.get("/pay").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn a_node_that_crashes_costs_its_request_500_and_the_connection_goes_on() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        let answer = client.get("/crash").await;
        assert_eq!(answer.status, 500);
        complete(&answer);
        let refused = refused(&answer);
        assert!(
            refused.starts_with("edge/node/crash; rule=nodeCrashed; limit=no panic; observed="),
            "{refused}"
        );
        assert!(refused.contains("told to"), "{refused}");
        assert_eq!(client.get("/pay").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn failures_open_the_breaker_and_then_503_says_when_to_come_back() {
    run(async {
        let endpoint = Endpoint::answering("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n").await;
        let numbers = Numbers {
            consecutive_failures: Some(3),
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut client = gateway.client().await;
        let begun = Instant::now();
        for _ in 0..3 {
            let answer = client.get("/pay").await;
            assert_eq!(answer.status, 500);
            assert_eq!(
                answer.header("x-hedgerow-refused"),
                None,
                "it is the endpoint's own"
            );
        }
        let shown = gateway.until(|shown| shown.state == BreakerState::Open).await;
        assert_eq!((shown.successes, shown.failures), (0, 3));
        // The gate is open a moment before its breaker says why.
        gateway.told("breakerTransition", 1).await;
        let answer = client.get("/pay").await;
        assert_eq!(answer.status, 503);
        complete(&answer);
        assert_eq!(
            refused(&answer),
            format!(
                "payments/endpoint/{}; rule=consecutiveFailures; limit=3; observed=3",
                endpoint.addr
            )
        );
        let told: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        // Whole seconds, and none too few.
        let least = OPEN_FOR
            .saturating_sub(begun.elapsed())
            .as_millis()
            .div_ceil(1_000);
        assert!(
            u128::from(told) >= least && told <= 30,
            "{told} s, at least {least} s"
        );
        gateway.stop().await;
    });
}

#[test]
fn an_endpoint_that_is_down_is_502() {
    run(async {
        let addr = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let gateway = Gateway::before(addr).await;
        let answer = gateway.client().await.get("/pay").await;
        assert_eq!(answer.status, 502);
        complete(&answer);
        assert_eq!(
            refused(&answer),
            format!(
                "payments/endpoint/{addr}; rule=connect; limit=a connection; observed=connection refused"
            )
        );
        let shown = gateway.shown();
        assert_eq!((shown.failures, shown.dials, shown.dial_failures), (1, 1, 1));
        gateway.stop().await;
    });
}

#[test]
fn an_answer_that_breaks_before_its_head_is_502() {
    run(async {
        let cases = [
            ("", "reset"),
            ("HTTP/1.1 200 OK\r\ncontent-le", "reset"),
            ("garbage\r\n\r\n", "answer"),
            ("HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", "answer"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
                "answer",
            ),
            (
                "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
                "answer",
            ),
        ];
        for (bytes, rule) in cases {
            let endpoint = Endpoint::scripted(move |mut conn, _| async move {
                conn.head().await;
                conn.send(bytes).await;
            })
            .await;
            let gateway = Gateway::before(endpoint.addr).await;
            let answer = gateway.client().await.get("/pay").await;
            assert_eq!(answer.status, 502, "{bytes:?}");
            complete(&answer);
            let line = refused(&answer);
            let begin = format!("payments/endpoint/{}; rule={rule}; limit=", endpoint.addr);
            assert!(line.starts_with(&begin), "{bytes:?}: {line}");
            let shown = gateway.until(|shown| shown.failures == 1).await;
            assert_eq!(
                (endpoint.accepted(), shown.idle),
                (1, 0),
                "{bytes:?}: not sent again"
            );
            gateway.stop().await;
        }
    });
}

#[test]
fn an_endpoint_that_says_nothing_in_time_is_504() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            conn.rest().await;
        })
        .await;
        let numbers = Numbers {
            timeout: Duration::from_millis(50),
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut client = gateway.client().await;
        let answer = client.get("/pay").await;
        assert_eq!(answer.status, 504);
        complete(&answer);
        assert_eq!(
            refused(&answer),
            format!(
                "payments/endpoint/{}; rule=timeout; limit=50ms; observed=no answer",
                endpoint.addr
            )
        );
        assert_eq!(gateway.shown().failures, 1);
        assert_eq!(client.get("/nowhere").await.status, 404, "the connection goes on");
        gateway.stop().await;
    });
}

#[test]
fn a_body_that_breaks_or_takes_too_long_is_never_seen_as_complete() {
    run(async {
        for fields in ["content-length: 10", "transfer-encoding: chunked"] {
            assert!(breaks_off(fields, Numbers::default().timeout, End::Closes).await);
            // A machine with other work may need longer for the head alone.
            let mut limit = Duration::from_millis(50);
            while !breaks_off(fields, limit, End::Hangs).await {
                limit *= 2;
            }
        }
    });
}

/// What an endpoint does behind a part of its body.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Closes,
    Hangs,
}

/// An answer that ends in the midst of its body looks so. False where not even its head came in time.
async fn breaks_off(fields: &'static str, timeout: Duration, end: End) -> bool {
    let endpoint = Endpoint::scripted(move |mut conn, _| async move {
        conn.head().await;
        conn.send(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n4\r\npart\r\n"))
            .await;
        if end == End::Hangs {
            conn.rest().await;
        }
    })
    .await;
    let numbers = Numbers {
        timeout,
        ..Numbers::default()
    };
    let gateway = Gateway::with(endpoint.addr, numbers).await;
    let mut client = gateway.client().await;
    client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
    let (first, _) = client.head().await;
    let in_time = !first.starts_with("HTTP/1.1 504 ");
    if in_time {
        let body = client.rest().await;
        assert!(body.len() <= 9 && !body.ends_with(b"0\r\n\r\n"), "{body:?}");
        let shown = gateway.until(|shown| shown.failures == 1).await;
        assert_eq!((shown.successes, shown.idle), (0, 0));
    } else {
        assert_eq!(end, End::Hangs, "{first}");
    }
    gateway.stop().await;
    in_time
}

#[test]
fn ambiguous_framing_is_400_and_the_connection_is_closed() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let cases = [
            "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 1, 1\r\n\r\na",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: +1\r\n\r\na",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST /pay HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: identity\r\n\r\n",
            "POST /pay HTTP/1.0\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /pay HTTP/1.1\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: shop\r\nhost: shop\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: shop, other\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: me@shop\r\n\r\n",
            "GET http://other/pay HTTP/1.1\r\nhost: shop\r\n\r\n",
            "GET pay HTTP/1.1\r\nhost: shop\r\n\r\n",
            "GET * HTTP/1.1\r\nhost: shop\r\n\r\n",
        ];
        for request in cases {
            let mut client = gateway.client().await;
            client.send(request).await;
            let answer = client.answer("GET").await;
            assert_eq!(answer.status, 400, "{request:?}");
            assert!(client.is_closed().await, "{request:?}");
        }
        assert_eq!(endpoint.accepted(), 0, "none was passed on");
        let mut client = gateway.client().await;
        client
            .send("GET http://SHOP/pay HTTP/1.1\r\nhost: shop\r\n\r\n")
            .await;
        assert_eq!(
            client.answer("GET").await.status,
            200,
            "the same host twice is no contradiction"
        );
        gateway.stop().await;
    });
}

#[test]
fn tunnels_and_upgrades_are_501_and_the_connection_is_closed() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let cases = [
            "CONNECT shop:443 HTTP/1.1\r\nhost: shop:443\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: shop\r\nupgrade: websocket\r\n\r\n",
            "GET /pay HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n\r\n",
        ];
        for request in cases {
            let mut client: Client = gateway.client().await;
            client.send(request).await;
            let answer = client.answer("GET").await;
            assert_eq!(answer.status, 501, "{request:?}");
            assert_eq!(
                answer.header("connection").as_deref(),
                Some("close"),
                "{request:?}"
            );
            complete(&answer);
            let line = refused(&answer);
            assert!(line.starts_with("edge; rule=tunnel; limit="), "{line}");
            assert!(client.is_closed().await, "{request:?}");
        }
        assert_eq!(endpoint.accepted(), 0);
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_does_not_send_its_body_in_time_is_408_and_says_nothing_about_the_endpoint() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            while conn.speaks().await {
                if conn.head().await.0.starts_with("GET") {
                    conn.send(HELLO).await;
                } else {
                    conn.rest().await;
                }
            }
        })
        .await;
        let numbers = Numbers {
            // Long enough for what is answered in time, also on a machine with other work.
            timeout: Duration::from_secs(2),
            consecutive_failures: Some(2),
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = gateway.client().await;
            client
                .send("POST /pay HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nx")
                .await;
            clients.push(client);
        }
        for mut client in clients {
            let answer = client.answer("POST").await;
            assert_eq!(answer.status, 408);
            complete(&answer);
            let refused = refused(&answer);
            assert!(
                refused.ends_with("rule=timeout; limit=2s; observed=a request without its end"),
                "{refused}"
            );
        }
        assert_eq!(gateway.client().await.get("/pay").await.status, 200);
        let shown = gateway.shown();
        assert_eq!((shown.state, shown.failures), (BreakerState::Closed, 0));
        gateway.stop().await;
    });
}

#[test]
fn answers_that_break_off_count_as_failures_though_their_heads_were_fine() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            if conn.speaks().await {
                conn.head().await;
                conn.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")
                    .await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        for _ in 0..3 {
            let mut client = gateway.client().await;
            client.send("GET /pay HTTP/1.1\r\nhost: a\r\n\r\n").await;
            client.rest().await;
        }
        let shown = gateway.until(|shown| shown.failures == 3).await;
        assert_eq!((shown.successes, shown.in_flight), (0, 0));
        let breaker = gateway.breaker();
        assert_eq!(
            (breaker.window.calls, breaker.window.failures),
            (6, 3),
            "one more each"
        );
        gateway.stop().await;
    });
}
