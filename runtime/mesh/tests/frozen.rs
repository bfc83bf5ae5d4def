//! Data never waits on control: with every actor thread blocked, calls go on by what was published last.
#![allow(clippy::unwrap_used)]

use std::sync::mpsc::{Receiver, Sender, sync_channel};
use std::time::Duration;

use hedgerow::actix::{Actor, Handler, Message};
use hedgerow::prelude::*;
use hedgerow::view::breaker::BreakerState;
use hedgerow::view::{View, tree::ActorState};

struct Blocker;

impl Actor for Blocker {
    type Context = CellContext<Self>;
}

/// Blocks the thread that handles it until the other end of the channel is dropped.
struct Block {
    blocked: Sender<()>,
    until: Receiver<()>,
}

impl Message for Block {
    type Result = ();
}

impl Handler<Block> for Blocker {
    type Result = ();

    fn handle(&mut self, Block { blocked, until }: Block, _: &mut CellContext<Self>) {
        drop(blocked);
        let _ = until.recv();
    }
}

#[tokio::test]
async fn calls_flow_and_are_refused_by_the_last_published_state_while_every_actor_thread_is_blocked() {
    let (blocker, handle) = ChildSpec::actor("blocker", || Blocker);
    let policy = BreakerPolicy {
        consecutive_failures: Some(2),
        open_for: OpenFor::fixed(Duration::from_secs(3_600)),
        ..BreakerPolicy::default()
    };
    let tree = Supervisor::one_for_one("shop")
        .child(Upstream::new("prices").endpoints(["127.0.0.1:9001"]))
        .child(Breaker::new("ledger").policy(policy))
        .child(blocker);
    let mesh = Mesh::new(tree)
        .control_threads(std::num::NonZeroUsize::MIN)
        .start()
        .await
        .unwrap();
    let (prices, ledger) = (mesh.upstream("prices").unwrap(), mesh.breaker("ledger").unwrap());
    for _ in 0..2 {
        assert_eq!(
            ledger.call(|| async { Err::<(), _>("no") }).await,
            Err(CallError::Failed("no"))
        );
    }
    let opened = || {
        mesh.directory().views().into_iter().any(|(id, view)| {
            matches!(view, View::Breaker(breaker) if breaker.state == BreakerState::Open)
                && id.is_some_and(|id| id.name() == "ledger")
        })
    };
    while !opened() {
        tokio::task::yield_now().await;
    }

    let (release, until) = sync_channel(0);
    let until: Receiver<()> = until;
    let (blocked, is_blocked) = channel();
    handle.tell(Block { blocked, until }).unwrap();
    assert!(
        is_blocked.recv().is_err(),
        "the only actor thread is in the handler now"
    );

    for _ in 0..1_000 {
        assert_eq!(prices.call(|_| async { Ok::<_, ()>(7) }).await, Ok(7));
        assert!(matches!(
            ledger.call(|| async { Ok::<_, ()>(7) }).await,
            Err(CallError::Refused(_))
        ));
    }
    let view = mesh.directory().tree();
    assert_eq!(
        view.state,
        ActorState::Running,
        "and the tree can still be looked at"
    );

    drop(release);
    mesh.shutdown().await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "one message at most")]
fn channel() -> (Sender<()>, Receiver<()>) {
    std::sync::mpsc::channel()
}
