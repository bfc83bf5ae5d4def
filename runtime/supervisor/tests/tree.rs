//! Supervisors start in order, restart by their strategy, give up at their intensity, and stop in reverse.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hedgerow_supervisor::{
    Arbiters, ChildSpec, Exit, Ground, OperateError, Order, Restart, Shutdown, SpecError, StartError,
    Supervisor, Tree,
};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::*;

fn noted(name: &'static str, log: &Arc<Mutex<Vec<String>>>) -> Habits {
    Habits {
        log: Some((name, log.clone())),
        ..Habits::default()
    }
}

#[test]
fn a_nested_tree_starts_in_order_and_stops_in_reverse() {
    run(async {
        let log = Arc::default();
        let (a, _) = clerk_with("a", noted("a", &log));
        let (b, _) = clerk_with(
            "b",
            Habits {
                start_takes: Duration::from_secs(1),
                ..noted("b", &log)
            },
        );
        let (c, _) = clerk_with("c", noted("c", &log));
        let inner = Supervisor::one_for_one("inner").child(b);
        let tree = here(Supervisor::one_for_one("root").child(a).child(inner).child(c)).await;
        assert!(tree.directory().not_ready().is_empty());
        assert!(matches!(tree.stop().await, Exit::Shutdown));
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
fn a_supervisor_that_gives_up_is_restarted_by_its_own_and_brings_its_children_back() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let inner = Supervisor::one_for_one("inner")
            .intensity(1, Duration::from_secs(60))
            .child(spec);
        let tree = here(Supervisor::one_for_one("root").child(inner)).await;
        for _ in 0..2 {
            assert!(clerk.ask(Panic).await.is_err());
        }
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let inner = until(&tree, "inner", ActorState::Running).await;
        let exit = inner.last_exit.unwrap();
        assert_eq!((inner.restarts, exit.reason), (1, "intensityReached"));
        assert!(
            exit.message
                .unwrap()
                .starts_with("more than 1 restarts within 60s; last `clerk`: panic: told to")
        );
        tree.stop().await;
    });
}

#[test]
fn a6_a_root_that_gives_up_says_why() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let tree = here(
            Supervisor::one_for_one("root")
                .intensity(0, Duration::from_secs(1))
                .child(spec),
        )
        .await;
        assert!(clerk.ask(Panic).await.is_err());
        let exit = tree.wait().await;
        assert!(
            matches!(&exit, Exit::IntensityReached(reached) if reached.child == "clerk"),
            "{exit}"
        );
        assert_eq!(tree.directory().tree().state, ActorState::Failed);
        assert_eq!(at(&tree.directory().tree(), &["clerk"]).state, ActorState::Failed);
    });
}

#[test]
fn a5_a_storm_of_restarts_backs_off_and_ends_in_escalation() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let tree = here(
            Supervisor::one_for_one("root")
                .intensity(4, Duration::from_secs(30))
                .child(spec),
        )
        .await;
        let clock = hedgerow_supervisor::Clock::start();
        for _ in 0..5 {
            clerk.tell(Panic).unwrap();
        }
        let exit = tree.wait().await;
        assert_eq!(exit.name(), "intensityReached");
        // At once, then 10, 20 and 40 ms less up to a half.
        assert!(clock.now() >= Duration::from_millis(35), "{:?}", clock.now());
        let restarting = tree.directory().events().since(0);
        assert_eq!(
            restarting
                .iter()
                .filter(|event| event.kind == "childRestarting")
                .count(),
            4
        );
    });
}

#[test]
fn every_mistake_in_a_tree_is_reported_at_once_and_nothing_is_started() {
    run(async {
        let log = Arc::default();
        let (first, _) = clerk_with("twin", noted("twin", &log));
        let (second, _) = clerk("twin");
        let (third, _) = clerk("");
        let inner = Supervisor::one_for_one("inner")
            .intensity(1, Duration::ZERO)
            .child(clerk("x").0.mailbox(0).significant());
        let root = Supervisor::one_for_one("root")
            .child(first)
            .child(second)
            .child(third)
            .child(inner);
        let Err(StartError::Invalid(invalid)) =
            Tree::start(root, &Ground::new(Arbiters::current_thread())).await
        else {
            panic!("a tree with mistakes was started")
        };
        let root = Path::root("root");
        assert_eq!(
            invalid.errors[0],
            SpecError::DuplicateName {
                path: root.child("twin")
            }
        );
        assert_eq!(invalid.errors[1], SpecError::EmptyName { parent: root });
        let said = invalid.to_string();
        assert!(
            said.contains("root/inner/x: it is significant, and permanent"),
            "{said}"
        );
        assert!(said.contains("set the supervisor's auto_shutdown"), "{said}");
        assert_eq!(invalid.errors.len(), 6, "{said}");
        assert!(log.lock().unwrap().is_empty());
    });
}

#[test]
fn a_failed_start_is_rolled_back_in_reverse() {
    run(async {
        let log = Arc::default();
        let (a, _) = clerk_with("a", noted("a", &log));
        let (b, _) = clerk_with("b", noted("b", &log));
        let habits = Habits {
            failed_starts: Arc::new(1.into()),
            ..Habits::default()
        };
        let (c, _) = clerk_with("c", habits);
        let root = Supervisor::one_for_one("root").child(a).child(b).child(c);
        let error = Tree::start(root, &Ground::new(Arbiters::current_thread()))
            .await
            .err()
            .unwrap();
        assert!(error.to_string().starts_with(
            "the tree `root` did not start: initFailed: child `c`: initFailed: panic: no wish to start"
        ));
        assert_eq!(
            *log.lock().unwrap(),
            ["a started", "b started", "b stopped", "a stopped"]
        );
    });
}

