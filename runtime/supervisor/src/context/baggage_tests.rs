#![allow(clippy::unwrap_used)]

use super::{Baggage, BaggageError, MOST_BYTES, MOST_ENTRIES};

fn entries(count: usize) -> impl Iterator<Item = (String, &'static str)> {
    (0..count).map(|at| (format!("n{at}"), "v"))
}

#[test]
fn entries_keep_their_order_and_a_name_that_comes_again_its_place() {
    let baggage = Baggage::new([("b", "1"), ("a", "2"), ("b", "3")]).unwrap();
    assert_eq!(baggage.iter().collect::<Vec<_>>(), [("b", "3"), ("a", "2")]);
    assert_eq!(baggage.get("b"), Some("3"));
    assert_eq!(baggage.get("B"), None);
}

#[test]
fn the_entry_beyond_the_limit_is_refused_and_a_known_name_is_none_beyond() {
    let full = Baggage::new(entries(MOST_ENTRIES).chain([("n0".to_owned(), "w")])).unwrap();
    assert_eq!((full.len(), full.get("n0")), (MOST_ENTRIES, Some("w")));
    let error = BaggageError::TooManyEntries {
        name: format!("n{MOST_ENTRIES}"),
        found: MOST_ENTRIES + 1,
        most: MOST_ENTRIES,
    };
    assert_eq!(Baggage::new(entries(MOST_ENTRIES + 1)), Err(error));
}

#[test]
fn bytes_are_counted_as_in_the_header_and_one_too_many_is_refused() {
    // Two entries of one letter each, with their signs of equality and the comma between.
    let values = MOST_BYTES - "a=,b=".len();
    let half = "x".repeat(values / 2);
    let rest = "x".repeat(values - half.len());
    assert!(Baggage::new([("a", half.as_str()), ("b", rest.as_str())]).is_ok());
    let more = format!("{rest}x");
    let error = BaggageError::TooLong {
        name: "b".into(),
        found: MOST_BYTES + 1,
        most: MOST_BYTES,
    };
    assert_eq!(
        Baggage::new([("a", half.as_str()), ("b", more.as_str())]),
        Err(error)
    );
}

#[test]
fn a_value_that_is_replaced_no_longer_counts() {
    let long = "x".repeat(MOST_BYTES - 2);
    assert!(Baggage::new([("a", long.as_str()), ("a", "1"), ("b", "2")]).is_ok());
    assert!(Baggage::new([("a", "1"), ("a", long.as_str()), ("b", "2")]).is_err());
}

#[test]
fn a_name_that_no_header_can_carry_is_refused() {
    for name in ["", "a b", "a=b", "a,b", "é", "a\n"] {
        let error = BaggageError::InvalidName {
            name: name.to_owned(),
        };
        assert_eq!(Baggage::new([(name, "1")]), Err(error));
    }
}
