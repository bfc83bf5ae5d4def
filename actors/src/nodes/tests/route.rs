//! `route`.

use hedgerow_config::{Node, Route};

use super::{Asked, Stage, run};
use crate::chain::Turned;

#[test]
fn a_request_that_no_rule_covers_is_turned_back_by_the_route() {
    run(async {
        let route = Route::new().rule("/pay", "payments");
        let stage = Stage::of(vec![Node::new("route", route)]).await;
        let Err(Turned::NoRoute(refusal)) = stage.walk(&mut Asked::get("/other")) else {
            panic!("routed")
        };
        assert_eq!(
            refusal.to_string(),
            "edge; rule=route; limit=1 rules; observed=/other"
        );
        stage.end().await;
    });
}
