//! `headers`.

use hedgerow_config::{HeaderEdits, Headers, Node};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Asked, Fixed, Stage, run};
use crate::chain::{Arrival, Reply};

fn edits() -> HeaderEdits {
    HeaderEdits::new()
        .remove("x-secret")
        .remove("x-both")
        .set("x-set", "one")
        .set("x-both", "set")
        .add("x-added", "more")
}

fn before() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-secret", "a"),
        ("x-secret", "b"),
        ("x-set", "many"),
        ("x-set", "more"),
        ("x-both", "c"),
        ("x-added", "first"),
        ("x-other", "stays"),
    ] {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

/// In the order of their names, so that two maps can be compared.
fn sorted(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut all: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    all.sort_unstable();
    all
}

const AFTER: [(&str, &str); 5] = [
    ("x-added", "first"),
    ("x-added", "more"),
    ("x-both", "set"),
    ("x-other", "stays"),
    ("x-set", "one"),
];

#[test]
fn headers_are_removed_then_set_then_added_in_requests_and_in_replies() {
    run(async {
        for (request, reply) in [(true, false), (false, true)] {
            let mut config = Headers::new();
            if request {
                config = config.request(edits());
            } else {
                config = config.reply(edits());
            }
            let stage = Stage::of(vec![Node::new("headers", config)]).await;
            let mut asked = Asked::get("/");
            asked.headers = before();
            let Ok(Arrival::Through(passage)) = stage.walk(&mut asked) else {
                panic!("turned back")
            };
            let mut answer = Reply::new(StatusCode::OK);
            answer.headers = before();
            passage.answer(&mut answer).unwrap().complete();
            let untouched = before();
            for (is_edited, headers) in [(request, &asked.headers), (reply, &answer.headers)] {
                let expected = if is_edited {
                    AFTER.to_vec()
                } else {
                    sorted(&untouched)
                };
                assert_eq!(sorted(headers), expected);
            }
            stage.end().await;
        }
    });
}

#[test]
fn a_request_that_cannot_be_changed_is_refused_where_it_ought_to_be() {
    run(async {
        let added = HeaderEdits::new().add("x-edge", "1");
        let config = Headers::new().request(added.clone());
        let stage = Stage::of(vec![Node::new("headers", config)]).await;
        let turned = stage.chain.enter().descend(&mut Fixed("/")).await.unwrap_err();
        assert_eq!(turned.status().as_u16(), 500);
        assert!(turned.refusal().observed.starts_with("the header x-edge"));
        stage.end().await;

        let stage = Stage::of(vec![Node::new("headers", Headers::new().reply(added))]).await;
        assert!(stage.chain.enter().descend(&mut Fixed("/")).await.is_ok());
        stage.end().await;
    });
}
