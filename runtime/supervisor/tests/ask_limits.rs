//! The limit of an ask holds wherever the asker waits, and whatever became of the thread that was to answer.
#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use actix::{Actor, Handler, Message};
use hedgerow_supervisor::{Arbiters, AskError, CellContext, ChildSpec, Ground, Handle, Supervisor, Tree};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(5);

/// Handles nothing while it is held up.
struct Porter;

impl Actor for Porter {
    type Context = CellContext<Self>;
}

/// Keeps the thread until the other end is dropped, having said that it does.
struct HoldUp(SyncSender<()>, Receiver<()>);

impl Message for HoldUp {
    type Result = ();
}

impl Handler<HoldUp> for Porter {
    type Result = ();

    fn handle(&mut self, HoldUp(begun, end): HoldUp, _: &mut Self::Context) {
        begun.send(()).unwrap();
        assert!(end.recv().is_err());
    }
}

struct Open;

impl Message for Open {
    type Result = u32;
}

impl Handler<Open> for Porter {
    type Result = u32;

    fn handle(&mut self, _: Open, _: &mut Self::Context) -> u32 {
        1
    }
}

/// A porter on a thread of its own.
struct Lodge {
    arbiters: Arbiters,
    porter: Handle<Porter>,
    tree: Tree,
}

async fn lodge() -> Lodge {
    let (spec, porter) = ChildSpec::actor("porter", || Porter);
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
    let ground = Ground::new(arbiters.clone());
    let tree = Tree::start(Supervisor::one_for_one("lodge").child(spec), &ground)
        .await
        .unwrap();
    Lodge {
        arbiters,
        porter,
        tree,
    }
}

fn with_time(paused: Paused) -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(paused == Paused::Yes)
        .build()
        .unwrap()
}

#[derive(PartialEq)]
enum Paused {
    Yes,
    No,
}

/// How long it took until it was too late, by the clock of the asker.
async fn until_late(ask: impl Future<Output = Result<u32, AskError<Open>>>) -> Duration {
    let begun = Instant::now();
    let late = ask.await.unwrap_err();
    assert!(matches!(
        late,
        AskError::Deadline {
            message: Some(Open),
            ..
        }
    ));
    begun.elapsed()
}

#[test]
fn who_asks_an_actor_whose_thread_is_blocked_waits_no_longer_than_the_limit() {
    let real = with_time(Paused::No);
    let lodge = real.block_on(lodge());
    let (begins, has_begun) = sync_channel(1);
    let (end, ends) = sync_channel::<()>(1);
    assert!(lodge.porter.tell(HoldUp(begins, ends)).is_ok());
    has_begun.recv().unwrap();
    // The asker's time flies: the limit is over while the other thread stands still.
    with_time(Paused::Yes).block_on(async {
        for _ in 0..3 {
            assert_eq!(until_late(lodge.porter.ask(Open)).await, LIMIT);
            assert_eq!(
                until_late(lodge.porter.ask_within(LIMIT / 5, Open)).await,
                LIMIT / 5
            );
        }
    });
    drop(end);
    real.block_on(async {
        assert_eq!(
            lodge.porter.ask(Open).await.unwrap(),
            1,
            "those before were not handled"
        );
        lodge.tree.stop().await;
        lodge.arbiters.shutdown().await;
    });
}

#[test]
fn who_asks_an_actor_whose_thread_is_gone_does_not_wait_for_ever() {
    let real = with_time(Paused::No);
    let lodge = real.block_on(lodge());
    real.block_on(lodge.arbiters.shutdown());
    with_time(Paused::Yes).block_on(async {
        let begun = Instant::now();
        assert!(lodge.porter.ask(Open).await.is_err());
        assert!(begun.elapsed() <= LIMIT);
    });
}

#[test]
fn an_ask_that_was_sent_in_one_runtime_may_wait_in_another() {
    let real = with_time(Paused::No);
    let lodge = real.block_on(lodge());
    let (begins, has_begun) = sync_channel(1);
    let (end, ends) = sync_channel::<()>(1);
    assert!(lodge.porter.tell(HoldUp(begins, ends)).is_ok());
    has_begun.recv().unwrap();
    let short = Duration::from_millis(200);
    let mut question = Box::pin(lodge.porter.ask_within(short, Open));
    let first = with_time(Paused::No);
    first.block_on(async {
        let looked = tokio::time::timeout(Duration::ZERO, question.as_mut()).await;
        assert!(looked.is_err(), "it is not over yet");
    });
    drop(first);
    let workers = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let late = workers.block_on(workers.spawn(question)).unwrap();
    assert!(matches!(late, Err(AskError::Deadline { .. })));
    drop(end);
    real.block_on(async {
        lodge.tree.stop().await;
        lodge.arbiters.shutdown().await;
    });
}
