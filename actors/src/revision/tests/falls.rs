//! The reviser falls, or its disk does, in the middle of an edit.

use hedgerow_store::Store;
use hedgerow_supervisor::{ActError, Order};
use hedgerow_view::Path;
use serde_json::{Value, json};

use super::{Stage, request, stamps};
use crate::breaker::tests::disk::Disk;
use crate::paused;

fn insert() -> Value {
    json!({ "action": "insert", "node": { "kind": "reply", "name": "b", "path": "/b" } })
}

#[test]
fn an_edit_whose_record_is_not_written_is_met_by_nobody_and_undone_when_the_reviser_falls() {
    paused::run(async {
        let disk = Disk::default();
        let store = disk.store();
        let stage = Stage::with(stamps(&["a"]), &store).await;
        disk.hold();
        let fall = async {
            paused::until(|| stage.actors() == ["a", "b"]).await;
            paused::idle().await;
            assert_eq!(request(&stage.chain), (1, "a".into()), "prepared is not in force");
            assert!(stage.view().edits.is_empty());
            let reviser = Path::root("root").child("reviser");
            let directory = stage.tree.directory();
            directory.operate(&reviser, Order::Restart).await.unwrap();
        };
        let (told, ()) = tokio::join!(stage.order(insert()), fall);
        assert!(matches!(told, Err(ActError::Unavailable(_))), "{told:?}");
        paused::until(|| stage.actors() == ["a"]).await;
        disk.release();
        assert_eq!(stage.order(insert()).await.unwrap(), json!({ "revision": 2 }));
        assert_eq!(stage.view().edits.len(), 1);
        stage.end().await;

        let next = Stage::with(stamps(&["a"]), &store).await;
        assert_eq!(next.view().nodes.len(), 2);
        assert_eq!(next.chain.revision(), 3);
        next.end().await;
        store.close();
    });
}

#[test]
fn an_edit_is_made_while_the_disk_fails_and_is_told_as_not_persisted() {
    paused::run(async {
        let disk = Disk::default();
        let store = disk.store();
        let stage = Stage::with(stamps(&["a"]), &store).await;
        disk.break_down();
        assert_eq!(stage.order(insert()).await.unwrap(), json!({ "revision": 2 }));
        assert!(!stage.told("chainEdited")[0].1);
        disk.mend();
        let enable = json!({ "action": "disable", "name": "b" });
        assert_eq!(stage.order(enable).await.unwrap(), json!({ "revision": 3 }));
        stage.end().await;
        let next = Stage::with(stamps(&["a"]), &store).await;
        let states: Vec<_> = next.view().nodes.iter().map(|node| node.state).collect();
        assert_eq!(states, ["enabled", "disabled"], "the record is of all edits");
        next.end().await;
        store.close();
    });
}

#[test]
fn a_record_that_only_the_disk_keeps_from_being_read_is_not_written_over() {
    paused::run(async {
        let disk = Disk::default();
        let store = disk.store();
        let stage = Stage::with(stamps(&["a"]), &store).await;
        stage.order(insert()).await.unwrap();
        stage.end().await;

        let closed = Store::memory();
        closed.clone().close();
        let stage = Stage::with(stamps(&["a"]), &closed).await;
        assert!(stage.told("overlayUnread")[0].0.contains("left as it is"));
        let (revision, met) = request(&stage.chain);
        assert!(revision > 1_000_000_000_000 && met == "a", "{revision} {met}");
        stage.order(insert()).await.unwrap();
        assert!(!stage.told("chainEdited")[0].1);
        assert!(stage.slot.overlay().is_unread);
        let dropped = json!({ "action": "dropEdits" });
        stage.order(dropped).await.unwrap();
        assert!(
            !stage.slot.overlay().is_unread,
            "who drops all edits drops those, too"
        );
        stage.end().await;

        let stage = Stage::with(stamps(&["a"]), &store).await;
        assert_eq!((stage.chain.revision(), stage.view().nodes.len()), (3, 2));
        stage.end().await;
        store.close();
    });
}
