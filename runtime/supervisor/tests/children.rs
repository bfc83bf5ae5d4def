//! Children are added to a supervisor at work.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::{
    AddError, Arbiters, ChildEvents, ChildSpec, Clock, Counts, Exit, Ground, InitFailure, Order, Restart,
    SpecError, Supervisor, Tree,
};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::lists::*;
use kit::*;
use tokio::time::sleep;

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
fn children_come_and_go_in_silence_where_that_is_asked_for_and_what_goes_wrong_is_told() {
    run(async {
        let (root, children) = Supervisor::one_for_one("root")
            .child_events(ChildEvents::Extraordinary)
            .dynamic();
        let tree = here(root).await;
        children.add(clerk("well").0).await.unwrap();
        children.delete("well").await.unwrap();
        assert_eq!(told(&tree, "well"), []);

        let failing = children.add(clerk_with("failing", fails_to_start(1)).0).await;
        assert!(failing.is_err());
        let kinds = |name| {
            told(&tree, name)
                .into_iter()
                .map(|(kind, _)| kind)
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds("failing"), ["childExited", "childDeleted"]);

        let (spec, falling) = clerk("falling");
        children.add(spec).await.unwrap();
        assert!(falling.ask(Panic).await.is_err());
        assert_eq!(falling.ask(Count).await.unwrap(), 1);
        sleep(Duration::from_millis(1)).await;
        let path = tree.directory().tree().children[0].path.clone();
        tree.directory().operate(&path, Order::Restart).await.unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            kinds("falling"),
            [
                "childExited",
                "childRestarting",
                "childStarted",
                "childOrdered",
                "childStarted"
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
