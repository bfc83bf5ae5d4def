//! However a tree ends, nobody is left behind, and nobody waits for ever.
#![allow(clippy::unwrap_used)]

mod kit;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use actix::{ActorContext as _, AsyncContext as _, WrapFuture as _};
use hedgerow_supervisor::{
    Arbiters, AskError, ChildSpec, Ground, Handle, Inspect, SendError, Supervisor, Tree,
};
use hedgerow_view::{Path, View};
use kit::doer::*;
use kit::*;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Longer than anything may take.
const LONG: Duration = Duration::from_secs(60);

/// Ends when nobody is left who holds a part of it.
type Traces = mpsc::Receiver<()>;

fn traced(name: &str, trace: &mpsc::Sender<()>) -> (ChildSpec, Handle<Doer>) {
    let trace = trace.clone();
    ChildSpec::actor(name, move || Doer {
        traces: vec![trace.clone()],
        ..Doer::fresh()
    })
}

/// Two groups of two actors, one of which is busy for ever in its context.
fn traced_tree() -> (Supervisor, Vec<Handle<Doer>>, Traces) {
    let (trace, traces) = mpsc::channel(1);
    let mut root = Supervisor::one_for_one("root");
    let mut doers = Vec::new();
    for group in ["east", "west"] {
        let (first, one) = traced("first", &trace);
        let (second, two) = traced("second", &trace);
        root = root.child(Supervisor::one_for_one(group).child(first).child(second));
        doers.extend([one, two]);
    }
    (root, doers, traces)
}

async fn gone(mut traces: Traces) {
    let closed = timeout(LONG, traces.recv()).await;
    assert!(
        closed
            .expect("every actor and every factory is dropped")
            .is_none()
    );
}

async fn all_are_stopped(doers: &[Handle<Doer>]) {
    for doer in doers {
        assert!(matches!(doer.tell(deed(|_, _| ())), Err(SendError::Stopped(_))));
        assert!(matches!(
            doer.ask(deed(|_, _| ())).await,
            Err(AskError::Stopped(_))
        ));
    }
}

async fn all_answer(doers: &[Handle<Doer>]) {
    for doer in doers {
        assert_eq!(doer.ask(deed(|_, _| 1)).await.unwrap(), 1);
    }
}

#[test]
fn a_tree_that_is_dropped_on_the_current_thread_leaves_nobody_behind() {
    run(async {
        let (root, doers, traces) = traced_tree();
        let tree = here(root).await;
        all_answer(&doers).await;
        drop(tree);
        gone(traces).await;
        all_are_stopped(&doers).await;
    });
}

/// Shows nothing, and is there for as long as its place.
struct Plain;

impl Inspect for Plain {
    fn view(&self, _: &Path) -> View {
        View::Plain
    }
}

#[tokio::test]
async fn a_tree_that_was_stopped_or_dropped_gives_up_its_places_and_its_threads() {
    for is_stopped in [true, false] {
        let place = Arc::new(Plain);
        let (spec, doer) = doer("doer");
        let group = Supervisor::one_for_one("group").child(spec.inspect(place.clone()));
        let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
        let tree = Tree::start(
            Supervisor::one_for_one("root").child(group),
            &Ground::new(arbiters),
        )
        .await;
        let tree = tree.unwrap();
        let place = Arc::downgrade(&{ place });
        let (trace, mut traces) = mpsc::channel::<()>(1);
        let of_the_thread = doer.ask(deed(move |_, _| {
            thread_local!(static KEPT: Mutex<Vec<mpsc::Sender<()>>> = const { Mutex::new(Vec::new()) });
            KEPT.with(|kept| kept.lock().unwrap().push(trace));
        }));
        of_the_thread.await.unwrap();
        if is_stopped {
            tree.stop().await;
        }
        drop((tree, doer));
        let thread_is_gone = timeout(LONG, traces.recv()).await.expect("the thread ends");
        assert_eq!(thread_is_gone, None);
        assert!(place.upgrade().is_none());
    }
}

#[tokio::test]
async fn a_tree_that_is_dropped_leaves_nobody_behind_on_threads_that_live_on() {
    let (root, doers, traces) = traced_tree();
    let (tree, arbiters) = on_threads(root).await;
    all_answer(&doers).await;
    drop(tree);
    gone(traces).await;
    all_are_stopped(&doers).await;
    arbiters.shutdown().await;
}

#[tokio::test]
async fn a_tree_that_is_dropped_with_its_threads_leaves_nobody_behind() {
    let (root, doers, traces) = traced_tree();
    let (tree, arbiters) = on_threads(root).await;
    drop(arbiters);
    all_answer(&doers).await;
    drop(tree);
    gone(traces).await;
    all_are_stopped(&doers).await;
}

