#![allow(clippy::unwrap_used)]

use super::*;

const NO_PARTS: [&str; 0] = [];

#[test]
fn every_text_in_a_part_comes_back_from_its_encoded_form() {
    for odd in [
        "/",
        "%",
        "%2F",
        "a/b",
        "..",
        " ",
        "\n",
        "\0",
        "ü",
        "endpoint/127.0.0.1:9001",
        "[::1]:80",
        "\u{7f}",
    ] {
        let key = Key::new(odd, odd, [odd, "x", odd]).unwrap();
        assert_eq!(Key::parse(&key.to_string()), Ok(key.clone()), "{odd:?}");
        assert_eq!((key.kind(), key.name(), key.parts().len()), (odd, odd, 3));
    }
}

#[test]
fn keys_that_differ_only_in_where_a_slash_falls_are_different() {
    let one = Key::new("breaker", "a", ["b/c"]).unwrap();
    let two = Key::new("breaker", "a", ["b", "c"]).unwrap();
    let three = Key::new("breaker", "a/b", ["c"]).unwrap();
    assert_ne!(one.to_string(), two.to_string());
    assert_ne!(one.to_string(), three.to_string());
    assert_ne!(two.to_string(), three.to_string());
}

#[test]
fn an_empty_segment_is_refused_with_its_position() {
    assert_eq!(Key::new("", "a", NO_PARTS), Err(KeyError::Empty { position: 0 }));
    assert_eq!(Key::new("a", "", NO_PARTS), Err(KeyError::Empty { position: 1 }));
    assert_eq!(
        Key::new("a", "b", ["c", ""]),
        Err(KeyError::Empty { position: 3 })
    );
}

#[test]
fn a_key_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let room = MAX_KEY - "v1/k/".len();
    assert!(Key::new("k", &"n".repeat(room), NO_PARTS).is_ok());
    assert_eq!(
        Key::new("k", &"n".repeat(room + 1), NO_PARTS),
        Err(KeyError::TooLong { length: MAX_KEY + 1 })
    );
}

#[test]
fn a_text_that_no_key_encodes_to_is_refused() {
    for text in [
        "", "v1", "v1/a", "v2/a/b", "v1/a/", "v1//b", "v1/a/%4", "v1/a/%zz", "v1/a/%41", "v1/a/%2f",
        "v1/a/%FF",
    ] {
        assert!(Key::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_prefix_matches_whole_segments_only() {
    let key = Key::new("breaker", "payments", ["endpoint"]).unwrap();
    assert!(Prefix::kind("breaker").matches(&key));
    assert!(!Prefix::kind("break").matches(&key));
    assert!(Prefix::name("breaker", "payments").matches(&key));
    assert!(!Prefix::name("breaker", "pay").matches(&key));
    assert!(
        key.to_bytes()
            .starts_with(&Prefix::name("breaker", "payments").to_bytes())
    );
}
