//! What becomes of a child that is added or deleted while its supervisor, its tree, or who waits for it goes.
#![allow(clippy::unwrap_used)]

mod kit;

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use hedgerow_supervisor::{AddError, ChildSpec, Exit, Restart, Shutdown, Supervisor};
use hedgerow_view::tree::ActorState;
use kit::lists::*;
use kit::*;
use tokio::time::sleep;

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
        assert!(
            matches!(added, Err(AddError::Ended { .. } | AddError::Down { .. })),
            "{added:?}"
        );
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
