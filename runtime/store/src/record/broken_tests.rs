//! Records that were broken at random: each is refused by a typed error, or is what its own payload encodes to.
//!
//! `HEDGEROW_FUZZ_CASES` says how many are made of each record of the corpus (2000), `HEDGEROW_FUZZ_SEED` which ones (1). A
//! failure names the seed.
#![allow(clippy::unwrap_used)]

use std::env;

use super::*;

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn key(name: &str) -> Key {
    Key::new("breaker", name, ["endpoint"]).unwrap()
}

/// Payloads as they are kept, and such as look like what is around them.
fn payloads() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        vec![0],
        vec![FORMAT; HEADER],
        br#"{"version":2,"state":"closed","since":1,"halfOpenAt":null}"#.to_vec(),
        encode(&key("a"), b"a record in a record"),
        vec![0xFF; 300],
    ]
}

fn break_(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, random.byte()),
        2 => {
            let twice = bytes.clone();
            bytes.splice(at..at, twice);
        }
        _ if at == bytes.len() => {}
        3 => drop(bytes.remove(at)),
        4 => bytes[at] ^= 1 << random.below(8),
        _ => bytes[at] = random.byte(),
    }
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |number| number.parse().unwrap())
}

#[test]
fn a_record_that_was_broken_at_random_is_refused_or_is_what_its_payload_encodes_to() {
    let (cases, seed) = (
        number("HEDGEROW_FUZZ_CASES", 2_000),
        number("HEDGEROW_FUZZ_SEED", 1),
    );
    let mut random = Random(seed);
    let (mut refused, mut read) = (0, 0);
    for payload in payloads() {
        let record = encode(&key("a"), &payload);
        for _ in 0..cases {
            let mut broken = record.clone();
            for _ in 0..random.below(4) {
                break_(&mut broken, &mut random);
            }
            match decode(&key("a"), &broken) {
                Ok(payload) => {
                    assert_eq!(encode(&key("a"), payload), broken, "HEDGEROW_FUZZ_SEED={seed}");
                    read += 1;
                }
                Err(RecordError::Newer { version, .. }) => {
                    assert!(version > FORMAT, "HEDGEROW_FUZZ_SEED={seed}: {broken:?}");
                    refused += 1;
                }
                Err(RecordError::Damaged { .. }) => {
                    assert_ne!(broken, record, "HEDGEROW_FUZZ_SEED={seed}");
                    refused += 1;
                }
            }
        }
    }
    // Of four records one is not broken at all.
    assert!(
        refused > read && read > 0,
        "HEDGEROW_FUZZ_SEED={seed}: {refused} refused, {read} read"
    );
}
