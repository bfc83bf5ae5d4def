//! `bodyLimit`.

use hedgerow_config::{BodyLimit, Node};

use super::{Asked, Stage, run};
use crate::chain::Arrival;

#[test]
fn a_body_that_says_that_it_is_too_large_is_refused_and_any_other_is_limited_by_the_smallest() {
    run(async {
        let nodes = [("large", 1_000), ("small", 10), ("middle", 100)];
        let nodes = nodes.map(|(name, max)| Node::new(name, BodyLimit::new(max)));
        let stage = Stage::of(nodes.into()).await;
        for told in [None, Some("0"), Some("10"), Some("ten")] {
            let mut asked = Asked::get("/");
            if let Some(told) = told {
                asked.headers.insert("content-length", told.parse().unwrap());
            }
            let Ok(Arrival::Through(passage)) = stage.walk(&mut asked) else {
                panic!("turned back: {told:?}")
            };
            let limit = passage.body_limit().unwrap();
            assert_eq!(limit.bytes(), 10);
            let turned = passage.refuse_body(limit);
            assert_eq!(turned.status().as_u16(), 413);
            assert_eq!(
                turned.refusal().to_string(),
                "edge/node/small; rule=bodyLimit; limit=10 bytes; observed=more than 10 bytes"
            );
        }
        let huge = ["1001", "99999999999999999999999"];
        for (told, observed) in huge.into_iter().zip(["1001", "18446744073709551615"]) {
            let mut asked = Asked::get("/");
            asked.headers.insert("content-length", told.parse().unwrap());
            let turned = stage.walk(&mut asked).unwrap_err();
            assert_eq!(turned.status().as_u16(), 413);
            assert_eq!(
                turned.refusal().to_string(),
                format!("edge/node/large; rule=bodyLimit; limit=1000 bytes; observed={observed} bytes")
            );
        }
        stage.end().await;
    });
}

#[test]
fn without_the_node_a_body_has_no_limit() {
    run(async {
        let stage = Stage::of(Vec::new()).await;
        let Ok(Arrival::Through(passage)) = stage.walk(&mut Asked::get("/")) else {
            panic!("turned back")
        };
        assert_eq!(passage.body_limit(), None);
        drop(passage);
        stage.end().await;
    });
}
