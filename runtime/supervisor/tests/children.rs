//! Children are added to a supervisor at work, and are then children like any other.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hedgerow_supervisor::{
    AddError, Arbiters, ChildSpec, Children, Clock, Counts, Exit, Ground, InitFailure, Order, Restart,
    SpecError, Supervisor, Tree,
};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::*;
use tokio::time::sleep;

fn noted(name: &'static str, log: &Arc<Mutex<Vec<String>>>) -> Habits {
    Habits {
        log: Some((name, log.clone())),
        ..Habits::default()
    }
}

fn fails_to_start(times: u32) -> Habits {
    Habits {
        failed_starts: Arc::new(times.into()),
        ..Habits::default()
    }
}

fn slow(start_takes: Duration) -> Habits {
    Habits {
        start_takes,
        ..Habits::default()
    }
}

/// A tree of one supervisor without children, and the means to change that.
async fn empty() -> (Tree, Children) {
    let (root, children) = Supervisor::one_for_one("root")
        .intensity(3, Duration::from_secs(60))
        .dynamic();
    (here(root).await, children)
}

/// The names right below the root.
fn names(tree: &Tree) -> Vec<String> {
    let view = tree.directory().tree();
    view.children
        .iter()
        .map(|child| child.path.name().to_owned())
        .collect()
}

/// What was told of the actor with this name, kind by kind.
fn told(tree: &Tree, name: &str) -> Vec<(&'static str, String)> {
    let events = tree.directory().events().since(0);
    events
        .iter()
        .filter(|event| event.path.name() == name)
        .map(|event| (event.kind, event.cause.clone()))
        .collect()
}

#[test]
fn an_added_child_is_ready_when_who_added_it_hears_of_it() {
    run(async {
        let (tree, children) = empty().await;
        let (spec, clerk) = clerk_with("clerk", slow(Duration::from_secs(2)));
        let clock = Clock::start();
        children.add(spec).await.unwrap();
        assert_eq!(clock.now().as_secs(), 2);
        assert_eq!(
            at(&tree.directory().tree(), &["clerk"]).state,
            ActorState::Running
        );
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            told(&tree, "clerk"),
            [
                ("childAdded", "by hand".to_owned()),
                ("childStarted", "incarnation 1".to_owned())
            ]
        );
        tree.stop().await;
    });
}

#[test]
fn an_added_child_that_fails_at_its_first_start_is_off_the_list_and_hurts_nobody() {
    run(async {
        let (sibling, sibling_handle) = clerk("sibling");
        let (root, children) = Supervisor::one_for_all("root")
            .intensity(0, Duration::from_secs(60))
            .child(sibling)
            .dynamic();
        let tree = here(root).await;
        let error = children.add(clerk_with("clerk", fails_to_start(1)).0).await;
        let error = error.unwrap_err();
        assert!(
            matches!(
                &error,
                AddError::Ended { child, exit: Exit::InitFailed(InitFailure::Panic(_)), .. } if child == "clerk"
            ),
            "{error:?}"
        );
        assert_eq!(
            error.to_string().split(" (at").next().unwrap(),
            "supervisor `root` took `clerk` off its list, because it never became ready: initFailed: panic: no \
             wish to start"
        );
        assert_eq!(names(&tree), ["sibling"]);
        let (kind, cause) = told(&tree, "clerk").pop().unwrap();
        assert_eq!(kind, "childDeleted");
        assert!(cause.starts_with("never became ready: initFailed"), "{cause}");
        children.add(clerk("clerk").0).await.unwrap();
        assert_eq!(names(&tree), ["sibling", "clerk"], "its name is free again");
        assert_eq!(sibling_handle.ask(Count).await.unwrap(), 1);
        assert_eq!(tree.directory().tree().children[0].restarts, 0);
        tree.stop().await;
    });
}

