//! `cors`.

use std::time::Duration;

use hedgerow_config::{Cors, Node};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Asked, Stage, run};
use crate::chain::{Arrival, Reply};

const ALLOW: &str = "access-control-allow-origin";

fn listed() -> Cors {
    Cors::new(["https://shop.example", "http://*.shop.example:8080"])
        .method("PUT")
        .header("x-tenant")
        .header("content-type")
        .expose_header("x-total")
        .credentials()
        .max_age(Duration::from_secs(600))
}

fn from(origin: &str) -> Asked {
    let mut asked = Asked::get("/");
    asked.headers.append("origin", origin.parse().unwrap());
    asked
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// The reply to a request, of an endpoint that has a mind of its own.
fn reply(stage: &Stage, asked: &mut Asked) -> HeaderMap {
    let Ok(Arrival::Through(passage)) = stage.walk(asked) else {
        panic!("turned back")
    };
    let mut reply = Reply::new(StatusCode::OK);
    for name in [ALLOW, "access-control-allow-credentials"] {
        reply.headers.insert(name, HeaderValue::from_static("theirs"));
    }
    reply.headers.insert("vary", HeaderValue::from_static("accept"));
    passage.answer(&mut reply).unwrap().complete();
    reply.headers
}

#[test]
fn a_listed_origin_is_allowed_and_no_other_whatever_the_endpoint_says() {
    run(async {
        let stage = Stage::of(vec![Node::new("cors", listed())]).await;
        let allowed = [
            "https://shop.example",
            "http://a.shop.example:8080",
            "http://a-1.b_c.shop.example:8080",
        ];
        for origin in allowed {
            let headers = reply(&stage, &mut from(origin));
            assert_eq!(text(&headers, ALLOW), Some(origin));
            assert_eq!(text(&headers, "access-control-allow-credentials"), Some("true"));
            assert_eq!(text(&headers, "access-control-expose-headers"), Some("x-total"));
            assert!(headers.get_all("vary").iter().any(|vary| vary == "origin"));
        }
        let others = [
            "http://shop.example",
            "https://shop.example:444",
            "https://shop.example.evil.example",
            "https://evil-shop.example",
            "http://shop.example:8080",
            "http://.shop.example:8080",
            "http://evil.example/.shop.example:8080",
            "http://evil.example:1.shop.example:8080",
            "http://u@a.shop.example:8080",
            "http://a..shop.example:8080",
            "https://a.shop.example:8080",
            "http://a.shop.example",
            "https://SHOP.example",
            "null",
            "*",
            "",
        ];
        let mut twice = from("https://shop.example");
        twice
            .headers
            .append("origin", HeaderValue::from_static("https://evil.example"));
        let mut unlisted: Vec<Asked> = others.into_iter().map(from).collect();
        unlisted.extend([Asked::get("/"), twice]);
        for mut asked in unlisted {
            let headers = reply(&stage, &mut asked);
            let origin = text(&asked.headers, "origin");
            assert_eq!(text(&headers, ALLOW), None, "{origin:?}");
            assert_eq!(text(&headers, "access-control-allow-credentials"), None);
            // A cache must not give it to pages of another origin.
            let vary: Vec<_> = headers.get_all("vary").iter().collect();
            assert_eq!(vary, ["accept", "origin"]);
        }
        stage.end().await;
    });
}

#[test]
fn a_refusal_may_be_read_by_whom_the_reply_may_and_is_kept_for_no_other_origin() {
    run(async {
        let stage = Stage::of(vec![Node::new("cors", listed())]).await;
        let mut asked = from("https://shop.example");
        reply(&stage, &mut asked);
        let expected = [
            (ALLOW, "https://shop.example"),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-total"),
            ("vary", "origin"),
        ];
        for (name, value) in expected {
            assert_eq!(text(&asked.of_refusal, name), Some(value), "{name}");
        }
        assert_eq!(asked.of_refusal.len(), expected.len());

        let mut asked = from("https://evil.example");
        reply(&stage, &mut asked);
        assert!(asked.of_refusal.is_empty(), "{:?}", asked.of_refusal);
        stage.end().await;
    });
}

#[test]
fn where_all_origins_are_allowed_all_are_told_the_same() {
    run(async {
        let stage = Stage::of(vec![Node::new("cors", Cors::new(["*"]))]).await;
        let headers = reply(&stage, &mut from("https://any.example"));
        assert_eq!(text(&headers, ALLOW), Some("*"));
        assert_eq!(text(&headers, "access-control-allow-credentials"), None);
        assert_eq!(text(&headers, "vary"), Some("accept"));
        stage.end().await;
    });
}

#[test]
fn a_preflight_is_answered_with_what_is_allowed_and_other_options_pass() {
    run(async {
        let stage = Stage::of(vec![Node::new("cors", listed())]).await;
        let preflight = |origin: &str| {
            let mut asked = from(origin);
            asked.method = "OPTIONS";
            let put = HeaderValue::from_static("PUT");
            asked.headers.insert("access-control-request-method", put);
            asked
        };
        let allowed = stage.answer(&mut preflight("https://shop.example"));
        assert_eq!((allowed.status.as_u16(), allowed.body.len()), (204, 0));
        let expected = [
            (ALLOW, "https://shop.example"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "GET, HEAD, POST, PUT"),
            ("access-control-allow-headers", "x-tenant, content-type"),
            ("access-control-max-age", "600"),
            (
                "vary",
                "origin, access-control-request-method, access-control-request-headers",
            ),
        ];
        for (name, value) in expected {
            assert_eq!(text(&allowed.headers, name), Some(value), "{name}");
        }
        assert_eq!(allowed.headers.len(), expected.len());

        let refused = stage.answer(&mut preflight("https://evil.example"));
        assert_eq!((refused.status.as_u16(), refused.headers.len()), (204, 1));
        assert!(refused.headers.contains_key("vary"));

        let mut plain = preflight("https://shop.example");
        plain.headers.remove("access-control-request-method");
        assert!(matches!(stage.walk(&mut plain), Ok(Arrival::Through(_))));
        let mut same = preflight("https://shop.example");
        same.headers.remove("origin");
        assert!(matches!(stage.walk(&mut same), Ok(Arrival::Through(_))));
        stage.end().await;
    });
}
