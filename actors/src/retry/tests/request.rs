//! What may be sent again, by its head.

use std::time::SystemTime;

use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::retry::{ATTEMPT, Pushback, Repeatable, Standing, attempt_value};

fn with(fields: &[(&HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn a_method_says_whether_doing_it_twice_is_doing_it_once() {
    let key = HeaderName::from_static("idempotency-key");
    let keyed = with(&[(&key, "42")]);
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        let method = method.parse().unwrap();
        assert_eq!(
            Repeatable::of(&method, &HeaderMap::new(), None),
            Repeatable::Always
        );
    }
    for method in ["POST", "PATCH", "CONNECT", "LOCK"] {
        let method: Method = method.parse().unwrap();
        assert_eq!(Repeatable::of(&method, &keyed, None), Repeatable::Unsent);
        assert_eq!(
            Repeatable::of(&method, &HeaderMap::new(), Some(&key)),
            Repeatable::Unsent
        );
        assert_eq!(Repeatable::of(&method, &keyed, Some(&key)), Repeatable::Always);
    }
}

#[test]
fn a_number_of_attempts_says_that_a_caller_retries_and_nothing_else_does() {
    for (said, expected) in [
        ("1", Standing::Nested),
        ("17", Standing::Nested),
        ("0", Standing::Outermost),
        ("", Standing::Outermost),
        ("-1", Standing::Outermost),
        ("yes", Standing::Outermost),
        ("99999999999", Standing::Outermost),
    ] {
        assert_eq!(Standing::of(&with(&[(&ATTEMPT, said)])), expected, "{said:?}");
    }
    assert_eq!(Standing::of(&HeaderMap::new()), Standing::Outermost);
    for number in [1, 2, 3, 100] {
        let told = attempt_value(number);
        assert_eq!(told, number.to_string().as_str());
        assert_eq!(
            Standing::of(&with(&[(&ATTEMPT, told.to_str().unwrap())])),
            Standing::Nested
        );
    }
}

#[test]
fn a_callee_says_when_it_wants_to_be_asked_again_or_that_it_does_not() {
    let pushback = HeaderName::from_static("grpc-retry-pushback-ms");
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let cases: [(&[(&HeaderName, &str)], Pushback); 8] = [
        (&[], Pushback::Unsaid),
        (&[(&RETRY_AFTER, "2")], Pushback::After(2 * SECOND)),
        // Two seconds after that wall clock.
        (
            &[(&RETRY_AFTER, "Sun, 06 Nov 1994 08:49:39 GMT")],
            Pushback::After(2 * SECOND),
        ),
        (&[(&RETRY_AFTER, "soon")], Pushback::Unsaid),
        (&[(&pushback, "150")], Pushback::After(150 * MS)),
        (&[(&pushback, "-1")], Pushback::Never),
        (&[(&pushback, "later")], Pushback::Never),
        (
            &[(&RETRY_AFTER, "2"), (&pushback, "0")],
            Pushback::After(Duration::ZERO),
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(Pushback::of_http(&with(fields), || wall), expected, "{fields:?}");
    }
}
