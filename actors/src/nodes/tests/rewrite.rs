//! `rewrite`.

use hedgerow_config::{Node, Rewrite, StaticReply};

use super::{Asked, Fixed, Stage, run};
use crate::chain::Arrival;

#[test]
fn a_path_loses_changes_or_gains_its_front_by_whole_segments() {
    run(async {
        let strip = || Rewrite::new().strip_prefix("/shop");
        let replace = || Rewrite::new().replace_prefix("/old", "/new/er");
        let cases = [
            (strip(), "/shop/pay", "/pay"),
            (strip(), "/shop/", "/"),
            (strip(), "/shop", "/"),
            (strip(), "/shopping", "/shopping"),
            (strip(), "/x/shop", "/x/shop"),
            (strip().add_prefix("/v2"), "/shop/pay", "/v2/pay"),
            (strip().add_prefix("/v2"), "/shop", "/v2"),
            (strip().add_prefix("/v2"), "/other", "/v2/other"),
            (replace(), "/old/1", "/new/er/1"),
            (replace(), "/old", "/new/er"),
            (replace(), "/older", "/older"),
            (replace().add_prefix("/v2"), "/old/", "/v2/new/er/"),
            (Rewrite::new().replace_prefix("/", "/all"), "/a", "/all/a"),
            (Rewrite::new().replace_prefix("/old", "/"), "/old/a", "/a"),
            (Rewrite::new().replace_prefix("/old", "/"), "/old", "/"),
            (Rewrite::new().add_prefix("/v2"), "/", "/v2/"),
            (Rewrite::new().host("shop"), "/a", "/a"),
        ];
        for (config, came, expected) in cases {
            let stage = Stage::of(vec![Node::new("rewrite", config.clone())]).await;
            let mut asked = Asked::get(came);
            let passed = stage.walk(&mut asked).unwrap();
            assert!(matches!(passed, Arrival::Through(_)));
            assert_eq!(asked.path, expected, "{came} by {config:?}");
            let host = asked
                .headers
                .get("host")
                .map(|host| host.to_str().unwrap().to_owned());
            assert_eq!(host, config.host);
            drop(passed);
            stage.end().await;
        }
    });
}

#[test]
fn the_nodes_behind_see_the_new_path() {
    run(async {
        let nodes = vec![
            Node::new("rewrite", Rewrite::new().strip_prefix("/shop")),
            Node::new("health", StaticReply::new(203).path("/health")),
        ];
        let stage = Stage::of(nodes).await;
        assert_eq!(stage.answer(&mut Asked::get("/shop/health")).status.as_u16(), 203);
        stage.end().await;
    });
}

#[test]
fn a_request_that_cannot_be_rewritten_is_refused_and_one_that_need_not_be_passes() {
    run(async {
        let cases = [
            (Rewrite::new().strip_prefix("/shop"), Some("the path")),
            (Rewrite::new().host("shop"), Some("the host")),
            (Rewrite::new().strip_prefix("/other"), None),
        ];
        for (config, what) in cases {
            let stage = Stage::of(vec![Node::new("rewrite", config)]).await;
            let arrived = stage.chain.enter().descend(&mut Fixed("/shop/pay")).await;
            match what {
                Some(what) => {
                    let turned = arrived.unwrap_err();
                    assert_eq!(turned.status().as_u16(), 500);
                    assert!(turned.refusal().observed.starts_with(what));
                }
                None => drop(arrived.unwrap()),
            }
            stage.end().await;
        }
    });
}
