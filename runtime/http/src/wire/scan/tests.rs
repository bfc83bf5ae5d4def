#![allow(clippy::unwrap_used)]

use super::Scanner;

/// What a scanner made of these bytes, given in pieces: how many belong to the answer, whether it is over, or the limit that it
/// broke.
fn read(wants_body: bool, pieces: &[&[u8]]) -> Result<(usize, bool), String> {
    let mut scanner = Scanner::default();
    scanner.ask(wants_body);
    let mut taken = 0;
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        taken += scanner.scan(piece).map_err(|refused| refused.limit)?;
    }
    Ok((taken, scanner.is_silent()))
}

/// The first three are right.
pub(super) const ANSWERS: [&str; 8] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: b\r\n\r\nhello",
    "HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n2;a\r\nhe\r\n0\r\nx: y\r\n\r\n",
    "HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\ncontent-length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 999 OK\r\n\r\n",
];

#[test]
fn an_answer_is_read_in_the_same_way_however_it_is_cut() {
    for answer in ANSWERS {
        let bytes = answer.as_bytes();
        let whole = read(true, &[bytes]);
        for cut in 0..bytes.len() {
            let (first, second) = bytes.split_at(cut);
            assert_eq!(read(true, &[first, second]), whole, "{answer:?} cut at {cut}");
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(read(true, &single), whole, "{answer:?} by bytes");
    }
}

#[test]
fn what_stands_behind_an_answer_belongs_to_none() {
    for answer in &ANSWERS[..3] {
        let length = answer.len();
        assert_eq!(read(true, &[answer.as_bytes()]), Ok((length, true)), "{answer:?}");
        for more in ["x", "\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            let long = format!("{answer}{more}");
            assert_eq!(read(true, &[long.as_bytes()]), Ok((length, false)), "{long:?}");
            let late = [answer.as_bytes(), more.as_bytes()];
            assert_eq!(read(true, &late), Ok((length, false)), "{long:?}");
        }
    }
    let to_head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    let long = format!("{to_head}hello");
    assert_eq!(read(false, &[long.as_bytes()]), Ok((to_head.len(), false)));
}

#[test]
fn an_answer_that_comes_before_its_request_belongs_to_nobody() {
    let mut scanner = Scanner::default();
    assert!(scanner.is_silent());
    assert_eq!(scanner.scan(ANSWERS[0].as_bytes()), Ok(0));
    assert!(scanner.is_spoiled());
    // Who asks now gets nothing: whose answer comes next is not known any more.
    scanner.ask(true);
    assert_eq!(scanner.scan(ANSWERS[0].as_bytes()), Ok(0));
}

#[test]
fn one_answer_follows_another_where_each_was_asked_for() {
    let mut scanner = Scanner::default();
    for answer in &ANSWERS[..3] {
        scanner.ask(true);
        assert_eq!(scanner.scan(answer.as_bytes()), Ok(answer.len()), "{answer:?}");
        assert!(scanner.is_silent());
    }
}

#[test]
fn no_two_lines_of_a_length_and_no_end_of_line_of_another_kind_pass() {
    for (answer, limit) in [
        (ANSWERS[3], "CR LF at the end of a line and nowhere else"),
        (ANSWERS[4], "Content-Length or Transfer-Encoding"),
        (ANSWERS[5], "chunked, once and alone"),
        (ANSWERS[6], "CR LF behind a chunk's content"),
        (ANSWERS[7], "a status from 100 to 599"),
    ] {
        assert_eq!(read(true, &[answer.as_bytes()]), Err(limit.into()), "{answer:?}");
    }
}

#[test]
fn parts_that_have_exactly_their_size_pass_and_no_larger_ones() {
    let fields = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a:b\r\n".repeat(count));
    assert!(read(true, &[fields(100).as_bytes()]).is_ok());
    assert_eq!(read(true, &[fields(101).as_bytes()]), Err("100 fields".into()));
    // With the name, the colon, the end of the line and the blank line.
    let field = |bytes: usize| format!("HTTP/1.1 200 OK\r\na:{}\r\n\r\n", "b".repeat(bytes - 4));
    assert!(read(true, &[field(65_536).as_bytes()]).is_ok());
    let long = field(65_539);
    assert_eq!(
        read(true, &[long.as_bytes()]),
        Err("65536 bytes of fields".into())
    );
    let reason = |bytes: usize| format!("HTTP/1.1 200 {}\r\n\r\n", "b".repeat(bytes - 13));
    assert!(read(true, &[reason(4096).as_bytes()]).is_ok());
    assert!(read(true, &[reason(4097).as_bytes()]).is_err());
    let interim = |count: usize| "HTTP/1.1 100 Continue\r\n\r\n".repeat(count);
    assert!(read(true, &[interim(16).as_bytes()]).is_ok());
    assert_eq!(
        read(true, &[interim(17).as_bytes()]),
        Err("16 interim answers".into())
    );
}
