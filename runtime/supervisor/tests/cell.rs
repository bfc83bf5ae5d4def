//! A panic anywhere in an actor's code costs the message in hand, and nothing else.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hedgerow_supervisor::{AskError, ChildSpec, SendError, Shutdown, Supervisor};
use hedgerow_view::tree::ActorState;
use kit::*;

#[test]
fn a_panic_in_a_handler_costs_that_message_and_the_queue_goes_on_with_a_fresh_value() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let (fallen, first, second) = tokio::join!(clerk.ask(Panic), clerk.ask(Count), clerk.ask(Count));
        assert!(
            matches!(&fallen, Err(AskError::Panicked { message, location: Some(at) })
                if message == "told to" && at.contains("kit/mod.rs:")),
            "{fallen:?}"
        );
        assert_eq!(
            (first.unwrap(), second.unwrap()),
            (1, 2),
            "queued messages meet a fresh value, in order"
        );
        let view = until(&tree, "clerk", ActorState::Running).await;
        assert_eq!(view.restarts, 1);
        let exit = view.last_exit.unwrap();
        assert_eq!((exit.reason, exit.message.as_deref()), ("panic", Some("told to")));
        assert!(exit.location.unwrap().contains("kit/mod.rs:"));
        tree.stop().await;
    });
}

#[test]
fn the_first_panic_at_a_site_brings_its_backtrace() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        let _ = clerk.ask(Fail).await;
        let _ = clerk.ask(Panic).await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        // The site may have been met by another test of this process within the minute; then there is none.
        let exit = until(&tree, "clerk", ActorState::Running)
            .await
            .last_exit
            .unwrap();
        assert!(exit.backtrace.is_none_or(|backtrace| backtrace.contains("Clerk")));
        tree.stop().await;
    });
}

#[test]
fn a_panic_in_an_asynchronous_reply_restarts_the_actor_and_loses_only_what_was_under_way() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        let (under_way, fallen) = tokio::join!(clerk.ask(Answer42Later), clerk.ask(PanicLater));
        for lost in [
            under_way.map(drop).map_err(|lost| lost.to_string()),
            fallen.map_err(|lost| lost.to_string()),
        ] {
            assert!(
                lost.unwrap_err().contains("told to, later"),
                "both were under way"
            );
        }
        assert_eq!(clerk.ask(Answer42Later).await.unwrap(), 42);
        tree.stop().await;
    });
}

#[test]
fn a_panic_in_a_timer_or_in_the_factory_is_an_exit_like_any_other() {
    run(async {
        let made = AtomicU32::new(0);
        let (spec, clerk) = ChildSpec::actor("clerk", move || match made.fetch_add(1, Ordering::SeqCst) {
            1 => panic!("no material"),
            _ => Clerk::default(),
        });
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        clerk.ask(PanicInTimer).await.unwrap();
        let under_way = clerk.ask(Answer42Later).await.unwrap_err();
        assert!(
            under_way.to_string().contains("told to, by the clock"),
            "{under_way}"
        );
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let view = until(&tree, "clerk", ActorState::Running).await;
        let exit = view.last_exit.unwrap();
        assert_eq!((view.restarts, exit.reason), (2, "initFailed"));
        assert!(exit.message.unwrap().contains("no material"));
        tree.stop().await;
    });
}

#[test]
fn a4_a_panic_in_drop_after_a_panic_in_a_handler_does_not_end_the_process() {
    run(async {
        let (spec, clerk) = clerk_with(
            "clerk",
            Habits {
                panics_in_drop: true,
                ..Habits::default()
            },
        );
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        assert!(clerk.ask(Panic).await.is_err());
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        tree.stop().await;
    });
}

#[test]
fn a_panic_in_started_is_retried_with_back_off() {
    run(async {
        let failed_starts = Arc::new(AtomicU32::new(0));
        let (spec, clerk) = clerk_with(
            "clerk",
            Habits {
                failed_starts: failed_starts.clone(),
                ..Habits::default()
            },
        );
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        failed_starts.store(3, Ordering::SeqCst);
        assert!(clerk.ask(Panic).await.is_err());
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let view = until(&tree, "clerk", ActorState::Running).await;
        assert_eq!((view.restarts, view.last_exit.unwrap().reason), (4, "initFailed"));
        tree.stop().await;
    });
}

#[test]
fn an_actor_that_is_not_ready_in_time_fails_its_start() {
    run(async {
        let (spec, _) = clerk_with(
            "clerk",
            Habits {
                start_takes: Duration::from_secs(60),
                ..Habits::default()
            },
        );
        let spec = spec.start_within(Duration::from_secs(2));
        let root = Supervisor::one_for_one("root").child(spec);
        let ground = hedgerow_supervisor::Ground::new(hedgerow_supervisor::Arbiters::current_thread());
        let error = hedgerow_supervisor::Tree::start(root, &ground)
            .await
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "the tree `root` did not start: initFailed: child `clerk`: initFailed: not ready within 2s"
        );
    });
}