#[test]
fn a_tree_that_is_dropped_while_it_starts_leaves_nobody_behind() {
    run(async {
        let (trace, traces) = mpsc::channel(1);
        let (first, one) = traced("first", &trace);
        let (second, two) = traced("second", &trace);
        drop(trace);
        let (slow, _) = clerk_with(
            "slow",
            Habits {
                start_takes: Duration::from_secs(1),
                ..Habits::default()
            },
        );
        let root = Supervisor::one_for_one("root")
            .child(first)
            .child(slow)
            .child(second);
        let ground = Ground::new(Arbiters::current_thread());
        let started = timeout(Duration::from_millis(10), Tree::start(root, &ground)).await;
        assert!(started.is_err(), "its start is given up");
        gone(traces).await;
        all_are_stopped(&[one, two]).await;
    });
}

#[test]
fn a_tree_may_be_dropped_by_one_of_its_own_actors() {
    run(async {
        let (root, doers, traces) = traced_tree();
        let tree = here(root).await;
        doers[2].tell(deed(move |_, _| drop(tree))).unwrap();
        gone(traces).await;
        all_are_stopped(&doers).await;
    });
}

#[test]
fn a_tree_may_be_dropped_before_a_supervisor_has_heard_that_its_child_is_down() {
    run(async {
        let (root, doers, traces) = traced_tree();
        let tree = here(root).await;
        let other = doers[3].clone();
        // The other one's turn comes before that of the supervisor.
        let leave = deed(move |_, context: &mut Ctx| {
            other.tell(deed(move |_, _| drop(tree))).unwrap();
            context.stop();
        });
        doers[2].tell(leave).unwrap();
        gone(traces).await;
        all_are_stopped(&doers).await;
    });
}

#[tokio::test]
async fn a_tree_on_threads_may_be_dropped_by_one_of_its_own_actors() {
    let (root, doers, traces) = traced_tree();
    let (tree, arbiters) = on_threads(root).await;
    drop(arbiters);
    doers[2].tell(deed(move |_, _| drop(tree))).unwrap();
    gone(traces).await;
    all_are_stopped(&doers).await;
}

#[test]
fn an_actor_that_stops_its_tree_and_waits_for_that_is_stopped_too() {
    run(async {
        for waits in [false, true] {
            let (root, doers, traces) = traced_tree();
            let tree = Arc::new(here(root).await);
            let stopped = tree.clone();
            let stop = deed(move |doer: &mut Doer, context: &mut Ctx| {
                let stop = async move { drop(stopped.stop().await) }.into_actor(doer);
                if waits {
                    context.wait(stop);
                } else {
                    context.spawn(stop);
                }
            });
            doers[0].tell(stop).unwrap();
            let exit = timeout(LONG, tree.wait()).await.expect("it ends");
            assert_eq!(exit.name(), "shutdown");
            assert_eq!(
                tree.stop().await.name(),
                "shutdown",
                "stopped again, it has stopped"
            );
            gone(traces).await;
            all_are_stopped(&doers).await;
        }
    });
}

#[test]
fn a_handler_that_drops_the_last_handle_to_its_actor_harms_nobody() {
    run(async {
        let (tree, doer) = one_doer().await;
        let (done, was_done) = oneshot::channel();
        let own = Arc::new(Mutex::new(None));
        let last = own.clone();
        let drop_it = deed(move |_, _| {
            drop(last.lock().unwrap().take());
            done.send(()).unwrap();
        });
        doer.tell(drop_it).unwrap();
        *own.lock().unwrap() = Some(doer);
        was_done.await.unwrap();
        assert!(tree.directory().not_ready().is_empty());
        assert_eq!(tree.stop().await.name(), "shutdown");
    });
}

/// Counts when it is dropped, handled or not.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn what_threads_send_while_everything_is_closed_is_handled_or_dropped_or_comes_back() {
    const EACH: usize = 2_000;
    for round in 0..5 {
        let (spec, doer) = doer("doer");
        let spec = spec.mailbox(10_000);
        let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
        let root = Supervisor::one_for_one("root").child(spec);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let gone = Arc::<AtomicUsize>::default();
        let begin = Arc::new(Barrier::new(4));
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (doer, gone, begin) = (doer.clone(), gone.clone(), begin.clone());
                thread::spawn(move || {
                    begin.wait();
                    let mut stopped = 0;
                    for _ in 0..EACH {
                        let counted = Counted(gone.clone());
                        match doer.tell(deed(move |_, _| drop(counted))) {
                            Ok(()) => assert_eq!(stopped, 0, "closed is closed"),
                            Err(SendError::Stopped(_)) => stopped += 1,
                            Err(SendError::Overloaded(_)) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        if round % 2 == 0 {
            tree.stop().await;
        } else {
            drop(tree);
        }
        for sender in senders {
            sender.join().unwrap();
        }
        arbiters.shutdown().await;
        drop(doer);
        assert_eq!(gone.load(Ordering::SeqCst), 4 * EACH);
    }
}

#[tokio::test]
async fn a_tree_is_not_started_on_threads_that_are_gone() {
    let (root, doers, traces) = traced_tree();
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
    arbiters.shutdown().await;
    let started = timeout(LONG, Tree::start(root, &Ground::new(arbiters))).await;
    let error = started.expect("it does not hang").err().unwrap();
    assert!(error.to_string().contains("lost: its thread ended"), "{error}");
    gone(traces).await;
    all_are_stopped(&doers).await;
}
