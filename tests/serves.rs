//! Requests through the gateway to their endpoint, and back.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::thread;

use hedgerow_tests::config::{Config, ONE_TRY};
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Connection, Endpoint, FullPort, Gateway, Mood, Place, breaker_id};

/// Two upstreams: `/pay` leads to the first, `rest` to the second.
fn config(payments: SocketAddr, web: SocketAddr, rest: &str) -> Config {
    Config::to("/pay", "payments", &[payments])
        .keys("timeout: 500ms, connectTimeout: 100ms")
        .keys(ONE_TRY)
        .and_to(rest, "web", &[web])
        .keys("timeout: 20s")
        .keys(ONE_TRY)
}

/// A gateway in front of one endpoint that gets everything.
fn before(web: &Endpoint) -> (Place, Gateway, ClosedPort) {
    let (place, closed) = (Place::new(), ClosedPort::new());
    let gateway = Gateway::serve(&place, &config(closed.addr(), web.addr(), "/"));
    (place, gateway, closed)
}

/// Bytes that tell where they are from, so that none can be lost, doubled or moved without notice.
fn large(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

#[test]
fn a_request_goes_to_the_upstream_of_the_first_rule_that_covers_its_path() {
    let (payments, web) = (Endpoint::start("payments"), Endpoint::start("web"));
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(payments.addr(), web.addr(), "/"));
    for (target, expected) in [
        ("/pay", "payments"),
        ("/pay/1?amount=3", "payments"),
        ("/pay?amount=3", "payments"),
        ("/payload", "web"),
        ("/", "web"),
        ("/any/thing", "web"),
    ] {
        let answer = gateway.get(target);
        assert_eq!((answer.status, answer.text()), (200, expected), "{target}");
        assert_eq!(answer.header("x-hedgerow-revision"), Some("1"), "{target}");
        assert_eq!(answer.header("x-hedgerow-refused"), None, "{target}");
    }
    let asked: Vec<_> = payments.heads().into_iter().map(|head| head.first).collect();
    assert_eq!(
        asked,
        [
            "GET /pay HTTP/1.1",
            "GET /pay/1?amount=3 HTTP/1.1",
            "GET /pay?amount=3 HTTP/1.1"
        ]
    );
}

#[test]
fn a_path_that_no_rule_covers_is_answered_404_and_reaches_nobody() {
    let (payments, web) = (Endpoint::start("payments"), Endpoint::start("web"));
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(payments.addr(), web.addr(), "/web"));
    gateway.get("/elsewhere").is_refused(404, "edge", "route");
    assert_eq!(payments.calls() + web.calls(), 0);
    assert_eq!(gateway.get("/web").status, 200);
}

#[test]
fn the_status_and_the_length_of_an_answer_are_passed_on() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    for status in [200, 201, 404, 418, 500, 503] {
        web.set(Mood::Answer(status));
        let answer = gateway.get("/");
        assert_eq!(
            (answer.status, answer.header("content-length")),
            (status, Some("3"))
        );
        // It is the endpoint's answer, not a refusal.
        assert_eq!(answer.header("x-hedgerow-refused"), None);
    }
}

#[test]
fn a_large_body_passes_unchanged_both_ways() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    web.set(Mood::Echo);
    let body = large(8 * 1024 * 1024);
    for framing in ["length", "chunks"] {
        let mut connection = Connection::open(gateway.addr()).unwrap();
        let length = body.len().to_string();
        let framed = match framing {
            "length" => ("content-length", length.as_str()),
            _ => ("transfer-encoding", "chunked"),
        };
        connection.send("POST", "/", &[framed], b"").unwrap();
        let mut writer = connection.writer();
        let answer = thread::scope(|scope| {
            scope.spawn(|| match framing {
                "length" => writer.write_all(&body).unwrap(),
                _ => {
                    for piece in body.chunks(100_000) {
                        write!(writer, "{:x}\r\n", piece.len()).unwrap();
                        writer.write_all(piece).unwrap();
                        writer.write_all(b"\r\n").unwrap();
                    }
                    writer.write_all(b"0\r\n\r\n").unwrap();
                }
            });
            connection.answer().unwrap()
        });
        assert_eq!((answer.status, answer.body.len()), (200, body.len()), "{framing}");
        assert!(answer.body == body, "{framing}: bytes were changed");
    }
}

#[test]
fn a_body_is_passed_on_while_it_is_being_sent() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    web.set(Mood::Echo);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    connection
        .send(
            "POST",
            "/",
            &[("transfer-encoding", "chunked")],
            b"5\r\nfirst\r\n",
        )
        .unwrap();
    // The endpoint's answer to the first piece is here before the second has been sent.
    let head = connection.head().unwrap();
    let mut writer = connection.writer();
    let mut body = connection.body(&head);
    let mut piece = [0; 5];
    body.read_exact(&mut piece).unwrap();
    assert_eq!(&piece, b"first");
    writer.write_all(b"6\r\nsecond\r\n0\r\n\r\n").unwrap();
    let mut rest = String::new();
    body.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "second");
}

