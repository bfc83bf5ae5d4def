use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, StatusCode};

use super::super::{Outcome, RetryAfter, Verdict, of_grpc};
use super::fields;

const NONE: &[(&str, &str)] = &[];

/// The verdict on a call whose trailers say this.
fn trailing(all: &[(&'static str, &str)]) -> Verdict {
    of_grpc(StatusCode::OK, &HeaderMap::new(), Some(&fields(all)))
}

fn without_status(status: u16, all: &[(&'static str, &str)]) -> Verdict {
    let status = StatusCode::from_u16(status).unwrap();
    of_grpc(status, &fields(all), None)
}

#[test]
fn every_code_has_its_verdict() {
    use Outcome::{Failure, Ignored, Success, Throttled, Timeout};
    for (code, name, expected) in [
        ("0", "OK", Success),
        ("1", "CANCELLED", Ignored),
        ("2", "UNKNOWN", Failure),
        ("3", "INVALID_ARGUMENT", Success),
        ("4", "DEADLINE_EXCEEDED", Timeout),
        ("5", "NOT_FOUND", Success),
        ("6", "ALREADY_EXISTS", Success),
        ("7", "PERMISSION_DENIED", Success),
        ("8", "RESOURCE_EXHAUSTED", Throttled),
        ("9", "FAILED_PRECONDITION", Success),
        ("10", "ABORTED", Success),
        ("11", "OUT_OF_RANGE", Success),
        ("12", "UNIMPLEMENTED", Success),
        ("13", "INTERNAL", Failure),
        ("14", "UNAVAILABLE", Failure),
        ("15", "DATA_LOSS", Failure),
        ("16", "UNAUTHENTICATED", Success),
        ("17", "none that gRPC knows", Failure),
        ("4294967295", "none that gRPC knows", Failure),
    ] {
        let verdict = trailing(&[("grpc-status", code)]);
        assert_eq!((verdict.outcome, verdict.retry_after), (expected, None), "{name}");
    }
}

#[test]
fn the_status_is_read_from_the_trailers_and_from_the_headers_where_there_is_none() {
    let (ok, internal) = (fields(&[("grpc-status", "0")]), fields(&[("grpc-status", "13")]));
    let empty = HeaderMap::new();
    let judge = |headers: &HeaderMap, trailers| of_grpc(StatusCode::OK, headers, trailers).outcome;
    assert_eq!(judge(&internal, None), Outcome::Failure, "trailers-only");
    assert_eq!(judge(&ok, None), Outcome::Success, "trailers-only");
    assert_eq!(judge(&ok, Some(&empty)), Outcome::Success, "trailers without one");
    assert_eq!(judge(&ok, Some(&internal)), Outcome::Failure, "what came last");
}

#[test]
fn a_status_that_is_there_beats_that_of_http() {
    let not_found = fields(&[("grpc-status", "5")]);
    let verdict = of_grpc(StatusCode::SERVICE_UNAVAILABLE, &not_found, None);
    assert_eq!(verdict, Verdict::success());
}

#[test]
fn a_call_without_a_status_is_judged_by_that_of_http() {
    for number in 100..1_000 {
        let expected = match number {
            401 | 403 | 404 => Outcome::Success,
            429 => Outcome::Throttled,
            _ => Outcome::Failure,
        };
        assert_eq!(without_status(number, NONE).outcome, expected, "{number}");
    }
    let asked = [("retry-after", "7")];
    let seven = Some(RetryAfter::In(Duration::from_secs(7)));
    assert_eq!(without_status(503, &asked).retry_after, seven);
    assert_eq!(without_status(429, &asked).retry_after, seven);
    assert_eq!(without_status(404, &asked).retry_after, None);
    let cut_off = of_grpc(StatusCode::OK, &HeaderMap::new(), Some(&HeaderMap::new()));
    assert_eq!(cut_off, Verdict::failure(), "trailers that do not say");
}

#[test]
fn a_status_that_cannot_be_read_or_stands_twice_is_none() {
    for value in ["", "OK", "-1", "+0", " ", "0x0", "0.0", "99999999999"] {
        assert_eq!(
            trailing(&[("grpc-status", value)]),
            Verdict::failure(),
            "{value:?}"
        );
    }
    let twice = [("grpc-status", "0"), ("grpc-status", "0")];
    assert_eq!(trailing(&twice), Verdict::failure());
    let mut opaque = HeaderMap::new();
    opaque.insert("grpc-status", HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(of_grpc(StatusCode::NOT_FOUND, &opaque, None), Verdict::success());
}

#[test]
fn push_back_is_how_long_the_callee_asks_for_where_it_failed() {
    let pushed = |code, ms| {
        let verdict = trailing(&[("grpc-status", code), ("grpc-retry-pushback-ms", ms)]);
        verdict.retry_after
    };
    let ms = |ms| Some(RetryAfter::In(Duration::from_millis(ms)));
    for code in ["14", "8", "4", "2"] {
        assert_eq!(pushed(code, "1500"), ms(1_500), "{code}");
    }
    assert_eq!(pushed("14", "0"), ms(0));
    for code in ["0", "1", "5", "10"] {
        assert_eq!(pushed(code, "1500"), None, "{code}");
    }
    for value in ["-1", "", "soon", "2147483648"] {
        assert_eq!(pushed("14", value), None, "{value:?}");
    }
    let in_headers = [("grpc-status", "14"), ("grpc-retry-pushback-ms", "9")];
    assert_eq!(
        without_status(200, &in_headers).retry_after,
        ms(9),
        "trailers-only"
    );
}
