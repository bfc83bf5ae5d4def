//! What broken services do, and what clients of the gateway get to see of it: a right answer, 502 or 504 with the reason, or
//! a connection that visibly breaks off. Nothing is used again in doubt.
#![allow(clippy::unwrap_used)]

mod cases;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use hedgerow_tests::config::{ONE_TRY, leading_to};
use hedgerow_tests::patience::{PATIENCE, now};
use hedgerow_tests::script::{AGAIN, CLEAN, Part, Scripted, Seen, Then, seen, seen_with};
use hedgerow_tests::{Gateway, Place};

use cases::{Expected, cases};

/// A gateway with one worker, so that it has one shelf, in front of an endpoint that breaks.
fn before(endpoint: &Scripted, timeout: &str) -> (Place, Gateway) {
    let place = Place::new();
    let config = leading_to(endpoint.addr())
        .keys(&format!("timeout: {timeout}"))
        .keys(ONE_TRY);
    let gateway = Gateway::with_one_worker(&place, &config);
    (place, gateway)
}

fn refused(status: u16, rule: &str) -> Seen {
    Seen::Refused(status, rule.to_owned())
}

/// Answers with the place where their body begins.
fn shapes() -> [(&'static str, String, usize); 5] {
    let shape = |name, head: &str, body: &str| (name, format!("{head}{body}"), head.len());
    [
        shape(
            "sized",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
            "0123456789",
        ),
        shape(
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "5\r\n01234\r\n5;x=y\r\n56789\r\n0\r\n\r\n",
        ),
        shape(
            "trailers",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "A\r\n0123456789\r\n0\r\nx-sum: 45\r\n\r\n",
        ),
        shape("until close", "HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n", "0123456789"),
        shape(
            "interim",
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
            "0123456789",
        ),
    ]
}

#[test]
fn u3_an_answer_that_is_closed_or_reset_at_any_byte_is_never_taken_for_whole() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "20s");
    let mut asked = 0;
    for (name, answer, head) in shapes() {
        for cut in 0..=answer.len() {
            for then in [Then::Close, Then::Reset] {
                endpoint.play(Part::new(&answer.as_bytes()[..cut], then));
                let seen = seen(gateway.addr(), "GET");
                asked += 1;
                let at = format!("{name}, {then:?} after {:?}: {seen:?}", &answer[..cut]);
                if cut < head {
                    assert_eq!(seen, refused(502, "reset"), "{at}");
                } else if name == "until close" && then == Then::Close {
                    assert!(seen.is_whole(200, &answer[head..cut]), "{at}");
                } else if cut == answer.len() && name != "until close" {
                    assert!(seen.is_whole(200, "0123456789"), "{at}");
                } else {
                    assert_eq!(seen, Seen::Broken, "{at}");
                }
            }
        }
    }
    // What broke was not asked again: nobody knows what came of it.
    assert_eq!(endpoint.methods().len(), asked);
}

#[test]
fn u4_whatever_an_endpoint_says_is_passed_on_right_or_refused_and_nothing_is_used_again_in_doubt() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "20s");
    for case in cases() {
        endpoint.play(Part::new(case.answer.clone(), Then::Stay));
        let seen_first = seen(gateway.addr(), case.method);
        let name = &case.name;
        let is_used_again = match &case.expected {
            Expected::Whole(status, body, used) => {
                assert!(seen_first.is_whole(*status, body), "{name}: {seen_first:?}");
                *used
            }
            Expected::Refused => {
                assert_eq!(seen_first, refused(502, "answer"), "{name}");
                false
            }
            Expected::NotWhole => {
                let broken = seen_first == Seen::Broken || seen_first == refused(502, "answer");
                assert!(broken, "{name}: {seen_first:?}");
                false
            }
        };
        let next = if is_used_again { AGAIN } else { CLEAN };
        let after = seen(gateway.addr(), "POST");
        assert!(after.is_whole(200, next), "{name}, then: {after:?}");
    }
}

#[test]
fn u1_an_endpoint_that_says_nothing_is_a_504_at_the_time_out() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "500ms");
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-le"] {
        endpoint.play(Part::new(begun, Then::Stay));
        let start = now();
        assert_eq!(seen(gateway.addr(), "GET"), refused(504, "timeout"), "{begun:?}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(500), "{took:?}");
        // Far below any other limit, and far above what a busy machine adds.
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(seen(gateway.addr(), "GET").is_whole(200, CLEAN));
    }
}

