//! Bodies that are sent again.

use std::io::Write as _;

use hedgerow_tests::client::Connection;
use hedgerow_tests::script::{Part, Scripted, Then};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};

use super::{ask, before, config, retries};

/// One that fails with the body read, and one that sends it back.
fn two() -> (Endpoint, Endpoint) {
    let (sick, echo) = (Endpoint::start("sick"), Endpoint::start("echo"));
    sick.set(Mood::Answer(503));
    echo.set(Mood::Echo);
    (sick, echo)
}

const KEYS: &str = "breaker: off, retry: { replayBytes: 50000 }";

#[test]
fn a_body_that_was_kept_is_sent_again_to_the_last_byte() {
    let (sick, echo) = two();
    let (_place, gateway) = before(&[sick.addr(), echo.addr()], KEYS);
    for length in [1_usize, 5_000, 49_999, 50_000] {
        let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        // By turns: one of the two comes to the sick one first.
        for _ in 0..2 {
            let answer = ask(&gateway, "PUT", &[], &body);
            assert_eq!(answer.status, 200, "{length}");
            assert!(answer.body == body, "{length}: {} came back", answer.body.len());
        }
    }
    assert_eq!((sick.calls(), &retries(&gateway)["retries"]), (4, &4.into()));
}

#[test]
fn a_body_in_chunks_is_sent_again_as_it_came() {
    let (sick, echo) = two();
    let (_place, gateway) = before(&[sick.addr(), echo.addr()], KEYS);
    for _ in 0..2 {
        let mut connection = Connection::open(gateway.addr()).unwrap();
        let head = "PUT / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut writer = connection.writer();
        for part in [head, "5\r\nfirst\r\n", "6\r\nsecond\r\n", "0\r\n\r\n"] {
            writer.write_all(part.as_bytes()).unwrap();
        }
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (200, "firstsecond"));
    }
    let framings: Vec<_> = sick.heads().into_iter().chain(echo.heads()).collect();
    assert_eq!(framings.len(), 3);
    assert!(
        framings
            .iter()
            .all(|head| head.field("transfer-encoding") == Some("chunked"))
    );
}

#[test]
fn a_body_that_is_too_long_to_be_kept_is_sent_once() {
    let (sick, echo) = two();
    let (_place, gateway) = before(&[sick.addr(), echo.addr()], KEYS);
    let body = vec![b'x'; 50_001];
    let statuses = [(); 2].map(|()| ask(&gateway, "PUT", &[], &body).status);
    assert!(statuses.contains(&503) && statuses.contains(&200), "{statuses:?}");
    // In chunks nobody knows how long it is before it has come.
    let chunk = format!("c351\r\n{}\r\n0\r\n\r\n", "x".repeat(50_001));
    let statuses = [(); 2].map(|()| {
        let mut connection = Connection::open(gateway.addr()).unwrap();
        let head = "PUT / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
        connection.write(head.as_bytes()).unwrap();
        connection.write(chunk.as_bytes()).unwrap();
        connection.answer().unwrap().status
    });
    assert!(statuses.contains(&503) && statuses.contains(&200), "{statuses:?}");
    assert_eq!((sick.calls(), &retries(&gateway)["retries"]), (2, &0.into()));
}

#[test]
fn a_limit_on_bodies_holds_for_what_is_kept_as_well() {
    let (sick, echo) = two();
    let place = Place::new();
    let node = "{ kind: bodyLimit, max: 10 }";
    let gateway = Gateway::serve(&place, &config(&[sick.addr(), echo.addr()], KEYS).node(node));
    for _ in 0..2 {
        assert_eq!(ask(&gateway, "PUT", &[], b"0123456789").text(), "0123456789");
        assert_eq!(ask(&gateway, "PUT", &[], b"01234567890").status, 413);
    }
}

#[test]
fn a_body_that_is_still_coming_when_its_request_is_sent_again_goes_on_from_where_it_was() {
    let (sick, echo) = (Scripted::new(), Endpoint::start("echo"));
    echo.set(Mood::Echo);
    let (_place, gateway) = before(&[sick.addr(), echo.addr()], KEYS);
    // It answers before it has read the body.
    let early = "HTTP/1.1 503 Early\r\ncontent-length: 0\r\n\r\n";
    sick.play_next(Part::new(early, Then::Close));
    // By turns: one of the two comes to the sick one first.
    for _ in 0..2 {
        let mut connection = Connection::open(gateway.addr()).unwrap();
        let reached = echo.calls();
        let head = "PUT / HTTP/1.1\r\nhost: shop\r\ncontent-length: 11\r\n\r\nfirst";
        connection.write(head.as_bytes()).unwrap();
        echo.reached_by(reached + 1);
        connection.write(b"second").unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (200, "firstsecond"));
    }
    assert_eq!(
        (sick.methods().len(), &retries(&gateway)["retries"]),
        (1, &1.into())
    );
}
