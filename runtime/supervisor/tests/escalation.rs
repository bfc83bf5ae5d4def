//! What a supervisor that gives up, or is too slow, leaves to who comes after it.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::{Arbiters, ChildSpec, Ground, Shutdown, Supervisor, Tree};
use kit::doer::*;
use kit::*;

#[test]
fn what_waits_behind_the_fall_that_was_one_too_many_is_answered_by_the_next_incarnation() {
    run(async {
        let ((fallen, doer), (sibling, other)) = (doer("fallen"), doer("sibling"));
        let group = Supervisor::one_for_all("group").intensity(0, Duration::from_secs(9));
        let root = Supervisor::one_for_one("root").child(group.child(sibling).child(fallen));
        let tree = here(root).await;
        doer.tell(deed(|_, _| panic!("one too many"))).unwrap();
        let behind = [&doer, &other, &doer].map(|doer| doer.ask(deed(|_, context| context.incarnation())));
        let [first, sibling, second] = behind;
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (2, 2));
        assert!(sibling.await.is_ok(), "perhaps before its group was stopped");
        assert_eq!(tree.directory().tree().children[0].restarts, 1);
        tree.stop().await;
    });
}

#[test]
fn a_supervisor_that_is_too_slow_to_start_stops_what_it_has_started_in_reverse_before_it_fails() {
    run(async {
        let log = Arc::default();
        let slow = |name, start_takes| {
            let habits = Habits {
                start_takes,
                log: Some((name, Arc::clone(&log))),
                ..Habits::default()
            };
            let (spec, _) = clerk_with(name, habits);
            spec.start_within(Duration::from_secs(100))
        };
        let group = Supervisor::one_for_one("group")
            .child(slow("a", Duration::ZERO))
            .child(slow("b", Duration::ZERO))
            .child(slow("c", Duration::from_secs(60)));
        let group = ChildSpec::from(group).start_within(Duration::from_secs(1));
        let root = Supervisor::one_for_one("root").child(group);
        let started = Tree::start(root, &Ground::new(Arbiters::current_thread())).await;
        let error = started.err().unwrap().to_string();
        assert_eq!(
            error,
            "the tree `root` did not start: initFailed: child `group`: initFailed: not ready within 1s"
        );
        let log: &Arc<std::sync::Mutex<Vec<String>>> = &log;
        assert_eq!(
            *log.lock().unwrap(),
            [
                "a started",
                "b started",
                "c started",
                "c stopped",
                "b stopped",
                "a stopped"
            ]
        );
    });
}

#[test]
fn why_a_tree_did_not_start_names_the_child_and_what_it_said_however_deep_it_lies() {
    run(async {
        let (spec, _) = clerk_with(
            "clerk",
            Habits {
                failed_starts: Arc::new(9.into()),
                ..Habits::default()
            },
        );
        let inner = Supervisor::one_for_one("inner").child(spec.shutdown(Shutdown::Brutal));
        let root = Supervisor::one_for_one("root").child(inner);
        let started = Tree::start(root, &Ground::new(Arbiters::current_thread())).await;
        let error = started.err().unwrap().to_string();
        let expected = "the tree `root` did not start: initFailed: child `inner`: initFailed: child `clerk`: initFailed: panic: \
                        no wish to start";
        assert!(error.starts_with(expected), "{error}");
    });
}

#[test]
fn falls_without_number_leave_room_in_the_mailbox_of_the_supervisor() {
    run(async {
        let count = 3_000;
        let (mut root, children) = Supervisor::one_for_one("root")
            .intensity(1_000_000, Duration::from_secs(9))
            .dynamic();
        let mut doers = Vec::new();
        for number in 0..count {
            let (spec, doer) = doer(&format!("doer-{number}"));
            root = root.child(spec);
            doers.push(doer);
        }
        let tree = here(root).await;
        for doer in &doers {
            doer.tell(deed(|_, _| panic!("all at once"))).unwrap();
        }
        // One after the other, while the supervisor hears of the falls, and in between.
        let deletes = (0..100).map(async |number| {
            for _ in 0..number {
                tokio::task::yield_now().await;
            }
            children.delete(&format!("doer-{number}")).await
        });
        let deleted = futures_util::future::join_all(deletes).await;
        assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
        assert_eq!(tree.directory().tree().mailbox.refused, 0);
        assert_eq!(children.counts().specs, count - 100);
        tree.stop().await;
    });
}
