#![allow(clippy::unwrap_used)]

use hedgerow_tests::corpus::{self, Case, End};

use super::sizes::MOST;
use super::*;

pub(super) const SIZES: Sizes = Sizes {
    target: 8 * 1024,
    fields: 32 * 1024,
    count: 100,
    body: MOST,
};

/// What the guard makes of a client's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// What the server sees.
    pub(super) seen: Vec<u8>,
    /// How many heads that is.
    pub(super) heads: usize,
    /// Bytes that belong to no request.
    pub(super) skipped: usize,
    pub(super) end: Ends,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Open,
    Closed,
    InHead,
    InBody,
    /// Grounds and rule; in a body or not.
    Refused(Grounds, &'static str, Place),
}

/// Gives the guard these pieces, one after the other.
pub(super) fn made<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Made {
    let mut scanner = Scanner::new(SIZES);
    let (mut seen, mut heads, mut skipped, mut input) = (Vec::new(), 0, 0, Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let before = scanner.place();
            match scanner.scan(&input) {
                Ok(Verdict::Pass(bytes)) => {
                    heads += usize::from(before == Place::Head);
                    seen.extend(input.drain(..bytes));
                }
                Ok(Verdict::Skip(bytes)) => skipped += input.drain(..bytes).len(),
                Ok(Verdict::More) => break,
                Err(refused) => {
                    let end = Ends::Refused(refused.grounds, refused.rule, before);
                    return Made {
                        seen,
                        heads,
                        skipped,
                        end,
                    };
                }
            }
        }
    }
    let end = match scanner.place() {
        Place::Head if input.is_empty() => Ends::Open,
        Place::Head => Ends::InHead,
        Place::Body => Ends::InBody,
        Place::Over => Ends::Closed,
    };
    Made {
        seen,
        heads,
        skipped,
        end,
    }
}

pub(super) fn status(grounds: Grounds) -> u16 {
    match grounds {
        Grounds::Malformed => 400,
        Grounds::TooSlow => 408,
        Grounds::BodyTooLarge => 413,
        Grounds::TargetTooLong => 414,
        Grounds::Expectation => 417,
        Grounds::Misdirected => 421,
        Grounds::FieldsTooLarge => 431,
        Grounds::NotImplemented => 501,
        Grounds::Crowded => 503,
        Grounds::Version => 505,
    }
}

fn check(case: &Case) {
    let Case {
        name,
        why,
        bytes,
        requests,
        begins,
        end,
    } = case;
    let made = made([bytes.as_slice()]);
    let heads = requests.len() + usize::from(*begins);
    assert_eq!(made.heads, heads, "{name} ({why}): {made:?}");
    let agrees = match (&made.end, end) {
        (Ends::Open, End::Open) | (Ends::Closed, End::Closed) => !begins,
        (Ends::InHead, End::Waits) => !begins,
        (Ends::InBody, End::Waits) => *begins,
        (
            Ends::Refused(grounds, rule, place),
            End::Refused {
                status: expected,
                rule: named,
            },
        ) => status(*grounds) == *expected && rule == named && (*place == Place::Body) == *begins,
        _ => false,
    };
    assert!(agrees, "{name} ({why}): {:?} is not {end:?}", made.end);
}

#[test]
fn every_case_of_the_corpus_gets_its_verdict() {
    for case in corpus::cases() {
        check(&case);
    }
}

/// The same verdict; and the server sees the same, but for a body that is refused: of that it sees what came before.
pub(super) fn same(one: &Made, whole: &Made) -> bool {
    let in_body = matches!(whole.end, Ends::Refused(_, _, Place::Body));
    let seen = one.seen == whole.seen || (in_body && one.seen.starts_with(&whole.seen));
    one.end == whole.end && one.heads == whole.heads && seen
}

#[test]
fn a_verdict_does_not_depend_on_where_the_bytes_are_cut() {
    for Case { name, bytes, .. } in corpus::cases() {
        let whole = made([bytes.as_slice()]);
        assert!(same(&made(bytes.chunks(1)), &whole), "{name}, byte by byte");
        let step = 1 + bytes.len() / 200;
        for at in (0..bytes.len()).step_by(step) {
            let (one, other) = bytes.split_at(at);
            assert!(same(&made([one, other]), &whole), "{name}, cut at {at}");
        }
    }
}

#[test]
fn what_passes_is_what_was_sent() {
    for Case { name, bytes, end, .. } in corpus::cases() {
        if end == End::Open {
            let made = made([bytes.as_slice()]);
            assert_eq!(made.seen.len() + made.skipped, bytes.len(), "{name}");
            assert!(made.skipped > 0 || made.seen == bytes, "{name}");
        }
    }
}
