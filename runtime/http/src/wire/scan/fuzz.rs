//! Answers that are broken at random: one verdict, however they are cut.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::Scanner;
use super::tests::ANSWERS;

/// What becomes of an answer: how much of it was taken, and whether it is over; or the limit that it broke.
type Verdict = Result<(usize, bool), String>;

fn read(pieces: impl IntoIterator<Item = Vec<u8>>) -> Verdict {
    let mut scanner = Scanner::default();
    scanner.ask(true);
    let mut taken = 0;
    for piece in pieces {
        let here = scanner.scan(&piece).map_err(|refused| refused.limit)?;
        taken += here;
        if here < piece.len() {
            break;
        }
    }
    Ok((taken, scanner.is_silent()))
}

/// One change to an answer, at a place that is taken modulo its length.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Put(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize),
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        &b"\r\n"[..],
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b":",
        b"0",
        b"content-length: 3\r\n",
        b"transfer-encoding: chunked\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ]);
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<usize>(), pieces).prop_map(|(at, piece)| Change::Insert(at, piece.to_vec())),
        any::<usize>().prop_map(Change::Remove),
    ]
}

pub(super) fn changed(answer: &str, changes: Vec<Change>) -> Vec<u8> {
    let mut bytes = answer.as_bytes().to_vec();
    for change in changes {
        let length = bytes.len().max(1);
        match change {
            Change::Put(at, byte) => bytes[at % length] = byte,
            Change::Insert(at, piece) => {
                let at = at % length;
                bytes.splice(at..at, piece);
            }
            Change::Remove(at) => {
                bytes.remove(at % length);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_answer_gets_one_verdict_however_it_is_cut(
        answer in prop::sample::select(ANSWERS.to_vec()),
        changes in prop::collection::vec(change(), 1..4),
        size in 1..40_usize,
    ) {
        let bytes = changed(answer, changes);
        let whole = read([bytes.clone()]);
        let cut = read(bytes.chunks(size).map(<[u8]>::to_vec));
        prop_assert_eq!(whole, cut);
    }
}
