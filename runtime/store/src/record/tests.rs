#![allow(clippy::unwrap_used)]

use super::*;

fn key(name: &str) -> Key {
    Key::new("breaker", name, ["endpoint"]).unwrap()
}

#[test]
fn a_payload_comes_back_as_it_was_given() {
    for payload in [&b""[..], b"x", &[0; 300], "é\0/%".as_bytes()] {
        assert_eq!(decode(&key("a"), &encode(&key("a"), payload)), Ok(payload));
    }
}

#[test]
fn a_flip_of_any_bit_is_an_error_and_never_another_value() {
    let key = key("payments");
    let record = encode(&key, b"open since 12:00, reopens 12:05");
    for bit in 0..record.len() * 8 {
        let mut flipped = record.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = decode(&key, &flipped).unwrap_err();
        let in_version = bit < 8;
        assert!(
            in_version || matches!(error, RecordError::Damaged { .. }),
            "bit {bit}: {error}"
        );
    }
}

#[test]
fn a_record_cut_at_any_length_is_damaged() {
    let key = key("payments");
    let record = encode(&key, b"open");
    for length in 0..record.len() {
        assert!(
            matches!(decode(&key, &record[..length]), Err(RecordError::Damaged { .. })),
            "{length}"
        );
    }
}

#[test]
fn a_record_found_under_another_key_is_damaged() {
    let record = encode(&key("a"), b"open");
    assert!(matches!(
        decode(&key("b"), &record),
        Err(RecordError::Damaged { .. })
    ));
}

#[test]
fn a_record_of_a_newer_release_says_its_version() {
    let mut record = encode(&key("a"), b"open");
    record[0] = FORMAT + 1;
    assert_eq!(
        decode(&key("a"), &record),
        Err(RecordError::Newer {
            key: key("a").to_string(),
            version: FORMAT + 1
        })
    );
}
