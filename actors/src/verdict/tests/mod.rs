#![allow(clippy::unwrap_used)]

mod deadline;
mod grpc;
mod http;
mod retry_after;

use ::http::{HeaderMap, HeaderName, HeaderValue};

use super::{Verdict, of_result};

fn fields(all: &[(&'static str, &str)]) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in all {
        fields.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    fields
}

#[test]
fn by_default_an_error_is_a_failure_and_all_else_a_success() {
    assert_eq!(of_result(&Ok::<_, ()>(())), Verdict::success());
    assert_eq!(of_result(&Err::<(), _>(())), Verdict::failure());
}
