use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::super::RetryAfter;

/// The instant of the examples in RFC 9110, section 5.6.7.
fn of_the_rfc() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(784_111_777)
}

#[test]
fn a_date_is_read_in_each_of_the_three_forms() {
    for value in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(
            RetryAfter::parse(value),
            Some(RetryAfter::At(of_the_rfc())),
            "{value}"
        );
    }
}

#[test]
fn a_year_of_two_digits_may_lie_ahead() {
    let two = RetryAfter::parse("Tuesday, 01-Jan-30 00:00:00 GMT");
    assert_eq!(two, RetryAfter::parse("Tue, 01 Jan 2030 00:00:00 GMT"));
    assert!(two.is_some());
}

#[test]
fn seconds_are_read_with_blanks_round_them_and_however_many_they_are() {
    let read = |value| RetryAfter::parse(value);
    let seconds = |seconds| Some(RetryAfter::In(Duration::from_secs(seconds)));
    assert_eq!(read("0"), seconds(0));
    assert_eq!(read("120"), seconds(120));
    assert_eq!(read(" \t007 "), seconds(7));
    assert_eq!(read("99999999999999999999"), seconds(u64::MAX));
}

#[test]
fn what_is_neither_seconds_nor_a_date_is_nothing() {
    for value in [
        "",
        " ",
        "soon",
        "-1",
        "+1",
        "1.5",
        "1s",
        "0x10",
        "3, 4",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "\u{663}",
    ] {
        assert_eq!(RetryAfter::parse(value), None, "{value:?}");
    }
}

#[test]
fn a_date_is_as_far_as_the_wall_clock_says_and_one_in_the_past_is_zero() {
    let date = RetryAfter::At(of_the_rfc());
    let second = Duration::from_secs(1);
    assert_eq!(date.left_at(of_the_rfc() - 90 * second), 90 * second);
    assert_eq!(date.left_at(of_the_rfc()), Duration::ZERO);
    assert_eq!(date.left_at(of_the_rfc() + second), Duration::ZERO);
    assert_eq!(
        RetryAfter::In(second).left_at(of_the_rfc()),
        second,
        "a length of time needs no clock"
    );
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_read(value in "\\PC*") {
        if let Some(RetryAfter::In(_)) = RetryAfter::parse(&value) {
            prop_assert!(value.trim().bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_date_that_was_written_is_read_back(seconds in 0_u64..253_402_300_800) {
        let date = UNIX_EPOCH + Duration::from_secs(seconds);
        prop_assert_eq!(RetryAfter::parse(&httpdate::fmt_http_date(date)), Some(RetryAfter::At(date)));
    }
}
