//! Answers of all kinds, and what is to become of them.

/// What a client of the gateway is to see.
pub(crate) enum Expected {
    /// The endpoint's answer: status and body; and whether its connection is used again.
    Whole(u16, &'static str, bool),
    /// 502 with the reason.
    Refused,
    /// 502, or where the head was on its way already, a connection that breaks off.
    NotWhole,
}

/// An answer, sent at once, on a connection that then stays open.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) answer: Vec<u8>,
    pub(crate) expected: Expected,
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const HELLO: &str = "content-length: 5\r\n\r\nhello";
const CHUNKED: &str = "transfer-encoding: chunked\r\n\r\n";

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = right();
    cases.extend(refused(&heads(), "heads"));
    cases.extend(refused(&fields(), "fields"));
    cases.extend(bodies());
    cases
}

fn case(name: &str, method: &'static str, answer: &str, expected: Expected) -> Case {
    Case {
        name: format!("{name} ({answer:.200?})"),
        method,
        answer: answer.into(),
        expected,
    }
}

fn right() -> Vec<Case> {
    let used = |name, answer: String| case(name, "GET", &answer, Expected::Whole(200, "hello", true));
    let once = |name, answer: String| case(name, "GET", &answer, Expected::Whole(200, "hello", false));
    let empty = |name, method, status, used, answer: String| {
        case(name, method, &answer, Expected::Whole(status, "", used))
    };
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let poison = format!("{OK}content-length: 6\r\n\r\npoison");
    vec![
        used("sized", format!("{OK}{HELLO}")),
        used(
            "a length with a zero in front",
            format!("{OK}content-length: 05\r\n\r\nhello"),
        ),
        used(
            "blanks around a length",
            format!("{OK}content-length: \t5 \r\n\r\nhello"),
        ),
        used(
            "chunked",
            format!("{OK}{CHUNKED}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        ),
        used(
            "CHUNKED",
            format!("{OK}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        ),
        used(
            "extensions of chunks",
            format!("{OK}{CHUNKED}05;a=\"b;\\\"\\r\";c\r\nhello\r\n0;d\r\n\r\n"),
        ),
        used(
            "trailers",
            format!("{OK}{CHUNKED}5\r\nhello\r\n0\r\nx-sum: 532\r\nx-b: c\r\n\r\n"),
        ),
        used("no reason", format!("HTTP/1.1 200 \r\n{HELLO}")),
        used("no reason and no blank", format!("HTTP/1.1 200\r\n{HELLO}")),
        used(
            "a reason of other bytes",
            format!("HTTP/1.1 200 \u{fc}ber\t!\r\n{HELLO}"),
        ),
        used(
            "early hints",
            format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{OK}{HELLO}"),
        ),
        used(
            "an interim answer that tells a length",
            format!("HTTP/1.1 102 Wait\r\n{HELLO}").replace("hello", "") + &format!("{OK}{HELLO}"),
        ),
        used("16 interim answers", format!("{}{OK}{HELLO}", interim.repeat(16))),
        used("100 fields", format!("{OK}{}{HELLO}", "x-a: b\r\n".repeat(99))),
        used(
            "a large field",
            format!("{OK}x-a: {}\r\n{HELLO}", "b".repeat(60_000)),
        ),
        once("it closes", format!("{OK}connection: close\r\n{HELLO}")),
        once("HTTP/1.0", format!("HTTP/1.0 200 OK\r\n{HELLO}")),
        once("an answer behind the answer", format!("{OK}{HELLO}{poison}")),
        once(
            "an answer behind the chunks",
            format!("{OK}{CHUNKED}5\r\nhello\r\n0\r\n\r\n{poison}"),
        ),
        once("a blank line behind the answer", format!("{OK}{HELLO}\r\n")),
        once(
            "a length that is too short",
            format!("{OK}content-length: 5\r\n\r\nhello, world"),
        ),
        empty(
            "sized, empty",
            "GET",
            200,
            true,
            format!("{OK}content-length: 0\r\n\r\n"),
        ),
        empty(
            "chunked, empty",
            "GET",
            200,
            true,
            format!("{OK}{CHUNKED}0\r\n\r\n"),
        ),
        empty("204", "GET", 204, true, "HTTP/1.1 204 None\r\n\r\n".into()),
        empty(
            "204 with a length",
            "GET",
            204,
            true,
            "HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\n".into(),
        ),
        empty(
            "304 with a length",
            "GET",
            304,
            true,
            "HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n".into(),
        ),
        empty(
            "304 with chunks",
            "GET",
            304,
            true,
            format!("HTTP/1.1 304 Same\r\n{CHUNKED}"),
        ),
        empty(
            "HEAD",
            "HEAD",
            200,
            true,
            format!("{OK}content-length: 5\r\n\r\n"),
        ),
        empty("HEAD with chunks", "HEAD", 200, true, format!("{OK}{CHUNKED}")),
        empty(
            "a body behind 204",
            "GET",
            204,
            false,
            format!("HTTP/1.1 204 None\r\n{HELLO}"),
        ),
        empty(
            "a body behind 304",
            "GET",
            304,
            false,
            format!("HTTP/1.1 304 Same\r\n{HELLO}"),
        ),
        empty("a body behind HEAD", "HEAD", 200, false, format!("{OK}{HELLO}")),
        empty(
            "an answer behind 204",
            "GET",
            204,
            false,
            format!("HTTP/1.1 204 None\r\n\r\n{poison}"),
        ),
    ]
}

fn heads() -> Vec<String> {
    let mut heads: Vec<String> = [
        "good morning\r\n\r\n",
        "<html>hello</html>",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        " HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "ICY 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    ]
    .map(str::to_owned)
    .into();
    let lines = [
        "http/1.1 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/2.0 200 OK",
        "HTTP/2 200 OK",
        "HTTP/11 200 OK",
        "HTTP/1.1200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 2OO OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK",
        "HTTP/1.1 999 OK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK",
        "HTTP/1.1 200 O\u{7f}K",
        "HTTP/1.1 OK",
        "HTTP/1.1",
    ];
    heads.extend(lines.map(|line| format!("{line}\r\n{HELLO}")));
    heads.push(format!("HTTP/1.1 200 OK\n{HELLO}"));
    heads.push("HTTP/1.1 200 OK\ncontent-length: 5\n\nhello".into());
    heads.push("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\nhello".into());
    heads.push("HTTP/1.1 200 OK\r\ncontent-length: 5\n\r\nhello".into());
    heads.push("HTTP/1.1 101 Switching Protocols\r\n\r\n".into());
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    heads.push(format!("HTTP/1.1 101 Switching Protocols\r\n{upgrade}\r\n"));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    heads.push(format!("{}{OK}{HELLO}", interim.repeat(17)));
    heads.push(format!("{interim}good morning\r\n\r\n"));
    heads.push(format!("{interim}HTTP/1.1 101 Switching\r\n\r\n{OK}{HELLO}"));
    heads
}

fn fields() -> Vec<String> {
    let lines = [
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 5\r\nContent-Length: 6",
        "content-length: 5, 5",
        "content-length: 5,6",
        "content-length: 5 5",
        "content-length: +5",
        "content-length: -5",
        "content-length: 0x5",
        "content-length: 5.0",
        "content-length: five",
        "content-length:",
        "content-length: 18446744073709551616",
        "content-length: 9223372036854775808",
        "content-length: 00000000000000000000000000000000000000000000000000000x5",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: gzip",
        "transfer-encoding: identity",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked;q=1",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding: chunked,",
        "transfer-encoding:",
        "content-length : 5",
        "content-length\t: 5",
        "content length: 5",
        ": 5",
        "content-length",
        " content-length: 5",
        "x-a: b\r\n content-length: 5",
        "x-a: b\r\n\tcontent-length: 5",
        "x-a: b\rcontent-length: 5",
        "x-a: b\ncontent-length: 5",
        "x-a: b\0c",
        "x-a: b\u{1}c",
        "x-a: b\u{7f}c",
        "x-\u{fc}: b",
        "x(a): b",
        "x-a: b\r\n\r",
    ];
    let mut fields: Vec<_> = lines
        .map(|line| format!("{OK}{line}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
        .into();
    fields.push("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".into());
    fields.push(format!("{OK}{}{HELLO}", "x-a: b\r\n".repeat(100)));
    fields.push(format!("{OK}x-a: {}\r\n{HELLO}", "b".repeat(70_000)));
    fields
}

fn refused(answers: &[String], name: &str) -> Vec<Case> {
    let refused = answers
        .iter()
        .map(|answer| case(name, "GET", answer, Expected::Refused));
    refused.collect()
}

/// What is wrong is behind a head that is right.
fn bodies() -> Vec<Case> {
    let chunks = [
        "x\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        ";a\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "6\r\nhello\r\n0\r\n\r\n",
        "5;\rhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\nhello\r\n0\r\nx\r\n\r\n",
        "5\r\nhello\r\n0\r\n x: y\r\n\r\n",
        "5\r\nhello\r\n0\r\nx : y\r\n\r\n",
        "5\r\nhello\r\n0\r\nx: y\n\r\n",
        "5\r\nhello\r\n0\r\ncontent-length: 5\r\n\r\n",
        "5\r\nhello\r\n0\r\ntransfer-encoding: chunked\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nhello",
        "HTTP/1.1 200 OK\r\n\r\n",
    ];
    let chunks = chunks.iter().map(|body| {
        case(
            "chunks",
            "GET",
            &format!("{OK}{CHUNKED}{body}"),
            Expected::NotWhole,
        )
    });
    chunks.collect()
}
