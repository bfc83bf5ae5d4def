//! Heads that are far too large, and bodies that become so once they are decompressed.
#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use hedgerow_tests::recorder::{Recorder, answer_to};
use hedgerow_tests::script::{Part, Scripted, Then};
use hedgerow_tests::{Answer, Connection, Endpoint, Gateway, Mood, Place, config};

/// What a head is to be refused for.
struct Bomb {
    what: &'static str,
    /// Without the end of its head, as whoever sends such a thing need not come to one.
    bytes: Vec<u8>,
    status: u16,
    rule: &'static str,
}

fn bombs() -> [Bomb; 5] {
    let get = "GET /bomb HTTP/1.1\r\nhost: shop\r\n";
    let large = "a".repeat(100 * 1024);
    let fields = |count: usize| -> String { (0..count).map(|number| format!("x-{number}: a\r\n")).collect() };
    let bomb = |what, text: String, status, rule| Bomb {
        what,
        bytes: text.into_bytes(),
        status,
        rule,
    };
    [
        bomb(
            "2,000 fields",
            format!("{get}{}", fields(2_000)),
            431,
            "headerCount",
        ),
        bomb(
            "a field of 100 KiB",
            format!("{get}x-large: {large}\r\n"),
            431,
            "headerBytes",
        ),
        bomb(
            "a name of 100 KiB",
            format!("{get}{large}: x\r\n"),
            431,
            "headerBytes",
        ),
        bomb(
            "a target of 100 KiB",
            format!("GET /{large} HTTP/1.1\r\nhost: shop\r\n"),
            414,
            "targetBytes",
        ),
        bomb(
            "2,000 trailers",
            format!(
                "POST /bomb HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{}",
                fields(2_000)
            ),
            431,
            "headerCount",
        ),
    ]
}

fn is_served(connection: &mut Connection, target: &str) {
    let answer = connection.ask("GET", target, &[], b"").unwrap();
    assert_eq!((answer.status, answer.body), (200, answer_to("GET", target, b"")));
}

fn is_refused_and_closed(connection: &mut Connection, bomb: &Bomb) {
    let answer: Answer = connection
        .answer()
        .unwrap_or_else(|error| panic!("{}: no answer to be read: {error}", bomb.what));
    answer.is_refused(bomb.status, "edge", bomb.rule);
    assert_eq!(answer.header("connection"), Some("close"), "{}", bomb.what);
    assert!(answer.header("x-request-id").is_some(), "{}", bomb.what);
    assert!(answer.text().ends_with(".\n"), "{}: {answer:?}", bomb.what);
    let next = connection.head().map_err(|error| error.kind());
    assert_eq!(next, Err(ErrorKind::ConnectionAborted), "{}", bomb.what);
}

#[test]
fn k3_a_head_of_any_size_is_refused_readably_its_connection_closed_and_others_are_served_meanwhile() {
    let (recorder, place) = (Recorder::new(), Place::new());
    let gateway = Gateway::serve(&place, &config::leading_to(recorder.addr()));
    let mut steady = Connection::open(gateway.addr()).unwrap();
    is_served(&mut steady, "/steady");
    for bomb in bombs() {
        // Half of it, so that the other clients come while the gateway holds it.
        let (half, rest) = bomb.bytes.split_at(bomb.bytes.len() / 2);
        let mut stranger = Connection::open(gateway.addr()).unwrap();
        let mut whole = Connection::open(gateway.addr()).unwrap();
        whole.write(&bomb.bytes).unwrap();
        stranger.write(half).unwrap();
        is_served(&mut steady, "/steady");
        is_served(&mut Connection::open(gateway.addr()).unwrap(), "/fresh");
        stranger.write(rest).unwrap();
        is_refused_and_closed(&mut stranger, &bomb);
        is_refused_and_closed(&mut whole, &bomb);
        is_served(&mut steady, "/steady");
    }
    let came: Vec<_> = recorder
        .take()
        .into_iter()
        .map(|request| request.unwrap().target)
        .collect();
    assert!(!came.contains(&"/bomb".to_owned()), "{came:?}");
}

/// Zeros, as many as take 64 MiB where somebody decompresses them.
const ZEROS: usize = 64 * 1024 * 1024;

/// By the system's own program, as nothing of the gateway's can read it.
fn zipped_zeros() -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .args(["--best", "--no-name"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let feed = thread::spawn(move || {
        let zeros = [0; 64 * 1024];
        for _ in 0..ZEROS / zeros.len() {
            stdin.write_all(&zeros).unwrap();
        }
    });
    let mut zipped = Vec::new();
    gzip.stdout.take().unwrap().read_to_end(&mut zipped).unwrap();
    feed.join().unwrap();
    assert!(gzip.wait().unwrap().success());
    assert!(zipped.len() < ZEROS / 500, "{} bytes", zipped.len());
    zipped
}

#[test]
fn k6_a_compressed_body_goes_through_both_ways_as_it_is_and_takes_no_memory_for_what_is_in_it() {
    const CODING: (&str, &str) = ("content-encoding", "gzip");
    let (echo, scripted, place) = (Endpoint::start("echo"), Scripted::new(), Place::new());
    echo.set(Mood::Echo);
    let inwards = Gateway::serve(&place, &config::leading_to(echo.addr()));
    let outwards = Gateway::serve(&place, &config::leading_to(scripted.addr()));
    let zipped = zipped_zeros();
    let before = (inwards.peak_memory_kib(), outwards.peak_memory_kib());

    let mut client = Connection::open(inwards.addr()).unwrap();
    let answer = client.ask("POST", "/", &[CODING], &zipped).unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        answer.body == zipped,
        "the body came out as {} bytes",
        answer.body.len()
    );
    assert_eq!(echo.heads()[0].field(CODING.0), Some(CODING.1));

    let head = format!(
        "HTTP/1.1 200 OK\r\n{}: {}\r\ncontent-length: {}\r\n\r\n",
        CODING.0,
        CODING.1,
        zipped.len()
    );
    scripted.play_next(Part::new([head.as_bytes(), &zipped].concat(), Then::Stay));
    let mut client = Connection::open(outwards.addr()).unwrap();
    // Also for a client that has not said that it can read it: that is between the two of them.
    let answer = client.ask("GET", "/", &[], b"").unwrap();
    assert_eq!((answer.status, answer.header(CODING.0)), (200, Some(CODING.1)));
    assert!(
        answer.body == zipped,
        "the body came out as {} bytes",
        answer.body.len()
    );

    for (gateway, before) in [(&inwards, before.0), (&outwards, before.1)] {
        let grown = gateway.peak_memory_kib() - before;
        assert!(grown < ZEROS as u64 / 1024 / 4, "{grown} KiB more");
    }
}