#[test]
fn connections_are_kept_on_both_sides() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    for _ in 0..20 {
        let answer = connection.ask("GET", "/", &[], b"").unwrap();
        assert_eq!((answer.status, answer.text()), (200, "web"));
    }
    assert_eq!((web.calls(), web.connections()), (20, 1));
}

#[test]
fn a_request_id_is_kept_or_made_and_the_endpoint_is_told_the_same() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    let kept = connection
        .ask("GET", "/", &[("x-request-id", "order-66")], b"")
        .unwrap();
    assert_eq!(kept.header("x-request-id"), Some("order-66"));
    let made = [(); 2].map(|()| {
        let answer = connection.ask("GET", "/", &[], b"").unwrap();
        answer.header("x-request-id").unwrap().to_owned()
    });
    assert!(!made[0].is_empty() && made[0] != made[1], "{made:?}");
    let told: Vec<_> = web
        .heads()
        .iter()
        .map(|head| head.field("x-request-id").unwrap().to_owned())
        .collect();
    assert_eq!(told, ["order-66", &made[0], &made[1]]);
}

#[test]
fn an_endpoint_that_breaks_is_a_502_that_says_how() {
    let web = Endpoint::start("web");
    let (_place, gateway, closed) = before(&web);
    gateway
        .get("/pay")
        .is_refused(502, &breaker_id("payments", closed.addr()), "connect");
    let id = breaker_id("web", web.addr());
    web.set(Mood::Close);
    gateway.get("/").is_refused(502, &id, "reset");
    web.set(Mood::Babble);
    gateway.get("/").is_refused(502, &id, "answer");
    web.set(Mood::Answer(200));
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn an_endpoint_that_does_not_answer_in_time_is_a_504() {
    let (payments, web) = (Endpoint::start("payments"), Endpoint::start("web"));
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(payments.addr(), web.addr(), "/"));
    payments.set(Mood::Hang);
    let answer = gateway.get("/pay");
    answer.is_refused(504, &breaker_id("payments", payments.addr()), "timeout");
    let refused = answer.header("x-hedgerow-refused").unwrap();
    assert!(refused.contains("limit=500ms"), "{refused}");
    // It may not have had its turn yet.
    payments.reached_by(1);
    assert_eq!(payments.calls(), 1);
}

#[test]
fn an_endpoint_that_cannot_be_reached_in_time_is_a_504() {
    let (full, web) = (FullPort::new(), Endpoint::start("web"));
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config(full.addr(), web.addr(), "/"));
    let answer = gateway.get("/pay");
    answer.is_refused(504, &breaker_id("payments", full.addr()), "connectTimeout");
    let refused = answer.header("x-hedgerow-refused").unwrap();
    assert!(refused.contains("limit=100ms"), "{refused}");
}

#[test]
fn an_answer_that_breaks_off_never_looks_whole() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    web.set(Mood::BreakOff);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    connection.send("GET", "/", &[], b"").unwrap();
    let head = connection.head().unwrap();
    assert_eq!(head.first, "HTTP/1.1 200 OK");
    let mut body = Vec::new();
    let read = connection.body(&head).read_to_end(&mut body);
    assert!(read.is_err(), "{head:?} with {body:?} looks whole");
}

#[test]
fn a_client_that_goes_away_frees_its_place_and_is_no_failure_of_the_endpoint() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    web.set(Mood::Hang);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    connection.send("GET", "/", &[], b"").unwrap();
    web.reached_by(1);
    let figures = || gateway.api("/api/upstreams")[1]["endpoints"][0].clone();
    assert_eq!(figures()["inFlight"], 1);
    drop(connection);
    let after = until("the call to be given up", figures, |web| web["inFlight"] == 0);
    assert_eq!(
        (&after["addr"], &after["failures"], &after["successes"]),
        (&web.addr().to_string().into(), &0.into(), &0.into())
    );
}

#[test]
fn every_failure_of_an_endpoint_counts_for_its_breaker() {
    let web = Endpoint::start("web");
    let (_place, gateway, _closed) = before(&web);
    for mood in [Mood::Close, Mood::Babble, Mood::Answer(500)] {
        web.set(mood);
        gateway.get("/");
    }
    web.set(Mood::Answer(404));
    gateway.get("/");
    gateway.get("/pay");
    until(
        "the failures",
        || gateway.api("/api/upstreams"),
        |upstreams| {
            let of = |name: &str| {
                let all = upstreams.as_array().unwrap();
                let found = all.iter().find(|upstream| upstream["id"] == name).unwrap();
                let endpoint = &found["endpoints"][0];
                (endpoint["successes"].as_u64(), endpoint["failures"].as_u64())
            };
            of("web") == (Some(1), Some(3)) && of("payments") == (Some(0), Some(1))
        },
    );
}
