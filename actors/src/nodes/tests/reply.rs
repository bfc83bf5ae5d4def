//! `reply`.

use hedgerow_config::{Node, StaticReply};

use super::{Asked, Stage, run};
use crate::chain::Arrival;

#[test]
fn a_reply_answers_what_it_is_for_and_lets_all_else_pass() {
    run(async {
        let health = StaticReply::new(203)
            .path("/health")
            .header("x-by", "edge")
            .body("well");
        let stage = Stage::of(vec![Node::new("health", health)]).await;
        for path in ["/health", "/health/deep"] {
            let reply = stage.answer(&mut Asked::get(path));
            assert_eq!((reply.status.as_u16(), &*reply.body), (203, &b"well"[..]));
            assert_eq!(reply.headers["x-by"], "edge");
        }
        let passed = stage.walk(&mut Asked::get("/healthy")).unwrap();
        assert!(matches!(passed, Arrival::Through(_)));
        stage.end().await;
    });
}

#[test]
fn a_reply_without_a_path_answers_everything() {
    run(async {
        let closed = StaticReply::new(503).body("closed");
        let stage = Stage::of(vec![Node::new("closed", closed)]).await;
        assert_eq!(stage.answer(&mut Asked::get("/any")).status.as_u16(), 503);
        stage.end().await;
    });
}
