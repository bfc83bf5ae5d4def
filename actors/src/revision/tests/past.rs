//! The edits of the life before.

use std::path::Path;
use std::pin::pin;

use hedgerow_store::{Key, Store};
use serde_json::{Value, json};

use super::{Stage, request, stamp, stamps};
use crate::breaker::tests::disk::Disk;
use crate::chain::{Edit, NodeSpec};
use crate::paused;

fn nodes() -> Vec<NodeSpec> {
    vec![stamp("a"), stamp("b"), stamp("c").last()]
}

/// One life of the process.
async fn life(directory: &Path, nodes: Vec<NodeSpec>, body: impl AsyncFnOnce(&Stage)) {
    let store = Store::open(directory);
    let stage = Stage::with(nodes, &store).await;
    body(&stage).await;
    stage.end().await;
    store.close();
}

fn moved(name: &str, before: &str) -> Value {
    json!({ "action": "move", "name": name, "before": before })
}

#[test]
fn edits_of_the_api_are_made_again_and_the_number_goes_on() {
    paused::run(async {
        let place = tempfile::tempdir().unwrap();
        life(place.path(), nodes(), async |stage| {
            let reply = json!({ "kind": "reply", "name": "health", "path": "/health" });
            stage.order(moved("b", "a")).await.unwrap();
            stage
                .order(json!({ "action": "disable", "name": "a" }))
                .await
                .unwrap();
            let insert = json!({ "action": "insert", "node": reply, "before": "c" });
            assert_eq!(stage.order(insert).await.unwrap(), json!({ "revision": 4 }));
            let told = stage.told("chainEdited");
            assert!(told.iter().all(|(_, persisted)| *persisted), "{told:?}");
        })
        .await;
        for life_of in [5, 6] {
            life(place.path(), nodes(), async |stage| {
                assert_eq!(request(&stage.chain), (life_of, "b c".into()));
                let view = stage.view();
                let shown: Vec<_> = view.nodes.iter().map(|node| (&*node.name, node.state)).collect();
                let expected = [
                    ("b", "enabled"),
                    ("a", "disabled"),
                    ("health", "enabled"),
                    ("c", "enabled"),
                ];
                assert_eq!(shown, expected);
                assert_eq!(view.edits.len(), 3);
            })
            .await;
        }
    });
}

/// Post-mortem: killed before its number was on the disk, a gateway told the same number in its next life.
#[test]
fn a_start_waits_until_its_number_is_kept_so_that_no_later_one_takes_it_again() {
    paused::run(async {
        let disk = Disk::default();
        disk.hold_writes();
        let store = disk.store();
        let mut start = pin!(Stage::with(nodes(), &store));
        let written = async {
            while disk.writes() == 0 {
                tokio::task::yield_now().await;
            }
            paused::idle().await;
        };
        tokio::select! {
            _ = &mut start => panic!("it has started, and its number may be lost"),
            () = written => {}
        }
        disk.release();
        let stage = start.await;
        assert_eq!(request(&stage.chain).0, 1);
        stage.end().await;
    });
}

#[test]
fn an_edit_by_code_is_told_as_volatile_and_is_gone_but_its_number_is_not_used_again() {
    paused::run(async {
        let place = tempfile::tempdir().unwrap();
        life(place.path(), nodes(), async |stage| {
            let own = Edit::Insert {
                node: stamp("own"),
                before: Some("a".into()),
            };
            assert_eq!(stage.chain.edit(own).await, Ok(2));
            assert!(!stage.told("chainEdited")[0].1);
            // This one leans on it.
            stage.order(moved("b", "own")).await.unwrap();
            assert_eq!(stage.met(), "b own a c");
        })
        .await;
        life(place.path(), nodes(), async |stage| {
            assert_eq!(request(&stage.chain), (4, "a b c".into()));
            let (cause, _) = stage.told("editSetAside").remove(0);
            assert!(cause.contains("no node `own`"), "{cause}");
        })
        .await;
    });
}

#[test]
fn an_edit_that_fits_no_more_is_set_aside_shown_and_kept_until_it_fits_or_is_dropped() {
    paused::run(async {
        let place = tempfile::tempdir().unwrap();
        life(place.path(), nodes(), async |stage| {
            stage.order(moved("b", "a")).await.unwrap();
            stage
                .order(json!({ "action": "disable", "name": "a" }))
                .await
                .unwrap();
        })
        .await;
        // The config has lost `b`.
        life(place.path(), vec![stamp("a"), stamp("c").last()], async |stage| {
            assert_eq!(request(&stage.chain), (4, "c".into()), "the other edit holds");
            let edits = stage.view().edits;
            assert!(edits[0].set_aside.as_ref().unwrap().contains("no node `b`"));
            assert_eq!(edits[1].set_aside, None);
            assert_eq!(stage.told("editSetAside").len(), 1);
        })
        .await;
        life(place.path(), nodes(), async |stage| {
            assert_eq!(request(&stage.chain), (5, "b c".into()));
            stage.order(json!({ "action": "dropEdits" })).await.unwrap();
        })
        .await;
        life(place.path(), nodes(), async |stage| {
            assert_eq!(request(&stage.chain), (7, "a b c".into()));
        })
        .await;
    });
}

#[test]
fn a_record_that_cannot_be_read_stops_no_start_and_numbers_go_on_above_it() {
    paused::run(async {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path());
        let key = Key::new("revision", "overlay", [""; 0]).unwrap();
        store.save(&key, b"{ \"number\": \"many\" }").await.unwrap();
        let stage = Stage::with(stamps(&["a", "b"]), &store).await;
        let (revision, met) = request(&stage.chain);
        assert!(revision > 1_000_000_000_000 && met == "a b", "{revision} {met}");
        assert_eq!(stage.told("overlayUnread").len(), 1);
        assert_eq!(
            stage.order(moved("b", "a")).await.unwrap(),
            json!({ "revision": revision + 1 })
        );
        stage.end().await;
        store.close();
    });
}

#[test]
fn edits_are_made_while_the_store_is_closed_and_say_that_they_are_not_kept() {
    paused::run(async {
        let store = Store::memory();
        let stage = Stage::with(nodes(), &store).await;
        store.close();
        stage.order(moved("b", "a")).await.unwrap();
        assert_eq!(stage.met(), "b a c");
        assert!(!stage.told("chainEdited")[0].1);
        stage.end().await;
    });
}
