//! Every case of the corpus through a gateway: what comes out is exactly one canonical request each, or nothing.
#![allow(clippy::unwrap_used)]

use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow_tests::corpus::{self, Case, End, Request};
use hedgerow_tests::recorder::{Recorder, answer_to};
use hedgerow_tests::wire::Head;
use hedgerow_tests::{Connection, Gateway, Place, config};

/// The head of the next answer that is no interim one.
fn head(connection: &mut Connection) -> io::Result<Head> {
    loop {
        let head = connection.head()?;
        if !head.first.contains(" 100 ") {
            return Ok(head);
        }
    }
}

fn content(connection: &mut Connection, head: &Head) -> Vec<u8> {
    let mut content = Vec::new();
    connection.body(head).read_to_end(&mut content).unwrap();
    content
}

fn is_answered(connection: &mut Connection, Request { method, target, body }: &Request, case: &Case) {
    let head = head(connection).unwrap_or_else(|error| panic!("{}: {error} for {target}", case.name));
    assert!(head.first.contains(" 200 "), "{}: {head:?}", case.name);
    let expected = answer_to(method, target, body);
    let length = head.field("content-length").unwrap().parse();
    assert_eq!(length, Ok(expected.len()), "{}", case.name);
    if method != "HEAD" {
        assert_eq!(content(connection, &head), expected, "{}", case.name);
    }
}

/// Closed, and not reset.
fn is_closed(connection: &mut Connection, case: &Case) {
    let next = head(connection).map_err(|error| error.kind());
    assert_eq!(next, Err(ErrorKind::ConnectionAborted), "{}", case.name);
}

fn is_refused(connection: &mut Connection, status: u16, rule: &str, case: &Case) {
    let head = head(connection).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    assert!(
        head.first.contains(&format!(" {status} ")),
        "{}: {head:?}",
        case.name
    );
    let refused = head.field("x-hedgerow-refused").unwrap();
    assert!(
        refused.starts_with(&format!("edge; rule={rule}; limit=")),
        "{}: {refused}",
        case.name
    );
    assert_eq!(head.field("connection"), Some("close"), "{}", case.name);
    assert!(head.field("x-request-id").is_some(), "{}", case.name);
    if !case.bytes.starts_with(b"HEAD") {
        assert!(content(connection, &head).ends_with(b".\n"), "{}", case.name);
    }
    is_closed(connection, case);
}

fn run(gateway: &Gateway, recorder: &Recorder, case: &Case, cuts: &[usize]) {
    let mut connection = Connection::open(gateway.addr()).unwrap();
    let mut start = 0;
    for end in cuts.iter().copied().chain([case.bytes.len()]) {
        // Where the gateway has seen enough, it may have closed.
        let _ = connection.write(&case.bytes[start..end]);
        start = end;
    }
    let mut expected = case.requests.clone();
    for request in &case.requests {
        is_answered(&mut connection, request, case);
    }
    match &case.end {
        End::Open => {
            let after = Request {
                method: "GET".into(),
                target: "/after".into(),
                body: Vec::new(),
            };
            connection
                .write(b"GET /after HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")
                .unwrap();
            is_answered(&mut connection, &after, case);
            is_closed(&mut connection, case);
            expected.push(after);
        }
        End::Closed => is_closed(&mut connection, case),
        End::Waits => {
            connection.writer().shutdown(Shutdown::Write).unwrap();
            is_refused(
                &mut connection,
                400,
                if case.begins { "body" } else { "head" },
                case,
            );
        }
        End::Refused { status, rule } => is_refused(&mut connection, *status, rule, case),
    }
    let came: Vec<_> = expected.into_iter().map(Ok).collect();
    assert_eq!(recorder.take(), came, "{} ({})", case.name, case.why);
}

#[test]
fn k4_what_comes_out_is_one_canonical_request_each_or_nothing_however_the_bytes_are_cut() {
    let recorder = Recorder::new();
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config::leading_to(recorder.addr()));
    let printable = |log: &str| {
        log.bytes()
            .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
    };
    for case in corpus::cases() {
        let length = case.bytes.len();
        run(&gateway, &recorder, &case, &[]);
        run(&gateway, &recorder, &case, &[length / 2]);
        run(
            &gateway,
            &recorder,
            &case,
            &[1.min(length), length / 3, length - 1],
        );
    }
    assert!(
        printable(&gateway.log()),
        "k11: what strangers send is logged as it is"
    );
}

#[test]
fn k4_nobody_gets_the_answer_to_what_another_has_sent() {
    let recorder = Recorder::new();
    let place = Place::new();
    let gateway = Gateway::serve(&place, &config::leading_to(recorder.addr()));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for victim in 0..2 {
            let (gateway, over) = (&gateway, &over);
            scope.spawn(move || {
                let mut connection = Connection::open(gateway.addr()).unwrap();
                let mut number = 0;
                while !over.load(Ordering::Relaxed) || number == 0 {
                    let target = format!("/victim-{victim}/{number}");
                    let answer = connection.ask("GET", &target, &[], b"").unwrap();
                    assert_eq!(
                        (answer.status, answer.text().trim_end()),
                        (200, &*format!("GET {target}"))
                    );
                    number += 1;
                }
            });
        }
        for case in corpus::cases() {
            let mut connection = Connection::open(gateway.addr()).unwrap();
            let _ = connection.write(&case.bytes);
            // Gone in the middle, or once the first answer begins.
            let answers = case.end != End::Waits && case.end != End::Open;
            let _ = (answers && case.bytes.len() % 2 == 0).then(|| connection.head());
        }
        over.store(true, Ordering::Relaxed);
    });
    let odd: Vec<_> = recorder.take().into_iter().filter_map(Result::err).collect();
    assert_eq!(odd, [""; 0], "what came out was not canonical");
}