#[test]
fn a14_an_actor_that_ignores_stop_is_killed_at_its_limit() {
    run(async {
        let (spec, _clerk) = clerk_with(
            "clerk",
            Habits {
                ignores_stop: true,
                ..Habits::default()
            },
        );
        let spec = spec.shutdown(Shutdown::Within(Duration::from_millis(200)));
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let clock = hedgerow_supervisor::Clock::start();
        tree.stop().await;
        assert_eq!(clock.now().as_millis() / 10, 20);
        assert_eq!(
            at(&tree.directory().tree(), &["clerk"])
                .last_exit
                .as_ref()
                .unwrap()
                .reason,
            "killed"
        );
    });
}

#[test]
fn an_actor_may_end_with_an_error_and_is_started_again() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        clerk.ask(Fail).await.unwrap();
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let exit = until(&tree, "clerk", ActorState::Running)
            .await
            .last_exit
            .unwrap();
        assert_eq!(
            (exit.reason, exit.message.as_deref()),
            ("error", Some("out of ink"))
        );
        tree.stop().await;
    });
}

#[test]
fn a7_a_full_mailbox_hands_the_message_back_and_counts_it() {
    run(async {
        let (spec, clerk) = clerk_with(
            "clerk",
            Habits {
                start_takes: Duration::from_secs(1),
                ..Habits::default()
            },
        );
        let root = Supervisor::one_for_one("root").child(spec.mailbox(3));
        let ground = hedgerow_supervisor::Ground::new(hedgerow_supervisor::Arbiters::current_thread());
        let (tree, ()) = tokio::join!(hedgerow_supervisor::Tree::start(root, &ground), async {
            // Not ready yet: what is sent waits.
            tokio::task::yield_now().await;
            for _ in 0..3 {
                clerk.tell(Count).unwrap();
            }
            assert!(matches!(clerk.tell(Count), Err(SendError::Overloaded(Count))));
            assert!(
                matches!(clerk.clone().tell(Count), Err(SendError::Overloaded(Count))),
                "a clone adds no room"
            );
        });
        let tree = tree.unwrap();
        assert_eq!(clerk.ask(Count).await.unwrap(), 4);
        let mailbox = at(&tree.directory().tree(), &["clerk"]).mailbox;
        assert_eq!(
            (mailbox.depth, mailbox.capacity, mailbox.handled, mailbox.refused),
            (0, 3, 4, 2)
        );
        tree.stop().await;
        assert!(matches!(clerk.tell(Count), Err(SendError::Stopped(Count))));
    });
}

#[test]
fn a_bell_rung_many_times_is_answered_once_and_survives_a_restart() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        for _ in 0..5 {
            clerk.doorbell().ring();
        }
        assert_eq!(clerk.ask(Count).await.unwrap(), 101);
        let fall = clerk.ask(Panic);
        assert!(fall.await.is_err());
        clerk.doorbell().ring();
        assert_eq!(clerk.ask(Count).await.unwrap(), 101);
        tree.stop().await;
    });
}

#[test]
fn a_flood_of_messages_starves_neither_timers_nor_stop() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(100_000))).await;
        for _ in 0..50_000 {
            clerk.tell(Count).unwrap();
        }
        tree.stop().await;
        let handled = at(&tree.directory().tree(), &["clerk"]).mailbox.handled;
        assert!(
            handled < 50_000,
            "the stop came before the end of the queue, after {handled}"
        );
    });
}

#[test]
fn an_error_whose_text_cannot_be_written_is_still_an_exit() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        clerk.ask(FailUnspeakably).await.unwrap();
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        let exit = until(&tree, "clerk", ActorState::Running)
            .await
            .last_exit
            .unwrap();
        assert!(exit.message.unwrap().contains("could not be written: no words"));
        tree.stop().await;
    });
}

#[test]
fn who_asks_an_actor_that_ends_for_good_is_told_so() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let spec = spec.restart(hedgerow_supervisor::Restart::Transient);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let (left, waiting) = tokio::join!(clerk.ask(Leave), clerk.ask(Count));
        left.unwrap();
        assert!(matches!(waiting, Err(AskError::Stopped(Count))), "{waiting:?}");
        until(&tree, "clerk", ActorState::Stopped).await;
        assert!(matches!(clerk.ask(Count).await, Err(AskError::Stopped(Count))));
        assert_eq!(at(&tree.directory().tree(), &["clerk"]).mailbox.depth, 0);
        assert!(
            tree.directory().not_ready().is_empty(),
            "an actor that ended as it was meant to is not missed"
        );
        tree.stop().await;
    });
}

#[test]
fn a_flood_does_not_keep_an_actor_from_its_own_notes() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(100_000))).await;
        for _ in 0..1_000 {
            clerk.tell(Count).unwrap();
        }
        clerk.tell(NoteToSelf).unwrap();
        for _ in 0..1_000 {
            clerk.tell(Count).unwrap();
        }
        let handled = clerk.ask(WhenNoted).await.unwrap();
        assert!(
            handled < 1_100,
            "the note was read after {handled} of 2,000 messages"
        );
        tree.stop().await;
    });
}