#[test]
fn every_mistake_in_an_added_child_is_reported_at_once_and_nothing_is_started() {
    run(async {
        let log = Arc::default();
        let (tree, children) = empty().await;
        children.add(clerk("twin").0).await.unwrap();
        let (twin, handle) = clerk_with("twin", noted("twin", &log));
        let twin = twin
            .mailbox(0)
            .start_within(Duration::ZERO)
            .restart(Restart::Transient)
            .significant();
        let error = children.add(twin).await.unwrap_err();
        let AddError::Invalid { mistakes, .. } = &error else {
            panic!("{error:?}")
        };
        let twin = Path::root("root").child("twin");
        assert_eq!(
            mistakes.errors[0],
            SpecError::DuplicateName { path: twin.clone() }
        );
        assert!(matches!(
            &mistakes.errors[1],
            SpecError::Zero {
                what: "the mailbox",
                ..
            }
        ));
        assert!(matches!(
            &mistakes.errors[2],
            SpecError::Zero {
                what: "the start limit",
                ..
            }
        ));
        assert!(matches!(&mistakes.errors[3], SpecError::Significance { path, .. } if *path == twin));
        assert_eq!(mistakes.errors.len(), 4, "{error}");
        assert!(
            handle.tell(Count).is_err(),
            "its handle says that nobody is there"
        );
        assert!(log.lock().unwrap().is_empty());

        let inner = Supervisor::one_for_one("inner").children([clerk("").0, clerk("x").0.mailbox(0)]);
        let error = children.add(inner).await.unwrap_err().to_string();
        assert!(error.contains("root/inner: a child has an empty name"), "{error}");
        assert!(error.contains("root/inner/x: the mailbox is zero"), "{error}");
        assert_eq!(names(&tree), ["twin"]);
        tree.stop().await;
    });
}

#[test]
fn what_is_added_before_the_start_is_started_after_the_declared_children() {
    run(async {
        let log = Arc::default();
        let (declared, _) = clerk_with(
            "declared",
            Habits {
                start_takes: Duration::from_secs(1),
                ..noted("declared", &log)
            },
        );
        let (root, children) = Supervisor::one_for_one("root").child(declared).dynamic();
        assert_eq!(children.counts(), Counts::default());
        let added = children.add(clerk_with("added", noted("added", &log)).0);
        let (tree, added) = tokio::join!(here(root), added);
        added.unwrap();
        assert_eq!(*log.lock().unwrap(), ["declared started", "added started"]);
        tree.stop().await;
    });
}

#[test]
fn what_is_added_to_a_supervisor_that_is_never_started_is_told_so() {
    run(async {
        let (root, children) = Supervisor::<ChildSpec>::one_for_one("root").dynamic();
        let adding = children.add(clerk("early").0);
        let (error, ()) = tokio::join!(adding, async { drop(root) });
        assert!(matches!(error, Err(AddError::Down { .. })), "{error:?}");
        let error = children.add(clerk("late").0).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("a supervisor whose tree was not started is down")
        );

        let (root, children) = Supervisor::one_for_one("").dynamic();
        let invalid = Tree::start(root, &Ground::new(Arbiters::current_thread())).await;
        assert!(invalid.is_err());
        assert!(children.add(clerk("late").0).await.is_err());
    });
}

/// A tree `root/inner/fragile`, and the means to make `inner` give up.
async fn fragile() -> (Tree, Children, hedgerow_supervisor::Handle<Clerk>) {
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

#[test]
fn a_full_mailbox_refuses_a_child_and_takes_one_later() {
    run(async {
        let (tree, children) = empty().await;
        let many = (0..1_100).map(|index| {
            let spec = ChildSpec::actor(format!("clerk-{index}"), Clerk::default).0;
            children.add(spec)
        });
        let outcomes = futures_util::future::join_all(many).await;
        let refused = outcomes.iter().filter(|outcome| outcome.is_err());
        assert!(
            refused
                .clone()
                .all(|outcome| matches!(outcome, Err(AddError::Overloaded { .. })))
        );
        assert_eq!(refused.count(), 1_100 - 1_024);
        assert_eq!(children.counts().active, 1_024);
        children.add(clerk("late").0).await.unwrap();
        tree.stop().await;
    });
}
