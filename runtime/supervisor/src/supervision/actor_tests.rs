#![allow(clippy::unwrap_used)]

//! A supervisor that falls, at the worst moments. Nothing outside can make one panic, so these tests are inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix::{Actor, AsyncContext as _, Handler, Message, Running, WrapFuture as _};
use hedgerow_view::tree::ActorState;

use super::SupervisorActor;
use crate::arbiters::Arbiters;
use crate::cell::context::CellContext;
use crate::cell::ending::Shutdown;
use crate::cell::mailbox::Handle;
use crate::exit::Exit;
use crate::supervision::children::{AddError, Children};
use crate::supervision::spec::ChildSpec;
use crate::supervision::step::Input;
use crate::supervision::supervisor::Supervisor;
use crate::tree::{Ground, Tree};

/// Panics in the supervisor, after having done this behind its machine's back.
struct Fall(Box<dyn FnOnce(&mut SupervisorActor) + Send>);

impl Fall {
    fn at_once() -> Self {
        Self::after(|_| {})
    }

    fn after(done: impl FnOnce(&mut SupervisorActor) + Send + 'static) -> Self {
        Self(Box::new(done))
    }
}

impl Message for Fall {
    type Result = ();
}

impl Handler<Fall> for SupervisorActor {
    type Result = ();

    fn handle(&mut self, Fall(done): Fall, _: &mut CellContext<Self>) {
        done(self);
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
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A tree whose supervisor `sub` has three leaves, and the means to make `sub` fall.
async fn tree(intensity: u32, alive: &Arc<AtomicU32>) -> (Tree, Handle<SupervisorActor>) {
    let leaves = ["a", "b", "c"].map(|name| leaf(name, alive));
    let sub = Supervisor::one_for_one("sub").children(leaves);
    let root = Supervisor::one_for_one("root")
        .intensity(intensity, Duration::from_secs(9))
        .child(sub);
    let tree = Tree::start(root, &Ground::new(Arbiters::current_thread()))
        .await
        .unwrap();
    let mut sub = None;
    tree.directory().root.walk(&mut |slot| {
        if slot.path.name() == "a" {
            sub = slot.superior.as_ref().map(|superior| superior.handle.clone());
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
            assert!(sub.ask(Fall::at_once()).await.is_err());
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
        let fall = Fall::after(|sub| sub.site.list.slots()[1].end_unheard(1));
        assert!(sub.ask(fall).await.is_err());
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
        assert!(sub.ask(Fall::at_once()).await.is_err());
        let exit = tree.wait().await;
        assert_eq!(exit.name(), "intensityReached");
        until(|| alive.load(Ordering::SeqCst) == 0).await;
        assert_eq!(tree.directory().tree().state, ActorState::Failed);
    });
}

/// Starts or stops in five virtual seconds.
struct Slow {
    starts: bool,
}

impl Actor for Slow {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        if self.starts {
            context.wait(tokio::time::sleep(Duration::from_secs(5)).into_actor(self));
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        if self.starts {
            Running::Stop
        } else {
            Running::Continue
        }
    }
}

fn slow(starts: bool) -> ChildSpec {
    let (spec, _) = ChildSpec::actor("slow", move || Slow { starts });
    spec.shutdown(Shutdown::Within(Duration::from_secs(5)))
}

/// The names of the children of `sub`, and whether all of the tree is up.
fn shown(tree: &Tree) -> (Vec<String>, bool) {
    let view = tree.directory().tree();
    let children = view.children[0].children.iter();
    let names = children.map(|child| child.path.name().to_owned()).collect();
    (names, tree.directory().not_ready().is_empty())
}

fn children_of_sub(tree: &Tree) -> Children {
    let path = hedgerow_view::Path::root("root").child("sub");
    tree.directory().children(&path).unwrap()
}

#[test]
fn a3_a_child_that_was_being_added_to_a_supervisor_that_falls_is_not_and_who_waits_is_told() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        let children = children_of_sub(&tree);
        let fall = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(sub.ask(Fall::at_once()).await.is_err());
        };
        let (added, ()) = tokio::join!(children.add(slow(true)), fall);
        assert!(
            matches!(
                &added,
                Err(AddError::Ended {
                    exit: Exit::Shutdown,
                    ..
                })
            ),
            "{added:?}"
        );
        until(|| shown(&tree).1).await;
        assert_eq!(shown(&tree).0, ["a", "b", "c"]);
        tree.stop().await;
    });
}

#[test]
fn a3_a_child_that_was_being_deleted_by_a_supervisor_that_falls_goes_and_who_waits_is_told() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        let children = children_of_sub(&tree);
        children.add(slow(false)).await.unwrap();
        let fall = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(sub.ask(Fall::at_once()).await.is_err());
        };
        let (deleted, ()) = tokio::join!(children.delete("slow"), fall);
        assert_eq!(deleted, Ok(()));
        until(|| shown(&tree).1).await;
        assert_eq!(shown(&tree).0, ["a", "b", "c"]);
        tree.stop().await;
    });
}

#[test]
fn a3_a_removal_that_was_lost_in_the_fall_is_made_good() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        let (answer, removed) = tokio::sync::oneshot::channel();
        let fall = Fall::after(move |sub| {
            let child = sub.site.list.named("b").unwrap();
            sub.site.list.await_removal(child, answer);
            let exited = Input::Exited {
                child,
                incarnation: 1,
                exit: Exit::Shutdown,
            };
            // What the machine orders is lost.
            sub.machine().on(Input::Delete { child }, Duration::ZERO);
            sub.machine().on(exited, Duration::ZERO);
        });
        assert!(sub.ask(fall).await.is_err());
        assert!(matches!(removed.await, Ok(Ok(()))));
        until(|| shown(&tree).1).await;
        assert_eq!(shown(&tree).0, ["a", "c"]);
        children_of_sub(&tree).add(leaf("b", &alive)).await.unwrap();
        assert_eq!(shown(&tree).0, ["a", "c", "b"]);
        tree.stop().await;
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a3_who_waits_for_what_a_supervisor_fell_before_it_began_is_told_that_it_fell() {
    run(async {
        let alive = Arc::new(AtomicU32::new(0));
        let (tree, sub) = tree(5, &alive).await;
        let (start, started) = tokio::sync::oneshot::channel();
        let (removal, removed) = tokio::sync::oneshot::channel();
        let fall = Fall::after(move |sub| {
            let child = sub.site.list.named("b").unwrap();
            sub.site.list.await_start(child, start);
            sub.site.list.await_removal(child, removal);
        });
        assert!(sub.ask(fall).await.is_err());
        assert!(started.await.is_err());
        assert!(removed.await.is_err());
        until(|| shown(&tree).1).await;
        assert_eq!(shown(&tree).0, ["a", "b", "c"]);
        tree.stop().await;
    });
}