#[test]
fn transient_and_temporary_children_stay_down_when_they_should() {
    run(async {
        let (transient, first) = clerk("transient");
        let (temporary, second) = clerk("temporary");
        let root = Supervisor::one_for_one("root")
            .child(transient.restart(Restart::Transient))
            .child(temporary.restart(Restart::Temporary));
        let tree = here(root).await;
        assert!(first.ask(Panic).await.is_err());
        assert_eq!(
            first.ask(Count).await.unwrap(),
            1,
            "after a panic a transient child is back"
        );
        first.ask(Leave).await.unwrap();
        let view = until(&tree, "transient", ActorState::Stopped).await;
        assert_eq!(view.last_exit.unwrap().reason, "normal");
        assert!(second.ask(Panic).await.is_err());
        until(&tree, "temporary", ActorState::Failed).await;
        tree.stop().await;
    });
}

#[test]
fn an_operator_restarts_stops_and_starts_an_actor_and_the_tree_shows_it() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let tree = here(
            Supervisor::one_for_one("root")
                .intensity(0, Duration::from_secs(1))
                .child(spec),
        )
        .await;
        let path = Path::root("root").child("clerk");
        let directory = tree.directory();
        directory.operate(&path, Order::Restart).await.unwrap();
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        assert_eq!(
            until(&tree, "clerk", ActorState::Running).await.restarts,
            1,
            "though the intensity is zero"
        );
        directory.operate(&path, Order::Stop).await.unwrap();
        until(&tree, "clerk", ActorState::Stopped).await;
        directory.operate(&path, Order::Start).await.unwrap();
        until(&tree, "clerk", ActorState::Running).await;
        let nowhere = Path::root("root").child("nobody");
        assert!(matches!(
            directory.operate(&nowhere, Order::Stop).await,
            Err(OperateError::NotFound { path }) if path == nowhere
        ));
        assert!(matches!(
            directory.operate(&Path::root("root"), Order::Stop).await,
            Err(OperateError::Root { .. })
        ));
        tree.stop().await;
    });
}

/// Four clerks in two groups, on threads of the tree's own: each falls and comes back.
async fn fall_and_come_back() {
    let (specs, clerks): (Vec<ChildSpec>, Vec<_>) =
        (0..4).map(|index| clerk(&format!("clerk-{index}"))).unzip();
    let groups = specs
        .into_iter()
        .enumerate()
        .map(|(index, spec)| ChildSpec::from(Supervisor::one_for_one(format!("group-{index}")).child(spec)));
    let (tree, arbiters) = on_threads(Supervisor::one_for_one("root").children(groups)).await;
    for clerk in &clerks {
        assert!(clerk.ask(Panic).await.is_err());
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
    }
    assert!(matches!(tree.stop().await, Exit::Shutdown));
    arbiters.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_lives_on_its_own_threads_under_tokio() {
    fall_and_come_back().await;
}

#[test]
fn a_tree_lives_on_its_own_threads_under_actix() {
    actix_rt::System::new().block_on(fall_and_come_back());
}

#[test]
fn messages_wait_while_a_supervisor_is_restarted_by_its_own() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let (other, fragile) = kit::clerk("fragile");
        let inner = Supervisor::one_for_one("inner")
            .intensity(0, Duration::from_secs(60))
            .child(spec)
            .child(other);
        let tree = here(Supervisor::one_for_one("root").child(inner)).await;
        assert!(fragile.ask(Panic).await.is_err());
        for _ in 0..100 {
            assert!(clerk.tell(Count).is_ok(), "its supervisor is on its way back");
            tokio::task::yield_now().await;
        }
        assert_eq!(clerk.ask(Count).await.unwrap(), 101);
        tree.stop().await;
    });
}

#[test]
fn what_is_said_of_a_supervisor_as_a_child_holds() {
    run(async {
        let inner = ChildSpec::from(Supervisor::one_for_one("inner")).kind("office");
        let tree = here(Supervisor::one_for_one("root").child(inner)).await;
        assert_eq!(tree.directory().tree().children[0].kind, "office");
        tree.stop().await;
    });
}

#[test]
fn a_supervisor_that_would_be_killed_is_a_mistake() {
    run(async {
        for shutdown in [Shutdown::Brutal, Shutdown::Within(Duration::from_secs(3))] {
            let inner = ChildSpec::from(Supervisor::one_for_one("inner")).shutdown(shutdown);
            let root = Supervisor::one_for_one("root").child(inner);
            let started = Tree::start(root, &Ground::new(Arbiters::current_thread())).await;
            let error = started.err().unwrap().to_string();
            assert!(
                error.contains("root/inner: a supervisor is always waited for"),
                "{error}"
            );
        }
    });
}

#[tokio::test]
async fn an_actor_that_takes_its_thread_down_is_back_on_another() {
    let (spec, clerk) = clerk("clerk");
    let inner = Supervisor::one_for_one("inner").child(spec);
    let (tree, arbiters) = on_threads(Supervisor::one_for_one("root").child(inner)).await;
    let _ = clerk.ask(StopTheThread).await;
    assert_eq!(clerk.ask(Count).await.unwrap(), 1);
    assert!(matches!(tree.stop().await, Exit::Shutdown));
    arbiters.shutdown().await;
}

#[tokio::test]
async fn a_tree_keeps_the_threads_that_it_lives_on() {
    let (spec, clerk) = clerk("clerk");
    let tree = {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        Tree::start(
            Supervisor::one_for_one("root").child(spec),
            &Ground::new(arbiters),
        )
        .await
        .unwrap()
    };
    assert_eq!(clerk.ask(Count).await.unwrap(), 1);
    assert!(matches!(tree.stop().await, Exit::Shutdown));
}
