//! Children that were added are children like any other, and outlive the incarnation of their supervisor.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::{Children, Counts, Handle, Order, Restart, Supervisor, Tree};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::lists::*;
use kit::*;
use tokio::time::sleep;

/// A tree `root/inner/fragile`, and the means to make `inner` give up.
async fn fragile() -> (Tree, Children, Handle<Clerk>) {
    let (spec, fragile) = clerk("fragile");
    let (inner, children) = Supervisor::one_for_one("inner")
        .intensity(0, Duration::from_secs(60))
        .child(spec)
        .dynamic();
    (
        here(Supervisor::one_for_one("root").child(inner)).await,
        children,
        fragile,
    )
}

#[test]
fn a_child_that_is_added_while_the_supervisor_is_down_waits_for_it() {
    run(async {
        let (tree, children, fragile) = fragile().await;
        assert!(fragile.ask(Panic).await.is_err());
        assert_eq!(
            fragile.ask(Count).await.unwrap(),
            1,
            "the first restart is immediate"
        );
        assert!(fragile.ask(Panic).await.is_err());
        until(&tree, "inner", ActorState::Restarting).await;
        children.add(clerk("added").0).await.unwrap();
        let view = tree.directory().tree();
        assert_eq!(at(&view, &["inner"]).restarts, 2);
        assert_eq!(at(&view, &["inner", "added"]).state, ActorState::Running);
        tree.stop().await;
    });
}

#[test]
fn a3_children_that_were_added_come_back_with_their_supervisor_in_order_and_temporary_ones_do_not() {
    run(async {
        let (tree, children, fragile) = fragile().await;
        let mut handles = Vec::new();
        for (name, restart) in [
            ("first", Restart::Permanent),
            ("passing", Restart::Temporary),
            ("second", Restart::Transient),
        ] {
            let (spec, handle) = clerk(name);
            children.add(spec.restart(restart)).await.unwrap();
            handles.push(handle);
        }
        assert!(fragile.ask(Panic).await.is_err());
        assert_eq!(handles[0].ask(Count).await.unwrap(), 1);
        assert_eq!(handles[2].ask(Count).await.unwrap(), 1);
        let inner = until(&tree, "inner", ActorState::Running).await;
        assert_eq!(inner.restarts, 1);
        let names: Vec<_> = inner.children.iter().map(|child| child.path.name()).collect();
        assert_eq!(names, ["fragile", "first", "second"]);
        assert!(inner.children.iter().all(|child| child.restarts == 1));
        assert!(handles[1].tell(Count).is_err());
        tree.stop().await;
    });
}

#[test]
fn added_permanent_and_transient_children_are_restarted_and_a_temporary_one_leaves_the_list() {
    run(async {
        let (tree, children) = empty().await;
        for (name, restart) in [
            ("permanent", Restart::Permanent),
            ("transient", Restart::Transient),
        ] {
            let (spec, clerk) = clerk(name);
            children.add(spec.restart(restart)).await.unwrap();
            assert!(clerk.ask(Panic).await.is_err());
            assert_eq!(clerk.ask(Count).await.unwrap(), 1, "{name}");
        }
        let (spec, clerk) = clerk("temporary");
        children.add(spec.restart(Restart::Temporary)).await.unwrap();
        assert!(clerk.ask(Panic).await.is_err());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(names(&tree), ["permanent", "transient"]);
        assert!(clerk.tell(Count).is_err());
        let (kind, cause) = told(&tree, "temporary").pop().unwrap();
        assert_eq!(
            (kind, cause.as_str()),
            ("childDeleted", "temporary, and it has ended")
        );
        tree.stop().await;
    });
}

#[test]
fn an_added_child_is_restarted_with_its_group_and_stopped_first() {
    run(async {
        let log = Arc::default();
        let (declared, handle) = clerk_with("declared", noted("declared", &log));
        let (root, children) = Supervisor::one_for_all("root").child(declared).dynamic();
        let tree = here(root).await;
        let (spec, added) = clerk_with("added", noted("added", &log));
        children.add(spec).await.unwrap();
        assert!(handle.ask(Panic).await.is_err());
        assert_eq!(added.ask(Count).await.unwrap(), 1);
        tree.stop().await;
        assert_eq!(
            *log.lock().unwrap(),
            [
                "declared started",
                "added started",
                "added stopped",
                "declared started",
                "added started",
                "added stopped",
                "declared stopped"
            ]
        );
    });
}

#[test]
fn counts_say_how_many_there_are_of_which_kind_and_how_many_run() {
    run(async {
        let (tree, children) = empty().await;
        children.add(clerk("a").0).await.unwrap();
        children.add(clerk("b").0).await.unwrap();
        children
            .add(Supervisor::one_for_one("c").child(clerk("below").0))
            .await
            .unwrap();
        let (specs, workers, supervisors) = (3, 2, 1);
        let counts = |active| Counts {
            specs,
            active,
            supervisors,
            workers,
        };
        assert_eq!(children.counts(), counts(3));
        let a = Path::root("root").child("a");
        tree.directory().operate(&a, Order::Stop).await.unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            children.counts(),
            counts(2),
            "one is stopped, and still on the list"
        );
        let below = tree.directory().children(&Path::root("root").child("c")).unwrap();
        assert_eq!(below.counts().workers, 1);
        assert!(
            tree.directory().children(&a).is_none(),
            "a worker has no children"
        );
        children.delete("a").await.unwrap();
        children.delete("c").await.unwrap();
        assert_eq!(
            children.counts(),
            Counts {
                specs: 1,
                active: 1,
                supervisors: 0,
                workers: 1
            }
        );
        tree.stop().await;
        assert_eq!(children.counts().active, 0);
    });
}
