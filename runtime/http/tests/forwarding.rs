//! What is passed on as it is, what is said of the client, and in which form paths go on.
#![allow(clippy::unwrap_used)]

mod kit;

use kit::{Endpoint, Gateway, Numbers, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

const CLAIMS: &str = "x-forwarded-for: 10.0.0.1\r\nx-forwarded-for: 10.0.0.2\r\nx-forwarded-proto: https\r\n\
                      x-forwarded-host: bank\r\nx-forwarded-port: 443\r\nx-forwarded-user: root\r\nx-real-ip: 10.0.0.1\r\n\
                      forwarded: for=10.0.0.1;proto=https\r\nx_forwarded_for: 10.0.0.1\r\n";

#[test]
fn k8_what_a_stranger_says_of_those_before_it_is_replaced() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        assert_eq!(client.ask("GET", "/pay", CLAIMS).await.status, 200);
        let (_, seen) = endpoint.last_head();
        let claims: Vec<_> = seen
            .iter()
            .filter(|(name, _)| name.contains("forwarded") || name.contains("real"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut expected = [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "shop"),
            ("x-forwarded-proto", "http"),
        ];
        expected.sort_unstable();
        let mut claims = claims;
        claims.sort_unstable();
        assert_eq!(claims, expected);
        gateway.stop().await;
    });
}

#[test]
fn k8_what_a_trusted_hop_says_is_passed_on_and_its_own_address_added() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let numbers = Numbers {
            trusted_hops: vec!["127.0.0.0/8".parse().unwrap()],
            ..Numbers::default()
        };
        let gateway = Gateway::with(endpoint.addr, numbers).await;
        let mut client = gateway.client().await;
        assert_eq!(client.ask("GET", "/pay", CLAIMS).await.status, 200);
        let (_, seen) = endpoint.last_head();
        for (name, value) in [
            ("x-forwarded-for", "10.0.0.1, 10.0.0.2, 127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "bank"),
            ("x-forwarded-port", "443"),
            ("x-real-ip", "10.0.0.1"),
            ("forwarded", "for=10.0.0.1;proto=https, for=127.0.0.1;proto=http"),
        ] {
            assert_eq!(field(&seen, name), Some(value), "{name}");
        }
        assert_eq!(field(&seen, "x_forwarded_for"), None, "nobody means that");
        gateway.stop().await;
    });
}

#[test]
fn k7_the_form_of_a_path_that_is_routed_is_the_one_that_goes_on() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        for (came, goes) in [
            ("/pay/1?q=%2e%2f//..", "/pay/1?q=%2e%2f//.."),
            ("/./pay", "/pay"),
            ("//pay//1", "/pay/1"),
            ("/nowhere/../pay", "/pay"),
            ("/nowhere/%2e%2E/%70ay?a=b", "/pay?a=b"),
            ("/pay/%7euser/%c3%bc", "/pay/~user/%C3%BC"),
            ("http://shop//pay?x", "/pay?x"),
        ] {
            assert_eq!(client.ask("GET", came, "").await.status, 200, "{came}");
            assert_eq!(endpoint.last_head().0, format!("GET {goes} HTTP/1.1"));
        }
        assert_eq!(client.get("/pay/../nowhere").await.status, 404);
        let before = endpoint.last_head();
        for came in [
            "/pay/..%2fadmin",
            "/pay%5c..",
            "/../pay",
            "/pay/..;/admin",
            "/pay%00",
        ] {
            let mut client = gateway.client().await;
            let answer = client.get(came).await;
            assert_eq!(answer.status, 400, "{came}");
            let refused = answer.header("x-hedgerow-refused").unwrap();
            assert!(refused.starts_with("edge; rule=path; limit="), "{refused}");
            assert!(client.is_closed().await, "{came}");
        }
        assert_eq!(endpoint.last_head(), before, "none was passed on");
        gateway.stop().await;
    });
}

