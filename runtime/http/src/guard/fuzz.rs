//! The guard against a second reading of the same grammar, on requests that were broken at random.
//!
//! `HEDGEROW_FUZZ_CASES` says how many (10000), `HEDGEROW_FUZZ_SEED` which ones (1). A failure names both, and the smallest
//! input that it could find.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::{corpus, fuzz};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::Place;
use super::oracle::{self, Ending};
use super::tests::{Ends, Made, made, same, status};

/// What requests are broken with.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "=",
    "\"",
    "\\",
    "%",
    "/",
    "?",
    "#",
    "@",
    "[",
    "]",
    "0",
    "5",
    "a",
    "\x7f",
    "\x0b",
    "é",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "content-length:",
    "Transfer-Encoding: chunked\r\n",
    "chunked",
    "Host: shop\r\n",
    "Host: other\r\n",
    "Connection: close\r\n",
    "Connection: x, upgrade\r\n",
    "Expect: y\r\n",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "5;a=\"b\"\r\nhello\r\n",
    "HTTP/1.0",
    "HTTP/1.1",
    "HTTP/2.0",
    "http://shop",
    "X: 1\r\n 2\r\n",
    "GET /b HTTP/1.1\r\nHost: shop\r\n\r\n",
    "POST /c HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n",
];

/// One way to break bytes.
#[derive(Debug, Clone)]
enum Break {
    Insert(Index, &'static str),
    Replace(Index, &'static str),
    Remove(Index),
    Flip(Index, u8),
    Double(Index, Index),
    Cut(Index),
}

impl Break {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index| index.index(bytes.len() + 1);
        match self {
            Self::Insert(at, piece) => {
                bytes.splice(place(at)..place(at), piece.bytes());
            }
            Self::Replace(at, piece) => {
                let (start, end) = (place(at), bytes.len().min(place(at) + piece.len()));
                bytes.splice(start..end, piece.bytes());
            }
            Self::Remove(at) if place(at) < bytes.len() => drop(bytes.remove(place(at))),
            Self::Flip(at, bit) if place(at) < bytes.len() => {
                let at = place(at);
                bytes[at] ^= 1 << (bit % 8);
            }
            Self::Double(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                let piece = bytes[from..to].to_vec();
                bytes.splice(to..to, piece);
            }
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Remove(_) | Self::Flip(..) => {}
        }
    }
}

fn broken() -> impl Strategy<Value = Vec<u8>> {
    let sources: Vec<Vec<u8>> = corpus::cases()
        .into_iter()
        .map(|case| case.bytes)
        .filter(|bytes| bytes.len() < 300)
        .collect();
    let at = any::<Index>;
    let piece = || select(PIECES);
    let break_ = prop_oneof![
        4 => (at(), piece()).prop_map(|(at, piece)| Break::Insert(at, piece)),
        2 => (at(), piece()).prop_map(|(at, piece)| Break::Replace(at, piece)),
        2 => at().prop_map(Break::Remove),
        1 => (at(), any::<u8>()).prop_map(|(at, bit)| Break::Flip(at, bit)),
        1 => (at(), at()).prop_map(|(from, to)| Break::Double(from, to)),
        1 => at().prop_map(Break::Cut),
    ];
    let parts = prop::collection::vec(select(sources), 1..4);
    (parts, prop::collection::vec(break_, 0..5)).prop_map(|(parts, breaks)| {
        let mut bytes = parts.concat();
        for each in breaks {
            each.apply(&mut bytes);
        }
        // Sizes have tests of their own.
        bytes.truncate(4_000);
        bytes
    })
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let whole = made([bytes]);
    for length in [1, 7] {
        let cut = made(bytes.chunks(length));
        prop_assert!(
            same(&cut, &whole),
            "{:?} in pieces of {length}\ncut: {cut:?}\nwhole: {whole:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    let Made { heads, end, .. } = whole;
    let read = oracle::read(bytes);
    let agrees = match (&end, &read.end) {
        (Ends::Open, Ending::Open) | (Ends::Closed, Ending::Closed) | (Ends::InBody, Ending::InBody) => true,
        (Ends::InBody | Ends::Refused(_, _, Place::Body), Ending::InChunk) => true,
        (Ends::InHead | Ends::Refused(_, _, Place::Head), Ending::InHead) => true,
        (Ends::Refused(grounds, ..), Ending::Refused(statuses)) => statuses.contains(&status(*grounds)),
        _ => false,
    };
    prop_assert!(
        agrees && heads == read.heads,
        "{:?}\nguard: {heads} heads, {end:?}\ngrammar: {read:?}",
        String::from_utf8_lossy(bytes)
    );
    Ok(())
}

#[test]
fn the_guard_and_the_grammar_agree_on_requests_that_were_broken_at_random() {
    fuzz(10_000, &broken(), |bytes| agree(&bytes));
}

#[test]
fn the_grammar_reads_the_corpus_as_the_guard_does() {
    for case in corpus::cases().into_iter().filter(|case| case.bytes.len() < 400) {
        if let Err(error) = agree(&case.bytes) {
            panic!("{}: {error}", case.name);
        }
    }
}