#[test]
fn u2_an_answer_that_drips_has_the_time_of_the_whole_call_and_no_more() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "500ms");
    let head = "HTTP/1.1 200 OK\r\nx-long: ";
    let sized = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
    let until_close = "HTTP/1.1 200 OK\r\n\r\n";
    for (name, begun, expected) in [
        ("head", head, refused(504, "timeout")),
        ("sized", sized, Seen::Broken),
        ("until close", until_close, Seen::Broken),
    ] {
        endpoint.play(Part::new(begun, Then::Drip));
        let start = now();
        let seen_first = seen(gateway.addr(), "GET");
        let took = start.elapsed();
        assert_eq!(seen_first, expected, "{name}");
        assert!(took >= Duration::from_millis(500), "{name}: {took:?}");
        // It would have gone on for ever.
        assert!(took < PATIENCE / 2, "{name}: {took:?}");
        assert!(seen(gateway.addr(), "GET").is_whole(200, CLEAN));
    }
}

#[test]
fn u5_what_has_no_end_is_refused_before_it_fills_memory() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "20s");
    assert!(seen(gateway.addr(), "GET").is_whole(200, CLEAN));
    let before = gateway.peak_memory_kib();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases: [(&str, String, &[u8]); 10] = [
        ("fields", "HTTP/1.1 200 OK\r\n".into(), b"x-a: b\r\n"),
        ("a field's value", "HTTP/1.1 200 OK\r\nx-a: ".into(), b"a"),
        ("a field's name", "HTTP/1.1 200 OK\r\n".into(), b"a"),
        ("a reason", "HTTP/1.1 200 ".into(), b"O"),
        ("a status", "HTTP/1.1 ".into(), b"2"),
        ("interim answers", String::new(), b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("a chunk's size", chunked.into(), b"0"),
        ("a chunk's extensions", format!("{chunked}5;a="), b"a"),
        ("trailers", format!("{chunked}0\r\n"), b"x-a: b\r\n"),
        ("a trailer", format!("{chunked}0\r\nx-a: "), b"a"),
    ];
    for (name, begun, again) in cases {
        let taken = endpoint.taken();
        endpoint.play(Part::new(begun, Then::Repeat(again)));
        let seen = seen(gateway.addr(), "GET");
        let broken = seen == Seen::Broken || seen == refused(502, "answer");
        assert!(broken, "{name}: {seen:?}");
        // Most of it is what the system holds for both sides of a connection.
        let taken = endpoint.taken() - taken;
        assert!(taken < 16 * 1024 * 1024, "{name}: {taken} bytes");
    }
    let grown = gateway.peak_memory_kib() - before;
    assert!(grown < 8 * 1024, "{grown} KiB");
}

#[test]
fn u5_a_huge_body_passes_through_little_memory() {
    /// What is read of it.
    const READ: u64 = 64 * 1024 * 1024;
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "60s");
    assert!(seen(gateway.addr(), "GET").is_whole(200, CLEAN));
    let before = gateway.peak_memory_kib();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n";
    endpoint.play(Part::new(head, Then::Repeat(b"0123456789abcdef")));
    let mut stream = TcpStream::connect(gateway.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").unwrap();
    let mut sink = vec![0; 64 * 1024];
    let mut read = 0;
    while read < READ {
        let bytes = stream.read(&mut sink).unwrap();
        assert!(bytes > 0, "closed after {read} bytes");
        read += bytes as u64;
    }
    let grown = gateway.peak_memory_kib() - before;
    assert!(grown < 8 * 1024, "{grown} KiB");
}

#[test]
fn u6_an_answer_that_nobody_asked_for_is_given_to_nobody() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "20s");
    let asked = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nasked";
    let poison = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    endpoint.play(Part::new(asked, Then::Unasked(poison)));
    assert!(seen(gateway.addr(), "GET").is_whole(200, "asked"));
    endpoint.go_on();
    for method in ["POST", "GET"] {
        let next = seen(gateway.addr(), method);
        assert!(next.is_whole(200, CLEAN), "{method}: {next:?}");
    }
}

#[test]
fn u7_an_answer_from_an_endpoint_that_does_not_read_the_request_is_passed_on() {
    let endpoint = Scripted::new();
    let (_place, gateway) = before(&endpoint, "20s");
    let body = vec![b'x'; 4 * 1024 * 1024];
    let fields = format!("content-length: {}\r\n", body.len());
    for round in 0..30 {
        for (answer, text) in [
            ("HTTP/1.1 413 No\r\ncontent-length: 5\r\n\r\nlarge", "large"),
            (
                "HTTP/1.1 413 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nlarge\r\n0\r\n\r\n",
                "large",
            ),
        ] {
            // It closes with most of the request unread, which resets the connection behind its answer.
            endpoint.play(Part::new(answer, Then::Reset));
            let seen = seen_with(gateway.addr(), "POST", &fields, &body);
            assert!(seen.is_whole(413, text), "{round}: {seen:?}");
        }
        // The end of this one is told by the end of the connection, which it does not reach in order.
        endpoint.play(Part::new("HTTP/1.1 413 No\r\n\r\nlarge", Then::Reset));
        let seen = seen_with(gateway.addr(), "POST", &fields, &body);
        assert_eq!(seen, Seen::Broken, "{round}");
    }
}
