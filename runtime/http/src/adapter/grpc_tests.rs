#![allow(clippy::unwrap_used)]

use http::header::CONTENT_TYPE;

use super::*;

#[test]
fn grpc_is_spoken_by_its_media_type_alone() {
    let cases = [
        ("application/grpc", Speaks::Grpc),
        ("application/grpc+proto", Speaks::Grpc),
        ("application/grpc;charset=utf-8", Speaks::Grpc),
        ("application/grpc-web", Speaks::Http),
        ("application/grpcish", Speaks::Http),
        ("text/plain", Speaks::Http),
    ];
    for (media, speaks) in cases {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media))]);
        assert_eq!(spoken(&headers), speaks, "{media}");
    }
    assert_eq!(spoken(&HeaderMap::new()), Speaks::Http);
}

fn own(status: StatusCode, body: &'static str) -> Own {
    Own {
        status,
        headers: HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("2"))]),
        body: Bytes::from_static(body.as_bytes()),
    }
}

#[test]
fn an_answer_of_the_chain_is_one_head_with_status_message_and_when_to_try_again() {
    let told = trailers_only(own(StatusCode::TOO_MANY_REQUESTS, "100% full: é\n"));
    let field = |name: &str| told.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!((told.status, told.body.len()), (StatusCode::OK, 0));
    assert_eq!(field("grpc-status"), Some("8"));
    assert_eq!(field("grpc-message"), Some("100%25 full: %C3%A9"));
    assert_eq!(field("grpc-retry-pushback-ms"), Some("2000"));
    assert_eq!(field("content-type"), Some("application/grpc"));
}

#[test]
fn a_node_that_answers_in_grpc_is_passed_on_as_it_is() {
    let mut said = own(StatusCode::OK, "frame");
    said.headers.insert(CONTENT_TYPE, CONTENT);
    let told = trailers_only(said);
    assert_eq!(told.body, "frame");
    assert!(!told.headers.contains_key(STATUS));
}

#[test]
fn every_status_that_a_chain_refuses_with_has_its_code() {
    let cases = [
        (400, 3),
        (401, 16),
        (403, 7),
        (404, 5),
        (413, 8),
        (429, 8),
        (500, 13),
        (503, 14),
        (504, 4),
    ];
    for (status, code) in cases {
        let told = trailers_only(own(StatusCode::from_u16(status).unwrap(), ""));
        assert_eq!(told.headers[STATUS], HeaderValue::from(code), "{status}");
    }
}
