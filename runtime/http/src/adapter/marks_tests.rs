#![allow(clippy::unwrap_used)]

use super::*;

fn revision(number: u64) -> HeaderValue {
    field(&WRITTEN, number, HeaderValue::from_static)
}

fn with(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn a_revision_is_written_as_its_number_be_it_short_or_long() {
    for number in (0..2_000).chain([u64::MAX - 1, u64::MAX]) {
        assert_eq!(revision(number), number.to_string().as_str());
        assert_eq!(short(number).is_some(), number < 1_000);
    }
    // One that was written last, again.
    assert_eq!(revision(u64::MAX), u64::MAX.to_string().as_str());
}

#[test]
fn an_id_is_kept_where_it_is_the_only_one_and_sane() {
    let id = |fields: &[(&'static str, &'static str)]| said(&with(fields)).id;
    assert_eq!(id(&[("host", "a"), ("x-request-id", "7")]).unwrap(), "7");
    assert_eq!(id(&[("x-request-id", "7"), ("x-request-id", "8")]), None);
    let three = [
        ("x-request-id", "7"),
        ("x-request-id", "8"),
        ("x-request-id", "9"),
    ];
    assert_eq!(id(&three), None);
    assert_eq!(id(&[("x-request-id", "not sane")]), None);
    assert_eq!(id(&[("host", "a")]), None);
}

#[test]
fn what_a_request_speaks_is_said_by_the_first_type_of_its_content() {
    let speaks = |fields: &[(&'static str, &'static str)]| said(&with(fields)).speaks;
    assert_eq!(speaks(&[]), Speaks::Http);
    assert_eq!(
        speaks(&[("content-type", "application/grpc+proto")]),
        Speaks::Grpc
    );
    let (grpc, text) = (
        ("content-type", "application/grpc"),
        ("content-type", "text/plain"),
    );
    assert_eq!(speaks(&[grpc, text]), Speaks::Grpc);
    assert_eq!(speaks(&[text, grpc]), Speaks::Http);
}
