//! A thread that is held up, or ends, costs what lives on it, and nobody else.
#![allow(clippy::unwrap_used)]

mod kit;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::{self, ThreadId};
use std::time::Duration;

use actix::AsyncContext as _;
use hedgerow_supervisor::{Arbiters, AskError, ChildSpec, Ground, Handle, Order, Supervisor, Tree};
use hedgerow_view::tree::ActorState;
use hedgerow_view::{Event, Path};
use kit::doer::*;
use kit::*;
use tokio::sync::broadcast::Receiver;

/// A group on each of two threads: `west` with the root, `east` and `north` on the other one.
struct Compass {
    root: Supervisor,
    east: Handle<Doer>,
    west: Handle<Doer>,
    north: Handle<Doer>,
}

fn compass() -> Compass {
    let group = |name: &str| {
        let (spec, doer) = doer("doer");
        (ChildSpec::from(Supervisor::one_for_one(name).child(spec)), doer)
    };
    let (east, west, north) = (group("east"), group("west"), group("north"));
    Compass {
        root: Supervisor::one_for_one("root")
            .child(east.0)
            .child(west.0)
            .child(north.0),
        east: east.1,
        west: west.1,
        north: north.1,
    }
}

async fn thread_of(doer: &Handle<Doer>) -> ThreadId {
    doer.ask(deed(|_, _| thread::current().id())).await.unwrap()
}

/// The events of one tree, as they come.
struct Told(Receiver<Arc<Event>>);

impl Told {
    fn by(tree: &Tree) -> Self {
        let (_, live) = tree.directory().events().follow(0);
        Self(live)
    }

    /// Waits for the next event of this kind at this path, and returns its cause.
    async fn next(&mut self, kind: &str, path: &Path) -> String {
        loop {
            let event = self.0.recv().await.unwrap();
            if event.kind == kind && event.path == *path {
                return event.cause.clone();
            }
        }
    }
}

fn group(name: &str) -> Path {
    Path::root("root").child(name)
}

/// Blocks an actor with what `block` makes, and looks at it and around it until the second part of that ends it.
async fn hold_up(block: impl FnOnce() -> (Do<u32>, Box<dyn FnOnce()>)) {
    let Compass {
        root,
        east,
        west,
        north,
    } = compass();
    let (tree, arbiters) = on_threads(root).await;
    let (near, far) = (thread_of(&west).await, thread_of(&east).await);
    assert_ne!(near, far);
    assert_eq!(thread_of(&north).await, far);
    let (mut told, directory) = (Told::by(&tree), tree.directory());
    directory.operate(&group("north"), Order::Stop).await.unwrap();
    until(&tree, "north", ActorState::Stopped).await;

    let (blocking, end) = block();
    let mut answer = std::pin::pin!(east.ask_within(Duration::from_secs(60), blocking));
    let path = group("east").child("doer");
    let cause = told.next("actorBlocked", &path).await;
    assert!(cause.contains("Do<u32>"), "the handler is named: {cause}");
    let shown = at(&directory.tree(), &["east", "doer"]).blocked.clone().unwrap();
    assert!(shown.step.contains("Do<u32>") && shown.for_ms >= 500, "{shown:?}");
    assert_eq!(at(&directory.tree(), &["west", "doer"]).blocked, None);

    assert_eq!(thread_of(&west).await, near, "the other thread serves");
    let late = east.ask_within(Duration::from_millis(1), deed(|_, _| ())).await;
    assert!(
        matches!(late, Err(AskError::Deadline { message: Some(_), .. })),
        "{late:?}"
    );
    directory.operate(&group("north"), Order::Start).await.unwrap();
    until(&tree, "north", ActorState::Running).await;
    assert_eq!(
        thread_of(&north).await,
        near,
        "what starts meanwhile starts where it can"
    );

    end();
    assert_eq!(answer.as_mut().await.unwrap(), 7);
    told.next("actorFreed", &path).await;
    assert_eq!(at(&directory.tree(), &["east", "doer"]).blocked, None);
    assert_eq!(thread_of(&east).await, far);
    assert_eq!(tree.stop().await.name(), "shutdown");
    arbiters.shutdown().await;
}

