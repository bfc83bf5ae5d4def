//! Children are deleted, and what happens to those that come and go while their supervisor goes itself.
#![allow(clippy::unwrap_used)]

mod kit;

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::Duration;

use hedgerow_supervisor::{
    AddError, ChildSpec, Children, Clock, DeleteError, Exit, OperateError, Order, Restart, SendError,
    Shutdown, Supervisor, Tree,
};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::*;
use tokio::time::sleep;

/// A tree of one supervisor with this clerk, and the means to delete it.
async fn tree_of(spec: ChildSpec) -> (Tree, Children) {
    let (root, children) = Supervisor::one_for_one("root").child(spec).dynamic();
    (here(root).await, children)
}

fn ignores_stop() -> Habits {
    Habits {
        ignores_stop: true,
        ..Habits::default()
    }
}

/// Dead once no value of the clerk and nothing that could make one is left.
type Trace = Weak<std::sync::atomic::AtomicU32>;

fn trace(habits: &Habits) -> Trace {
    Arc::downgrade(&habits.failed_starts)
}

/// Lets everything happen that can happen now.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

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
fn a_supervisor_that_is_stopping_takes_no_child_but_deletes() {
    run(async {
        let (slow, _) = clerk_with("slow", ignores_stop());
        let (tree, children) = tree_of(clerk("other").0).await;
        children
            .add(slow.shutdown(Shutdown::Within(Duration::from_secs(3))))
            .await
            .unwrap();
        let meanwhile = async {
            sleep(Duration::from_secs(1)).await;
            let refused = children.add(clerk("late").0).await;
            assert!(matches!(&refused, Err(AddError::Stopping { .. })), "{refused:?}");
            children.delete("other").await.unwrap();
        };
        let (exit, ()) = tokio::join!(tree.stop(), meanwhile);
        assert!(matches!(exit, Exit::Shutdown));
        assert_eq!(children.counts().specs, 1);
        let late = children.add(clerk("late").0).await;
        assert!(matches!(late, Err(AddError::Down { .. })), "{late:?}");
    });
}

#[test]
fn a12_a_child_that_is_added_while_the_tree_stops_has_one_outcome_and_leaves_nothing() {
    let mut outcomes = [0, 0];
    for turns in 0..40 {
        run(async {
            let habits = Habits::default();
            let trace = trace(&habits);
            let (inner, children) = Supervisor::one_for_one("inner").child(clerk("other").0).dynamic();
            let tree = here(Supervisor::one_for_one("root").child(inner)).await;
            let add = async {
                for _ in 0..turns / 2 {
                    tokio::task::yield_now().await;
                }
                children.add(clerk_with("late", habits).0).await
            };
            // Half of the times the tree has the start.
            let stop = async {
                if turns % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                tree.stop().await
            };
            let (added, exit) = tokio::join!(add, stop);
            assert!(matches!(exit, Exit::Shutdown), "{exit}");
            outcomes[usize::from(added.is_ok())] += 1;
            settle().await;
            assert!(trace.upgrade().is_none(), "after {turns} turns: {added:?}");
        });
    }
    assert!(outcomes.iter().all(|times| *times > 0), "{outcomes:?}");
}

#[test]
fn a_tree_that_is_let_go_tells_who_waits_and_leaves_nothing() {
    run(async {
        let habits = Habits {
            start_takes: Duration::from_secs(9),
            ..Habits::default()
        };
        let trace = trace(&habits);
        let (tree, children) = tree_of(clerk("other").0).await;
        let (added, ()) = tokio::join!(children.add(clerk_with("late", habits).0), async move {
            sleep(Duration::from_secs(1)).await;
            drop(tree);
        });
        assert!(added.is_err());
        settle().await;
        assert!(trace.upgrade().is_none());
    });
}

