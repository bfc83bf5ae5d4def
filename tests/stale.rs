//! What becomes of a request whose connection had been idle, and is dead.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::config::{ONE_TRY, leading_to};
use hedgerow_tests::script::{CLEAN, Part, Scripted, Seen, Then, seen, seen_with};
use hedgerow_tests::{Gateway, Place};

const FIRST: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst";

/// A gateway with one worker, so that it has one shelf, and these keys of its upstream.
fn before(endpoint: &Scripted, upstream: &str) -> (Place, Gateway) {
    let place = Place::new();
    let gateway = Gateway::with_one_worker(&place, &leading_to(endpoint.addr()).keys(upstream));
    (place, gateway)
}

/// What the second request on a connection gets, whose endpoint answers the first and does `second` at the second; and the
/// methods of all requests that came to it.
fn second(upstream: &str, method: &'static str, body: &str, second: Part) -> (Seen, Vec<String>) {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, upstream);
    endpoint.play(Part::new(FIRST, Then::Stay).and_next(second));
    assert!(seen(gateway.addr(), "GET").is_whole(200, "first"));
    let fields = match body {
        "" => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let seen = seen_with(gateway.addr(), method, &fields, body.as_bytes());
    (seen, endpoint.methods())
}

fn reset() -> Seen {
    Seen::Refused(502, "reset".to_owned())
}

#[test]
fn b10_a_request_that_may_be_repeated_is_sent_once_more_where_its_idle_connection_ended_in_silence() {
    for upstream in ["", ONE_TRY] {
        for then in [Then::Close, Then::Reset] {
            for method in ["GET", "DELETE", "PUT"] {
                let (seen, methods) = second(upstream, method, "", Part::new("", then));
                assert!(seen.is_whole(200, CLEAN), "{method}, {then:?}: {seen:?}");
                assert_eq!(methods, ["GET", method, method], "{then:?}");
            }
        }
    }
}

#[test]
fn b10_what_an_endpoint_may_have_acted_on_is_never_repeated() {
    for then in [Then::Close, Then::Reset] {
        for (method, body) in [("POST", ""), ("POST", "order"), ("PATCH", ""), ("PATCH", "order")] {
            let (seen, methods) = second(ONE_TRY, method, body, Part::new("", then));
            assert_eq!(seen, reset(), "{method} {body:?}, {then:?}");
            assert_eq!(methods, ["GET", method], "{body:?}, {then:?}");
        }
    }
}

#[test]
fn b10_a_body_that_was_kept_is_sent_once_more_with_its_request() {
    for then in [Then::Close, Then::Reset] {
        for method in ["PUT", "GET"] {
            let (seen, methods) = second(ONE_TRY, method, "order", Part::new("", then));
            assert!(seen.is_whole(200, CLEAN), "{method}, {then:?}: {seen:?}");
            assert_eq!(methods, ["GET", method, method], "{then:?}");
        }
    }
}

#[test]
fn b10_a_request_that_got_a_byte_of_an_answer_is_not_repeated() {
    for begun in ["H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
        for then in [Then::Close, Then::Reset] {
            let (seen, methods) = second(ONE_TRY, "GET", "", Part::new(begun, then));
            assert_eq!(seen, reset(), "{begun:?}, {then:?}");
            assert_eq!(methods, ["GET", "GET"], "{begun:?}, {then:?}");
        }
    }
}

#[test]
fn b10_a_request_over_a_fresh_connection_is_never_repeated() {
    for then in [Then::Close, Then::Reset] {
        let endpoint = Scripted::new();
        let (_place, gateway) = before(&endpoint, ONE_TRY);
        endpoint.play(Part::new("", then));
        assert_eq!(seen(gateway.addr(), "GET"), reset(), "{then:?}");
        assert_eq!(endpoint.methods(), ["GET"], "{then:?}");
        // Nor is the repetition repeated.
        let first = Part::new(FIRST, Then::Stay).and_next(Part::new("", then));
        endpoint.play(first);
        assert!(seen(gateway.addr(), "GET").is_whole(200, "first"));
        endpoint.play_next(Part::new("", then));
        assert_eq!(seen(gateway.addr(), "GET"), reset(), "{then:?}");
        assert_eq!(endpoint.methods(), ["GET"; 4], "{then:?}");
    }
}

#[test]
fn b10_without_retries_nothing_is_sent_twice() {
    for upstream in ["retry: { maxRetries: 0 }", "retry: off"] {
        for then in [Then::Close, Then::Reset] {
            let (seen, methods) = second(upstream, "GET", "", Part::new("", then));
            assert_eq!(seen, reset(), "{then:?}");
            assert_eq!(methods, ["GET", "GET"], "{then:?}");
        }
    }
}

#[test]
fn b10_an_endpoint_that_closes_its_connections_at_any_time_costs_no_get() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, ONE_TRY);
    for round in 0..200 {
        // It promises to stay, and does not: sometimes it is gone when the next request is sent, sometimes not yet.
        endpoint.play_next(Part::new(FIRST, Then::Close));
        let seen = seen(gateway.addr(), "GET");
        assert!(seen.is_whole(200, "first"), "{round}: {seen:?}");
    }
    assert_eq!(endpoint.connections(), 200);
}