#[tokio::test]
async fn a8_an_actor_that_blocks_its_thread_is_named_and_the_other_thread_takes_what_starts() {
    hold_up(|| {
        let (end, ended) = sync_channel::<()>(1);
        let block = deed(move |_, _| {
            ended.recv().unwrap();
            7
        });
        (block, Box::new(move || end.send(()).unwrap()))
    })
    .await;
}

#[tokio::test]
async fn a9_an_actor_in_an_endless_loop_is_named_and_the_other_thread_takes_what_starts() {
    hold_up(|| {
        let over = Arc::<AtomicBool>::default();
        let seen = over.clone();
        let block = deed(move |_, _| {
            while !seen.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            7
        });
        (block, Box::new(move || over.store(true, Ordering::Relaxed)))
    })
    .await;
}

#[tokio::test]
async fn a8_what_an_actor_has_spawned_is_not_taken_for_the_message_before_it() {
    let (spec, doer) = doer("doer");
    let (tree, arbiters) = on_threads(Supervisor::one_for_one("root").child(spec)).await;
    let mut told = Told::by(&tree);
    let (end, ended) = sync_channel::<()>(1);
    let block = deed(move |_, context: &mut Ctx| {
        context.spawn(actix::fut::wrap_future::<_, Doer>(async move {
            ended.recv().unwrap()
        }));
    });
    doer.tell(block).unwrap();
    let path = group("doer");
    let cause = told.next("actorBlocked", &path).await;
    assert!(cause.starts_with("in `turn`"), "{cause}");
    end.send(()).unwrap();
    told.next("actorFreed", &path).await;
    tree.stop().await;
    arbiters.shutdown().await;
}

#[tokio::test]
async fn a8_of_two_trees_on_the_same_threads_only_the_one_that_blocks_is_told() {
    let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN).unwrap());
    let ((first, doer), (second, _other)) = (doer("doer"), doer("doer"));
    let blocking = Tree::start(Supervisor::one_for_one("root").child(first), &ground)
        .await
        .unwrap();
    let beside = Ground {
        events: Ground::new(ground.arbiters.clone()).events,
        ..ground.clone()
    };
    let quiet = Tree::start(Supervisor::one_for_one("root").child(second), &beside)
        .await
        .unwrap();
    let mut told = Told::by(&blocking);
    let (end, ended) = sync_channel::<()>(1);
    doer.tell(deed(move |_, _| ended.recv().unwrap())).unwrap();
    told.next("actorBlocked", &group("doer")).await;
    end.send(()).unwrap();
    told.next("actorFreed", &group("doer")).await;
    let count = |tree: &Tree, kind| {
        let events = tree.directory().events().since(0);
        events.iter().filter(|event| event.kind == kind).count()
    };
    for kind in ["actorBlocked", "actorFreed"] {
        assert_eq!((count(&blocking, kind), count(&quiet, kind)), (1, 0), "{kind}");
    }
    blocking.stop().await;
    quiet.stop().await;
    ground.arbiters.shutdown().await;
}

#[tokio::test]
async fn a8_a_drop_that_blocks_its_thread_is_named() {
    struct Stuck(std::sync::mpsc::Receiver<()>);
    impl Drop for Stuck {
        fn drop(&mut self) {
            self.0.recv().unwrap();
        }
    }
    let (spec, doer) = doer("doer");
    let (tree, arbiters) = on_threads(Supervisor::one_for_one("root").child(spec)).await;
    let mut told = Told::by(&tree);
    let (end, ended) = sync_channel::<()>(1);
    let stuck = Stuck(ended);
    doer.tell(deed(move |_, context: &mut Ctx| {
        context.spawn(actix::fut::wrap_future::<_, Doer>(async move {
            let _stuck = stuck;
            std::future::pending::<()>().await;
        }));
        context.fail(std::io::Error::other("over"));
    }))
    .unwrap();
    let cause = told.next("actorBlocked", &group("doer")).await;
    assert!(cause.starts_with("in `drop`"), "{cause}");
    end.send(()).unwrap();
    told.next("actorFreed", &group("doer")).await;
    tree.stop().await;
    arbiters.shutdown().await;
}