#[test]
fn a_host_that_only_the_target_names_goes_on() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        for path in ["/pay", "//pay"] {
            let mut client = gateway.client().await;
            client
                .send(format!("GET http://Bank:81{path} HTTP/1.0\r\n\r\n"))
                .await;
            assert_eq!(client.answer("GET").await.status, 200);
            let (line, fields) = endpoint.last_head();
            assert_eq!(
                (line.as_str(), field(&fields, "host")),
                ("GET /pay HTTP/1.1", Some("Bank:81"))
            );
        }
        gateway.stop().await;
    });
}

#[test]
fn a_request_goes_no_further_than_its_hops_allow() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        for (method, came, goes) in [
            ("OPTIONS", "7", "6"),
            ("TRACE", "1", "0"),
            ("GET", "0", "0"),
            ("OPTIONS", "x", "x"),
        ] {
            let answer = client
                .ask(method, "/pay", &format!("max-forwards: {came}\r\n"))
                .await;
            assert_eq!(answer.status, 200, "{method} {came}");
            assert_eq!(
                field(&endpoint.last_head().1, "max-forwards"),
                Some(goes),
                "{method} {came}"
            );
        }
        let answer = client.ask("OPTIONS", "/pay", "max-forwards: 0\r\n").await;
        assert_eq!(answer.status, 501);
        let refused = answer.header("x-hedgerow-refused").unwrap();
        assert!(refused.starts_with("edge; rule=maxForwards; "), "{refused}");
        gateway.stop().await;
    });
}

#[test]
fn ranges_and_conditions_go_both_ways() {
    run(async {
        for answer in [
            "206 Partial Content\r\ncontent-range: bytes 0-4/10\r\netag: \"1\"\r\ncontent-length: 5\r\n\r\nhello",
            "304 Not Modified\r\netag: \"1\"\r\n\r\n",
            "412 Precondition Failed\r\ncontent-length: 0\r\n\r\n",
            "416 Range Not Satisfiable\r\ncontent-range: bytes */10\r\ncontent-length: 0\r\n\r\n",
        ] {
            let endpoint = Endpoint::answering(format!("HTTP/1.1 {answer}")).await;
            let gateway = Gateway::before(endpoint.addr).await;
            let mut client = gateway.client().await;
            let fields = "range: bytes=0-4\r\nif-range: \"1\"\r\nif-none-match: \"2\"\r\nif-modified-since: \
                          Sun, 06 Nov 1994 08:49:37 GMT\r\n";
            let came = client.ask("GET", "/pay", fields).await;
            assert_eq!(came.status.to_string(), answer[..3]);
            for name in ["content-range", "etag"] {
                let sent = answer
                    .split("\r\n")
                    .find_map(|line| line.strip_prefix(&format!("{name}: ")));
                assert_eq!(came.header(name).as_deref(), sent, "{answer}");
            }
            let (_, seen) = endpoint.last_head();
            assert_eq!(field(&seen, "range"), Some("bytes=0-4"));
            assert_eq!(field(&seen, "if-range"), Some("\"1\""));
            assert_eq!(field(&seen, "if-none-match"), Some("\"2\""));
            assert_eq!(
                field(&seen, "if-modified-since"),
                Some("Sun, 06 Nov 1994 08:49:37 GMT")
            );
            gateway.stop().await;
        }
    });
}

