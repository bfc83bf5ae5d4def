//! Children are deleted.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use hedgerow_supervisor::{
    AddError, Clock, DeleteError, Exit, OperateError, Order, SendError, Shutdown, Supervisor,
};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::lists::*;
use kit::*;
use tokio::time::sleep;

#[test]
fn a_deleted_child_is_down_and_off_the_list_and_nothing_of_it_is_left() {
    run(async {
        let habits = Habits::default();
        let trace = trace(&habits);
        let (spec, clerk) = clerk_with("clerk", habits);
        let (tree, children) = tree_of(spec).await;
        children.add(kit::clerk("other").0).await.unwrap();
        let view = at(&tree.directory().tree(), &["clerk"]).clone();
        assert!(trace.upgrade().is_some());
        children.delete("clerk").await.unwrap();
        assert_eq!(children.counts().specs, 1);
        assert_eq!(clerk.state(), ActorState::Stopped);
        assert!(matches!(clerk.tell(Count), Err(SendError::Stopped(Count))));
        settle().await;
        assert!(trace.upgrade().is_none(), "its cell is gone, and its factory");
        let events = tree.directory().events().since(0);
        let last = events.last().unwrap();
        assert_eq!((last.kind, last.cause.as_str()), ("childDeleted", "by hand"));
        assert_eq!(last.path, view.path);
        assert!(matches!(
            tree.directory().operate(&view.path, Order::Start).await,
            Err(OperateError::NotFound { .. })
        ));
        children.add(kit::clerk("clerk").0).await.unwrap();
        assert_eq!(children.counts().active, 2, "its name is free again");
        tree.stop().await;
    });
}

#[test]
fn a14_a_deleted_child_that_ignores_stop_is_killed_at_its_limit() {
    run(async {
        let habits = ignores_stop();
        let trace = trace(&habits);
        let (spec, _clerk) = clerk_with("clerk", habits);
        let (tree, children) = tree_of(spec.shutdown(Shutdown::Within(Duration::from_secs(2)))).await;
        let clock = Clock::start();
        let (first, second) = tokio::join!(children.delete("clerk"), children.delete("clerk"));
        assert_eq!((first, second), (Ok(()), Ok(())), "both hear of it");
        assert_eq!(clock.now().as_secs(), 2);
        let events = tree.directory().events().since(0);
        let exits = events.iter().filter(|event| event.kind == "childExited");
        let exits: Vec<_> = exits.map(|event| event.cause.as_str()).collect();
        assert_eq!(exits, ["killed: did not stop within 2s"]);
        settle().await;
        assert!(trace.upgrade().is_none());
        tree.stop().await;
    });
}

#[test]
fn a_child_that_is_not_there_cannot_be_deleted() {
    run(async {
        let (tree, children) = tree_of(clerk("clerk").0).await;
        let error = children.delete("nobody").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "supervisor `root` has no child `nobody`: the tree lists its children"
        );
        children.delete("clerk").await.unwrap();
        assert!(matches!(
            children.delete("clerk").await,
            Err(DeleteError::NotFound { .. })
        ));
        tree.stop().await;
        assert!(matches!(
            children.delete("clerk").await,
            Err(DeleteError::Down { .. })
        ));
    });
}

#[test]
fn a_deleted_child_that_was_stopped_or_waited_for_its_restart_is_gone_at_once() {
    run(async {
        let (spec, fallen) = clerk("fallen");
        let (tree, children) = tree_of(spec).await;
        assert!(fallen.ask(Panic).await.is_err());
        assert_eq!(fallen.ask(Count).await.unwrap(), 1);
        assert!(fallen.ask(Panic).await.is_err());
        until(&tree, "fallen", ActorState::Restarting).await;
        let clock = Clock::start();
        children.delete("fallen").await.unwrap();
        children.add(clerk("stopped").0).await.unwrap();
        let path = Path::root("root").child("stopped");
        tree.directory().operate(&path, Order::Stop).await.unwrap();
        until(&tree, "stopped", ActorState::Stopped).await;
        children.delete("stopped").await.unwrap();
        assert_eq!(clock.now(), Duration::ZERO);
        assert_eq!(children.counts().specs, 0);
        sleep(Duration::from_secs(1)).await;
        assert!(
            tree.directory().not_ready().is_empty(),
            "the back-off ends in nothing"
        );
        tree.stop().await;
    });
}

#[test]
fn a_child_that_is_deleted_before_it_is_ready_was_never_added() {
    run(async {
        let (tree, children) = tree_of(clerk("other").0).await;
        let habits = Habits {
            start_takes: Duration::from_secs(9),
            ..Habits::default()
        };
        let (added, deleted) = tokio::join!(
            children.add(clerk_with("clerk", habits).0),
            children.delete("clerk")
        );
        assert!(
            matches!(
                added,
                Err(AddError::Ended {
                    exit: Exit::Shutdown,
                    ..
                })
            ),
            "{added:?}"
        );
        assert_eq!(deleted, Ok(()));
        assert_eq!(children.counts().specs, 1);
        tree.stop().await;
    });
}

#[test]
fn a_supervisor_is_added_and_deleted_with_all_its_children() {
    run(async {
        let (tree, children) = tree_of(clerk("other").0).await;
        let habits = [Habits::default(), Habits::default()];
        let traces = habits.each_ref().map(trace);
        let [declared, added] = habits;
        let (declared, first) = clerk_with("declared", declared);
        let (inner, below) = Supervisor::one_for_one("inner").child(declared).dynamic();
        children.add(inner).await.unwrap();
        let (added, second) = clerk_with("added", added);
        below.add(added).await.unwrap();
        assert!(first.ask(Panic).await.is_err());
        assert_eq!(first.ask(Count).await.unwrap(), 1, "it is supervised");
        assert_eq!(second.ask(Count).await.unwrap(), 1);
        let root = tree.directory().children(&Path::root("root")).unwrap();
        assert_eq!(root.counts().supervisors, 1);
        children.delete("inner").await.unwrap();
        assert_eq!(
            (first.state(), second.state()),
            (ActorState::Stopped, ActorState::Stopped)
        );
        settle().await;
        assert!(traces.iter().all(|trace| trace.upgrade().is_none()));
        assert!(matches!(
            below.add(clerk("late").0).await,
            Err(AddError::Down { .. })
        ));
        assert_eq!(tree.directory().tree().children.len(), 1);
        tree.stop().await;
    });
}

#[test]
fn an_order_for_a_child_that_was_deleted_meanwhile_is_refused() {
    run(async {
        let (tree, children) = tree_of(clerk("clerk").0).await;
        let path = Path::root("root").child("clerk");
        tree.directory().operate(&path, Order::Stop).await.unwrap();
        until(&tree, "clerk", ActorState::Stopped).await;
        let (deleted, ordered) = tokio::join!(
            children.delete("clerk"),
            tree.directory().operate(&path, Order::Start)
        );
        assert_eq!(deleted, Ok(()));
        assert!(matches!(ordered, Err(OperateError::NotFound { path: at }) if at == path));
        tree.stop().await;
    });
}