fn end_thread() -> Do {
    deed(|_, _| assert!(actix_rt::Arbiter::current().stop()))
}

#[tokio::test]
async fn when_the_only_thread_ends_the_tree_ends_and_whoever_asks_is_told() {
    let (spec, doer) = doer("doer");
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
    let root = Supervisor::one_for_one("root").child(Supervisor::one_for_one("inner").child(spec));
    let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
    doer.tell(end_thread()).unwrap();
    assert_eq!(tree.wait().await.name(), "lost");
    assert_eq!(tree.directory().tree().state, ActorState::Failed);
    let asked = doer.ask(deed(|_, _| ())).await;
    assert!(matches!(asked, Err(AskError::Stopped(_))), "{asked:?}");
    assert_eq!(tree.stop().await.name(), "lost");
    arbiters.shutdown().await;
}

#[tokio::test]
async fn when_all_threads_end_at_once_the_tree_ends_and_whoever_waits_is_told() {
    let Compass { root, east, west, .. } = compass();
    let (tree, arbiters) = on_threads(root).await;
    let waiting: Vec<_> = [&east, &west]
        .into_iter()
        .map(|doer| {
            doer.tell(hold(std::future::pending())).unwrap();
            doer.ask(deed(|_, _| ()))
        })
        .collect();
    // The threads go as they would with the process.
    arbiters.shutdown().await;
    assert_eq!(tree.wait().await.name(), "lost");
    for waiting in waiting {
        let answered = waiting.await;
        // The thread that ends first leaves its actors to the other one, for as long as that lives.
        assert!(
            matches!(answered, Ok(()) | Err(AskError::Stopped(_))),
            "{answered:?}"
        );
    }
    assert_eq!(tree.stop().await.name(), "lost");
}

/// Waits for the event that says that a child went with its thread.
async fn until_lost(tree: &Tree) {
    let (past, mut live) = tree.directory().events().follow(0);
    let is_lost = |event: &Event| event.kind == "childExited" && event.cause.starts_with("lost");
    let mut found = past.iter().any(|event| is_lost(event));
    while !found {
        found = is_lost(&live.recv().await.unwrap());
    }
}

#[tokio::test]
async fn a_supervisor_whose_thread_ends_is_restarted_on_a_living_one_with_all_its_children_and_their_messages()
 {
    let Compass {
        root,
        east,
        west,
        north,
        ..
    } = compass();
    let (tree, arbiters) = on_threads(root).await;
    let (near, far) = (thread_of(&west).await, thread_of(&east).await);
    assert_ne!(near, far);
    east.tell(end_thread()).unwrap();
    // Behind the message that ends the thread, in the same queue and in that of another who dies with it.
    let waiting: Vec<_> = [&east, &north, &east, &north]
        .into_iter()
        .map(|doer| doer.ask(deed(|_, _| thread::current().id())))
        .collect();
    for answer in waiting {
        // One that was in the turn that ended the thread may have been answered there.
        assert!([near, far].contains(&answer.await.unwrap()));
    }
    // All of them may have been: the thread ends when it comes to it.
    until_lost(&tree).await;
    assert_eq!(thread_of(&east).await, near);
    assert_eq!(thread_of(&north).await, near);
    assert_eq!(thread_of(&west).await, near, "who was not there lives on");
    assert_eq!(tree.stop().await.name(), "shutdown");
    arbiters.shutdown().await;
}
