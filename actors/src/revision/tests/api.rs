//! Edits as the API orders them.

use hedgerow_supervisor::ActError;
use serde_json::json;

use super::{Stage, request, stamp, stamps};
use crate::chain::Edit;
use crate::paused;

#[test]
fn an_order_is_an_edit_that_answers_its_revision_and_is_shown() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a", "b"])).await;
        let reply = json!({ "kind": "reply", "name": "health", "path": "/health" });
        let orders = [
            json!({ "action": "insert", "node": reply, "before": "b" }),
            json!({ "action": "move", "name": "b", "before": "a" }),
            json!({ "action": "disable", "name": "a" }),
            json!({ "action": "replace", "name": "b", "node": { "kind": "reply", "path": "/b" } }),
            json!({ "action": "enable", "name": "a" }),
            json!({ "action": "remove", "name": "a" }),
        ];
        for (at, order) in orders.iter().enumerate() {
            let answer = stage.order(order.clone()).await.unwrap();
            assert_eq!(answer, json!({ "revision": at + 2 }), "{order}");
        }
        let view = stage.view();
        let names: Vec<_> = view.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!((view.revision, names), (7, vec!["reply", "health"]));
        let kept = serde_json::to_value(&view.edits).unwrap();
        let actions: Vec<_> = kept
            .as_array()
            .unwrap()
            .iter()
            .map(|edit| &edit["action"])
            .collect();
        assert_eq!(
            actions,
            ["insert", "move", "replace", "remove"],
            "what is outdone is forgotten"
        );
        assert_eq!((&kept[0]["node"], &kept[0]["author"]), (&reply, &json!("me")));
        let told = stage.told("chainEdited");
        assert_eq!(told[0].0, "revision 1 to 2: insert health before b by me");
        stage.end().await;
    });
}

#[test]
fn every_mistake_of_an_order_is_told_at_once_and_changes_nothing() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a"])).await;
        let bad = async |order| match stage.order(order).await {
            Err(ActError::Arguments(why)) => why.to_string(),
            other => panic!("{other:?}"),
        };
        let of = |action: &str| json!({ "action": action });
        assert_eq!(bad(of("insert")).await, "`insert` needs `node`");
        assert_eq!(
            bad(of("replace")).await,
            "`replace` needs `name`\n`replace` needs `node`"
        );
        for action in ["remove", "move", "enable", "disable"] {
            assert_eq!(bad(of(action)).await, format!("`{action}` needs `name`"));
        }
        let odd = json!({ "action": "remove", "name": 7, "before": "a", "zeal": null });
        assert_eq!(
            bad(odd).await,
            "`remove` takes no `before`\n`name` is the name of a node: write a text, not 7"
        );
        let odd = json!({ "action": "dropEdits", "name": "a" });
        assert_eq!(bad(odd).await, "`dropEdits` takes no `name`");
        for node in [
            json!(7),
            json!("x"),
            json!([]),
            json!({}),
            json!({ "kind": "ruote" }),
            json!(true),
        ] {
            let why = bad(json!({ "action": "insert", "node": node })).await;
            assert_eq!(why.lines().count(), 1, "{why}");
        }
        let node = json!({ "kind": "reply", "status": 9_999, "path": "nope", "colour": "red" });
        let why = bad(json!({ "action": "insert", "node": node })).await;
        for word in ["status", "path", "colour"] {
            assert!(why.contains(word), "{why}");
        }
        let node = json!({ "kind": "route", "rules": [
            { "path": "/a", "upstream": "one" }, { "path": "/b", "upstream": "two" } ] });
        let why = bad(json!({ "action": "insert", "node": node })).await;
        assert!(why.contains("`one`") && why.contains("`two`"), "{why}");
        let misfit = stage.order(json!({ "action": "remove", "name": "aa" })).await;
        assert!(matches!(misfit, Err(ActError::NotDone(_))), "{misfit:?}");
        assert_eq!(request(&stage.chain), (1, "a".into()));
        stage.end().await;
    });
}

#[test]
fn edits_that_are_dropped_leave_the_chain_as_it_began() {
    paused::run(async {
        let stage = Stage::of(vec![stamp("a"), stamp("b"), stamp("c").last()]).await;
        let order = async |order| stage.order(order).await.unwrap();
        order(json!({ "action": "move", "name": "b", "before": "a" })).await;
        order(json!({ "action": "remove", "name": "a" })).await;
        order(json!({ "action": "insert", "node": { "kind": "reply", "path": "/x" }, "before": "b" })).await;
        let own = Edit::Insert {
            node: stamp("own"),
            before: Some("b".into()),
        };
        stage.chain.edit(own).await.unwrap();
        assert_eq!(stage.met(), "own b c");
        assert_eq!(
            order(json!({ "action": "dropEdits" })).await,
            json!({ "revision": 6 })
        );
        assert_eq!(request(&stage.chain), (6, "a b c".into()));
        assert!(stage.view().edits.is_empty());
        let mut actors = stage.actors();
        actors.sort_unstable();
        assert_eq!(actors, ["a", "b", "c"]);
        let nodes = stage.view().nodes;
        assert_eq!(
            (nodes[1].calls, nodes[0].calls),
            (2, 1),
            "who has stayed goes on counting"
        );
        stage.end().await;
    });
}
