//! Records that were broken at random: each is refused by a typed error, or a breaker can go on from it.
//!
//! The corpus is `records.txt`, one record a line. `HEDGEROW_FUZZ_CASES` says how many are made of it (5000),
//! `HEDGEROW_FUZZ_SEED` which ones (1). A failure names both, and the smallest input that it could find.

use hedgerow_gate::State;
use hedgerow_tests::fuzz;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::{Machine, Now, Record, RecordError, Restored};
use super::{EPOCH_UNIX_MS, SEED, nothing, policy, sums};

/// What records are broken with.
const PIECES: &[&str] = &[
    "0",
    "1",
    "-1",
    "1e999",
    "0.5",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "null",
    "true",
    "\"\"",
    "\"open\"",
    "\"closed\"",
    "\"halfOpen\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\0",
    "é",
    "\"version\":1,",
    "\"version\":3,",
    "\"state\":\"open\",",
    "\"halfOpenAt\":7,",
    "\"author\":\"a\",",
    "\"openCount\":4294967295,",
];

fn corpus() -> Vec<Vec<u8>> {
    include_str!("records.txt")
        .lines()
        .map(|line| line.as_bytes().to_vec())
        .collect()
}

/// A record in which some values, or some bytes, are others.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let places = (any::<Index>(), 0..3_usize, select(PIECES));
    (select(corpus()), prop::collection::vec(places, 0..4)).prop_map(|(mut bytes, places)| {
        for (at, how, piece) in places {
            let start = at.index(bytes.len() + 1);
            let is_value = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'"';
            // Nothing, one byte, or what is left of the value there.
            let length = match how {
                0 => 0,
                1 => 1,
                _ => bytes[start..].iter().take_while(|byte| is_value(byte)).count(),
            };
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, piece.bytes());
        }
        bytes
    })
}

/// Goes on from it, by clocks that say what they may after a crash.
fn goes_on(bytes: &[u8]) -> Result<(), TestCaseError> {
    let record = match Record::decode(bytes) {
        Ok(record) => record,
        Err(RecordError::Newer { found }) => {
            prop_assert!(found > super::super::RECORD_VERSION);
            return Ok(());
        }
        Err(RecordError::Malformed(_) | RecordError::Contradiction { .. }) => return Ok(()),
    };
    let again = Record::decode(&record.encode()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&again, &record);
    let longest = policy().open_for.max;
    for unix_ms in [0, EPOCH_UNIX_MS, EPOCH_UNIX_MS + 10_500, u64::MAX] {
        let now = Now {
            elapsed: std::time::Duration::ZERO,
            unix_ms,
        };
        let (mut machine, restored) = Machine::restore(&record, policy(), now, sums(3, 4), SEED);
        if let Restored::Open { remaining } | Restored::Clamped { remaining } = restored {
            prop_assert!(remaining <= longest, "open for {remaining:?}");
        }
        let begins = machine.state();
        prop_assert!(
            begins == record.state || (record.state, begins) == (State::Open, State::HalfOpen),
            "{} became {begins}",
            record.state
        );
        let kept = machine.record();
        let kept_again =
            Record::decode(&kept.encode()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(kept_again, kept);
        // Its open time ends.
        let then = Now {
            elapsed: longest,
            unix_ms: unix_ms.saturating_add(u64::try_from(longest.as_millis()).unwrap()),
        };
        machine.step(then, &nothing());
        prop_assert!(machine.state() != State::Open, "open for ever");
    }
    Ok(())
}

#[test]
fn a_breaker_goes_on_from_every_record_of_the_corpus() {
    for bytes in corpus() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(Record::decode(&bytes).is_ok(), "{text}");
        if let Err(error) = goes_on(&bytes) {
            panic!("{text}: {error}");
        }
    }
}

#[test]
fn a_record_that_was_broken_at_random_is_refused_or_a_breaker_goes_on_from_it() {
    fuzz(5_000, &broken(), |bytes| goes_on(&bytes));
}