#[test]
fn who_waits_for_a_supervisor_that_is_killed_is_told() {
    run(async {
        let (old, _) = clerk_with("old", ignores_stop());
        let (inner, children) = Supervisor::one_for_one("inner")
            .child(old.shutdown(Shutdown::Infinity))
            .dynamic();
        let inner = ChildSpec::from(inner).shutdown(Shutdown::Within(Duration::from_secs(1)));
        let (tree, root) = tree_of(inner).await;
        let never = Habits {
            start_takes: Duration::from_secs(9),
            ..ignores_stop()
        };
        let (new, _) = clerk_with("new", never);
        let kill = async {
            settle().await;
            root.delete("inner").await
        };
        let (added, deleted, killed) = tokio::join!(
            children.add(new.shutdown(Shutdown::Infinity)),
            children.delete("old"),
            kill
        );
        assert!(matches!(added, Err(AddError::Down { .. })), "{added:?}");
        assert!(matches!(deleted, Err(DeleteError::Down { .. })), "{deleted:?}");
        assert_eq!(killed, Ok(()));
        tree.stop().await;
    });
}

#[test]
fn the_children_of_a_supervisor_that_is_deleted_by_force_take_no_more_messages() {
    run(async {
        let (spec, clerk) = clerk_with("clerk", ignores_stop());
        let inner = Supervisor::one_for_one("inner").child(spec);
        let (tree, root) = tree_of(ChildSpec::from(inner).shutdown(Shutdown::Brutal)).await;
        root.delete("inner").await.unwrap();
        assert_eq!(
            clerk.state(),
            ActorState::Stopped,
            "though it may not have noticed yet"
        );
        assert!(clerk.tell(Count).is_err());
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
        assert_eq!(ordered, Err(OperateError::NotFound { path }));
        tree.stop().await;
    });
}

#[test]
fn nothing_is_added_any_more_to_a_tree_that_was_let_go() {
    run(async {
        let habits = Habits::default();
        let trace = trace(&habits);
        let (inner, children) = Supervisor::one_for_one("inner").dynamic();
        let last = clerk_with("last", ignores_stop()).0;
        let tree = here(Supervisor::one_for_one("root").child(inner).child(last)).await;
        drop(tree);
        settle().await;
        // Its turn to stop has not come.
        let added = children.add(clerk_with("late", habits).0).await;
        assert!(matches!(added, Err(AddError::Ended { .. })), "{added:?}");
        sleep(Duration::from_secs(9)).await;
        assert!(trace.upgrade().is_none());
    });
}

#[test]
fn who_stops_waiting_before_the_turn_of_his_child_has_nothing_added() {
    run(async {
        let (tree, children) = tree_of(clerk("other").0).await;
        let mut context = Context::from_waker(Waker::noop());
        {
            let (spec, _) = clerk_with(
                "dropped",
                Habits {
                    panics_in_drop: true,
                    ..Habits::default()
                },
            );
            assert!(pin!(children.add(spec)).poll(&mut context).is_pending());
        }
        settle().await;
        assert_eq!(children.counts().specs, 1);
        {
            let mut adding = pin!(children.add(clerk("kept").0.restart(Restart::Transient)));
            assert!(adding.as_mut().poll(&mut context).is_pending());
            settle().await;
        }
        assert_eq!(children.counts().active, 2, "it had been added by then");
        tree.stop().await;
    });
}

/// A spec that panics when it is dropped unused.
struct Grudge;

impl Drop for Grudge {
    fn drop(&mut self) {
        panic!("no wish to be forgotten");
    }
}

#[test]
fn a_spec_that_panics_when_it_is_dropped_unused_costs_no_supervisor() {
    run(async {
        let (tree, children) = tree_of(clerk("other").0).await;
        let grudge = Grudge;
        let (spec, _) = ChildSpec::actor("grudge", move || {
            let _ = &grudge;
            Clerk::default()
        });
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(children.add(spec)).poll(&mut context).is_pending());
        settle().await;
        let view = tree.directory().tree();
        assert_eq!((view.restarts, view.state), (0, ActorState::Running));
        children.add(clerk("next").0).await.unwrap();
        tree.stop().await;
    });
}
