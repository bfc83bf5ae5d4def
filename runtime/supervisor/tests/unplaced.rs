//! Handles of actors that have no place yet, or never get one.
#![allow(clippy::unwrap_used)]

mod kit;

use hedgerow_supervisor::{Arbiters, AskError, Ground, SendError, Supervisor, Tree};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::*;

#[test]
fn what_was_never_started_takes_no_messages_once_that_is_certain() {
    run(async {
        let (spec, clerk) = clerk("");
        let waiting = clerk.ask(Count);
        let ground = Ground::new(Arbiters::current_thread());
        let started = Tree::start(Supervisor::one_for_one("root").child(spec), &ground).await;
        assert!(started.is_err(), "a child without a name");
        assert_eq!(clerk.state(), ActorState::Stopped);
        assert!(matches!(clerk.tell(Count), Err(SendError::Stopped(Count))));
        assert!(matches!(clerk.ask(Count).await, Err(AskError::Stopped(Count))));
        assert!(
            matches!(waiting.await, Err(AskError::Stopped(Count))),
            "who asked before is told"
        );
    });
}

#[test]
fn a_handle_knows_where_its_actor_lives_once_that_is_certain() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        assert_eq!(clerk.path(), None);
        let inner = Supervisor::one_for_one("inner").child(spec);
        let tree = here(Supervisor::one_for_one("root").child(inner)).await;
        let path = Path::root("root").child("inner").child("clerk");
        assert_eq!(clerk.path(), Some(&path));
        tree.stop().await;
    });
}

#[test]
fn what_is_sent_before_the_start_is_bounded_too() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let spec = spec.mailbox(3);
        let taken = (0..10).filter(|_| clerk.tell(Count).is_ok()).count();
        assert_eq!(taken, 3);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 4);
        tree.stop().await;
    });
}
