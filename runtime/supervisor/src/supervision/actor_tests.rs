#![allow(clippy::unwrap_used)]

//! A supervisor that falls, at the worst moments. Nothing outside can make one panic, so these tests are inside.

use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow_view::tree::ActorState;

use super::*;
use crate::arbiters::Arbiters;
use crate::supervision::spec::Supervisor;
use crate::tree::{Ground, Tree};

/// Panics in the supervisor, after having ordered its child with this number to stop behind its machine's back.
struct Fall {
    after_stopping: Option<usize>,
}

impl Message for Fall {
    type Result = ();
}

impl Handler<Fall> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, fall: Fall, _: &mut CellContext<Self>) {
        if let Some(child) = fall.after_stopping {
            // As if the child had ended, and the message that says so were the one in hand.
            self.children[child].end_unheard(1);
        }
        panic!("a supervisor falls");
    }
}

struct Leaf {
    alive: Arc<AtomicU32>,
}

impl Actor for Leaf {
    type Context = CellContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.alive.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

fn leaf(name: &str, alive: &Arc<AtomicU32>) -> ChildSpec {
    let alive = alive.clone();
    ChildSpec::actor(name, move || Leaf { alive: alive.clone() }).0
}

fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, body);
}

/// Looks again and again, a virtual millisecond apart, so that back-offs pass.
async fn until(reached: impl Fn() -> bool) {
    while !reached() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// A tree whose supervisor `sub` has three leaves, and the means to make `sub` fall.
async fn tree(intensity: u32, alive: &Arc<AtomicU32>) -> (Tree, Handle<SupervisorActor>) {
    let leaves = ["a", "b", "c"].map(|name| leaf(name, alive));
    let sub = Supervisor::one_for_one("sub").children(leaves);
    let root = Supervisor::one_for_one("root")
        .intensity(intensity, std::time::Duration::from_secs(9))
        .child(sub);
    let tree = Tree::start(root, &Ground::new(Arbiters::current_thread()))
        .await
        .unwrap();
    let mut sub = None;
    tree.directory().root.walk(&mut |slot| {
        if slot.path.name() == "a" {
            sub = slot.keeper.as_ref().map(|keeper| keeper.handle.clone());
        }
    });
    (tree, sub.unwrap())
}

#[test]
fn a3_a_supervisor_that_falls_is_restarted_and_brings_all_its_children_back_once() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        for restarts in 1..=3 {
            assert!(sub.ask(Fall { after_stopping: None }).await.is_err());
            until(|| tree.directory().tree().children[0].restarts == restarts).await;
            until(|| tree.directory().not_ready().is_empty()).await;
            assert_eq!(alive.load(Ordering::SeqCst), 3);
        }
        tree.stop().await;
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a3_an_exit_whose_notice_was_lost_in_the_fall_is_not_waited_for() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        assert!(
            sub.ask(Fall {
                after_stopping: Some(1)
            })
            .await
            .is_err()
        );
        until(|| tree.directory().tree().children[0].restarts == 1).await;
        until(|| tree.directory().not_ready().is_empty()).await;
        tree.stop().await;
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a3_a_supervisor_that_falls_and_is_not_started_again_leaves_no_orphans() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(0, &alive).await;
        assert!(sub.ask(Fall { after_stopping: None }).await.is_err());
        let exit = tree.wait().await;
        assert_eq!(exit.name(), "intensityReached");
        until(|| alive.load(Ordering::SeqCst) == 0).await;
        assert_eq!(tree.directory().tree().state, ActorState::Failed);
    });
}
