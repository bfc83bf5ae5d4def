//! Ten thousand children that come and go.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::{Children, Counts, Supervisor, Tree};
use hedgerow_view::tree::ActorState;
use kit::*;
use tokio::time::sleep;

/// How many messages the supervisor at the root has handled: what it did is counted in its turns, so no clock is read.
fn turns(tree: &Tree) -> u64 {
    tree.directory().tree().mailbox.handled
}

fn running(workers: usize) -> Counts {
    Counts {
        specs: workers,
        active: workers,
        supervisors: 0,
        workers,
    }
}

async fn empty() -> (Tree, Children) {
    let (root, children) = Supervisor::one_for_one("root")
        .intensity(u32::MAX, Duration::from_secs(1))
        .dynamic();
    (here(root).await, children)
}

/// The turns that it takes to add so many children, and to delete them again, in the order in which they were added.
async fn come_and_go(many: usize) -> [u64; 2] {
    let (tree, children) = empty().await;
    let token = Arc::new(0.into());
    let habits = Habits {
        failed_starts: Arc::clone(&token),
        ..Habits::default()
    };
    let before = turns(&tree);
    for index in 0..many {
        let (spec, _) = clerk_with(&format!("clerk-{index}"), habits.clone());
        children.add(spec).await.unwrap();
    }
    assert_eq!(children.counts(), running(many));
    // The test's two, and of each child the factory's and the value's.
    assert_eq!(Arc::strong_count(&token), 2 + 2 * many);
    let added = turns(&tree);
    for index in 0..many {
        children.delete(&format!("clerk-{index}")).await.unwrap();
    }
    assert_eq!(children.counts(), running(0));
    let deleted = turns(&tree);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(
        Arc::strong_count(&token),
        2,
        "no value, no factory and no cell is left"
    );
    tree.stop().await;
    [added - before, deleted - added]
}

#[test]
fn a13_ten_thousand_children_come_and_go_at_the_cost_of_ten_times_a_thousand() {
    run(async {
        let (few, many) = (come_and_go(1_000).await, come_and_go(10_000).await);
        assert_eq!(many, few.map(|turns| 10 * turns));
        assert_eq!(few, [2_000, 2_000], "an order and a report for each");
    });
}

#[test]
fn a13_ten_thousand_children_that_fall_together_are_all_back() {
    run(async {
        const MANY: usize = 10_000;
        let (tree, children) = empty().await;
        let mut clerks = Vec::with_capacity(MANY);
        for index in 0..MANY {
            let (spec, clerk) = clerk(&format!("clerk-{index}"));
            children.add(spec).await.unwrap();
            clerks.push(clerk);
        }
        // The first restart is immediate, the second waits.
        for _ in 0..2 {
            for clerk in &clerks {
                clerk.tell(Leave).unwrap();
            }
        }
        sleep(Duration::from_millis(11)).await;
        assert_eq!(children.counts(), running(MANY));
        let view = tree.directory().tree();
        assert!(
            view.children
                .iter()
                .all(|child| child.restarts == 2 && child.state == ActorState::Running)
        );
        tree.stop().await;
        let counts = Counts {
            active: 0,
            ..running(MANY)
        };
        assert_eq!(children.counts(), counts);
    });
}
