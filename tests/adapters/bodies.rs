//! A request ends with the body of its answer.

use hedgerow::actors::chain::End;

use crate::nodes::NODES;
use crate::stands::{Dialect, each_that_streams};

#[test]
fn a_streamed_body_that_came_whole_is_ok() {
    each_that_streams(|stand| {
        assert!(stand.reads_whole("stream"), "{}", stand.name);
        stand.log.ended(stand.name, &NODES, End::Ok);
    });
}

#[test]
fn a_streamed_body_that_breaks_has_failed_and_nobody_takes_it_for_whole() {
    each_that_streams(|stand| {
        assert!(!stand.reads_whole("broken"), "{}", stand.name);
        stand.log.ended(stand.name, &NODES, End::Failed);
    });
}

#[test]
fn a_body_whose_length_is_told_has_ended_with_its_last_byte_as_nobody_asks_for_more() {
    each_that_streams(|stand| {
        if stand.dialect == Dialect::Http {
            assert!(stand.reads_whole("sized"), "{}", stand.name);
            stand.log.ended(stand.name, &NODES, End::Ok);
        }
    });
}

#[test]
fn an_answer_to_head_has_ended_with_its_head() {
    each_that_streams(|stand| {
        if stand.dialect == Dialect::Http {
            let told = stand.ask_with("HEAD", "pass", &[]);
            assert_eq!((told.code, told.body.as_str()), (200, ""), "{}", stand.name);
            stand.log.ended(stand.name, &NODES, End::Ok);
        }
    });
}

#[test]
fn a_grpc_status_that_is_the_callers_doing_is_an_answer_and_one_that_is_not_has_failed() {
    each_that_streams(|stand| {
        if stand.dialect == Dialect::Grpc {
            let told = stand.ask("missing");
            assert_eq!(
                (told.code, told.body.as_str()),
                (5, "no such thing"),
                "{}",
                stand.name
            );
            stand.log.ended(stand.name, &NODES, End::Ok);
        }
    });
}

#[test]
fn a_refusal_has_an_id_also_where_the_request_had_none_or_no_sane_one() {
    each_that_streams(|stand| {
        for fields in [&[][..], &[("x-request-id", "no id")]] {
            let told = stand.ask_with("GET", "quota", fields);
            let id = told.field("x-request-id").unwrap();
            assert!(
                id.len() == 30 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{id}"
            );
        }
        let passed = stand.ask_with("GET", "pass", &[]);
        assert_eq!(passed.field("x-request-id"), None, "{}", stand.name);
    });
}