#[test]
fn announced_trailers_go_on_to_an_endpoint_and_to_a_client_that_takes_them() {
    run(async {
        let (tell, mut told) = tokio::sync::mpsc::channel(4);
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let tell = tell.clone();
            async move {
                while conn.speaks().await {
                    let (_, fields) = conn.head().await;
                    tell.send(field(&fields, "trailer").map(str::to_owned))
                        .await
                        .unwrap();
                    if field(&fields, "transfer-encoding").is_some() {
                        assert_eq!(conn.chunk().await.unwrap(), b"hi");
                        assert_eq!(conn.until_end().await, "0\r\nx-sum: 7\r\n\r\n");
                    }
                    conn.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-late\r\n\r\n")
                        .await;
                    conn.send("2\r\nho\r\n0\r\nx-late: 8\r\nx-unasked: 9\r\n\r\n")
                        .await;
                }
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send(
                "POST /pay HTTP/1.1\r\nhost: shop\r\nte: trailers\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n\
                 2\r\nhi\r\n0\r\nx-sum: 7\r\nx-unasked: 9\r\n\r\n",
            )
            .await;
        assert_eq!(told.recv().await.unwrap().as_deref(), Some("x-sum"));
        let (_, fields) = client.head().await;
        assert_eq!(field(&fields, "trailer"), Some("x-late"));
        assert_eq!(client.chunk().await.unwrap(), b"ho");
        assert_eq!(client.until_end().await, "0\r\nx-late: 8\r\n\r\n");

        client
            .send("GET /pay HTTP/1.1\r\nhost: shop\r\ntrailer: x-sum\r\n\r\n")
            .await;
        assert_eq!(told.recv().await.unwrap(), None, "nothing can follow");
        let (_, fields) = client.head().await;
        assert_eq!(field(&fields, "trailer"), None);
        assert_eq!(client.chunk().await.unwrap(), b"ho");
        assert_eq!(client.until_end().await, "0\r\n\r\n");
        gateway.stop().await;
    });
}

#[test]
fn a_client_that_waits_to_be_told_to_continue_is_told_where_somebody_takes_its_body() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            while conn.speaks().await {
                let (_, fields) = conn.head().await;
                assert_eq!(field(&fields, "expect"), None);
                assert_eq!(conn.exactly(2).await, b"hi");
                conn.send(HELLO).await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        let post = |path: &str| {
            format!("POST {path} HTTP/1.1\r\nhost: shop\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        };
        for _ in 0..2 {
            client.send(post("/pay")).await;
            assert_eq!(client.head().await.0, "HTTP/1.1 100 Continue");
            client.send("hi").await;
            assert_eq!(client.answer("POST").await.text(), "hello");
        }
        client.send(post("/nowhere")).await;
        let answer = client.answer("POST").await;
        assert_eq!(answer.status, 404, "and no 100 before it");
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
        assert!(client.is_closed().await);
        gateway.stop().await;
    });
}

#[test]
fn hints_of_an_endpoint_come_before_its_answer() {
    run(async {
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let released = std::cell::RefCell::new(Some(released));
        let endpoint = Endpoint::scripted(move |mut conn, _| {
            let released = released.borrow_mut().take();
            async move {
                conn.head().await;
                conn.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nconnection: x\r\n\r\n")
                    .await;
                released.unwrap().await.unwrap();
                conn.send("HTTP/1.1 102 Processing\r\n\r\n").await;
                conn.send(HELLO).await;
                conn.head().await;
                conn.send(format!("HTTP/1.1 103 Early Hints\r\nlink: </b.css>\r\n\r\n{HELLO}"))
                    .await;
                conn.rest().await;
            }
        })
        .await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client.send("GET /pay HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        let (line, fields) = client.head().await;
        assert_eq!(line, "HTTP/1.1 103 Early Hints");
        assert_eq!(fields, [("link".to_owned(), "</a.css>".to_owned())]);
        release.send(()).unwrap();
        assert_eq!(client.head().await.0, "HTTP/1.1 102 Processing");
        assert_eq!(client.answer("GET").await.text(), "hello");

        let mut old = gateway.client().await;
        drop(client);
        old.send("GET /pay HTTP/1.0\r\n\r\n").await;
        assert_eq!(old.answer("GET").await.text(), "hello", "HTTP/1.0 is told none");
        gateway.stop().await;
    });
}

#[test]
fn a_small_body_that_nobody_wants_does_not_cost_the_connection() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let gateway = Gateway::before(endpoint.addr).await;
        let mut client = gateway.client().await;
        client
            .send("POST /nowhere HTTP/1.1\r\nhost: shop\r\ncontent-length: 2\r\n\r\nhi")
            .await;
        let answer = client.answer("POST").await;
        assert_eq!((answer.status, answer.header("connection")), (404, None));
        assert_eq!(client.get("/pay").await.status, 200);
        gateway.stop().await;
    });
}
