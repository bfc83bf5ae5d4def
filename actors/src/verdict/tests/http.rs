use std::time::Duration;

use ::http::{HeaderMap, StatusCode};

use super::super::{Outcome, RetryAfter, Verdict, of_http};
use super::fields;

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap()
}

#[test]
fn every_status_has_its_verdict() {
    for number in 100..1_000 {
        let expected = match number {
            429 => Outcome::Throttled,
            500..600 => Outcome::Failure,
            _ => Outcome::Success,
        };
        let verdict = of_http(status(number), &HeaderMap::new());
        assert_eq!(
            (verdict.outcome, verdict.retry_after),
            (expected, None),
            "{number}"
        );
    }
}

#[test]
fn what_retry_after_asks_for_is_told_with_429_and_every_5xx_and_with_nothing_else() {
    let asked = fields(&[("retry-after", "120")]);
    let in_two_minutes = Some(RetryAfter::In(Duration::from_secs(120)));
    for number in [429, 500, 502, 503, 504, 599] {
        assert_eq!(
            of_http(status(number), &asked).retry_after,
            in_two_minutes,
            "{number}"
        );
    }
    for number in [200, 202, 301, 307, 404, 413, 425] {
        assert_eq!(of_http(status(number), &asked), Verdict::success(), "{number}");
    }
}

#[test]
fn a_date_is_told_as_a_date() {
    let asked = fields(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]);
    let verdict = of_http(status(503), &asked);
    assert_eq!(
        verdict.retry_after,
        RetryAfter::parse("Sun, 06 Nov 1994 08:49:37 GMT")
    );
    assert!(matches!(verdict.retry_after, Some(RetryAfter::At(_))));
}

#[test]
fn a_field_that_cannot_be_read_changes_no_verdict_and_of_several_the_first_counts() {
    let unreadable = fields(&[("retry-after", "tomorrow")]);
    assert_eq!(of_http(status(503), &unreadable), Verdict::failure());
    let mut opaque = HeaderMap::new();
    opaque.insert("retry-after", ::http::HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(of_http(status(429), &opaque), Verdict::throttled());
    let twice = fields(&[("retry-after", "1"), ("retry-after", "99")]);
    let first = Verdict::failure().retry_after(Duration::from_secs(1));
    assert_eq!(of_http(status(503), &twice), first);
}
