//! What is dropped is the user's, and may panic: that ends neither process nor thread, and loses nothing else.
#![allow(clippy::unwrap_used)]

mod kit;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use actix::{ActorContext as _, ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_supervisor::{AskError, ChildSpec, Handle, Supervisor};
use kit::doer::*;
use kit::*;

/// A deed that owns something which panics when it is dropped undone.
fn dangerous(log: &Log) -> Do {
    let grenade = Grenade::live("message", log);
    deed(move |_, _| std::mem::forget(grenade))
}

#[test]
fn a4_an_actor_and_all_that_it_spawned_may_panic_in_drop_at_once() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        for stop in [false, true] {
            let notes = log.clone();
            let sent = deed(move |doer: &mut Doer, context: &mut Ctx| {
                for name in ["first spawned", "second spawned"] {
                    let grenade = Grenade::live(name, &notes);
                    context.spawn(
                        async move {
                            std::future::pending::<()>().await;
                            drop(grenade);
                        }
                        .into_actor(doer),
                    );
                }
                let grenade = Grenade::live("waited for", &notes);
                context.wait(
                    async move {
                        std::future::pending::<()>().await;
                        drop(grenade);
                    }
                    .into_actor(doer),
                );
                doer.kept.push(Grenade::live("kept", &notes));
                if stop {
                    context.stop();
                } else {
                    panic!("told to");
                }
            });
            let ended = doer.ask(sent).await;
            assert_eq!(ended.is_ok(), stop, "{ended:?}");
            assert_eq!(
                doer.ask(deed(|_, _| 1)).await.unwrap(),
                1,
                "the next incarnation answers"
            );
        }
        assert_eq!(log.lines().len(), 8, "all were dropped: {:?}", log.lines());
        tree.stop().await;
    });
}

#[test]
fn messages_that_panic_in_drop_are_thrown_away_one_by_one_when_the_queue_is_shut() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        doer.tell(hold(std::future::pending())).unwrap();
        for _ in 0..100 {
            doer.tell(dangerous(&log)).unwrap();
        }
        let waiting = doer.ask(deed(|_, _| ()));
        tree.stop().await;
        assert_eq!(log.count("message dropped"), 100);
        assert!(
            matches!(waiting.await, Err(AskError::Stopped(_))),
            "who asked is told"
        );
    });
}

#[test]
fn messages_that_panic_in_drop_do_not_abort_where_the_last_handle_goes_before_a_tree_came() {
    let log = Log::default();
    let (spec, doer) = doer("doer");
    for _ in 0..3 {
        doer.tell(dangerous(&log)).unwrap();
    }
    drop(spec);
    let _ = catch_unwind(AssertUnwindSafe(|| drop(doer)));
    assert_eq!(log.count("message dropped"), 3);
}

#[test]
fn a_refused_message_that_panics_in_drop_is_the_senders_and_the_actor_goes_on() {
    run(async {
        let log = Log::default();
        let (spec, doer) = doer("doer");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(1))).await;
        doer.tell(hold(tokio::time::sleep(Duration::from_secs(1))))
            .unwrap();
        tokio::task::yield_now().await;
        doer.tell(deed(|doer, _| doer.count = 7)).unwrap();
        let refused = doer.tell(dangerous(&log)).unwrap_err();
        assert!(catch_unwind(AssertUnwindSafe(|| drop(refused))).is_err());
        let refused = doer.ask(dangerous(&log)).await.unwrap_err();
        assert!(matches!(&refused, AskError::Overloaded(_)), "{refused:?}");
        assert!(catch_unwind(AssertUnwindSafe(|| drop(refused))).is_err());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(doer.ask(deed(|doer, _| doer.count)).await.unwrap(), 7);
        tree.stop().await;
    });
}

#[test]
fn a11_a_question_that_panics_in_drop_and_whose_asker_is_gone_costs_the_actor_nothing() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        drop(doer.ask(dangerous(&log)));
        assert_eq!(
            doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
            1
        );
        assert_eq!(log.count("message dropped"), 1);
        tree.stop().await;
    });
}

#[test]
fn a_reply_that_panics_in_drop_and_that_nobody_waits_for_costs_one_incarnation_at_most() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        let notes = log.clone();
        let asked = doer.ask_within(
            Duration::from_secs(1),
            later(move |doer, _| {
                Box::pin(
                    tokio::time::sleep(Duration::from_secs(2))
                        .into_actor(doer)
                        .map(move |(), _, _| Grenade::live("reply", &notes)),
                )
            }),
        );
        assert!(matches!(
            asked.await,
            Err(AskError::Deadline { message: None, .. })
        ));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(log.count("reply dropped"), 1);
        assert!(doer.ask(deed(|_, context| context.incarnation())).await.unwrap() <= 2);
        tree.stop().await;
    });
}

#[test]
fn a_factory_whose_captures_panic_in_drop_is_dropped_with_the_tree_and_the_tree_is_stopped() {
    run(async {
        let log = Log::default();
        let captured = Grenade::live("captured", &log);
        let (spec, doer) = ChildSpec::actor("doer", move || {
            let _ = &captured;
            Doer::fresh()
        });
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        doer.ask(deed(|_, _| ())).await.unwrap();
        assert_eq!(tree.stop().await.name(), "shutdown");
        assert_eq!(log.lines(), ["captured dropped"]);
    });
}

/// Sends another message to the same actor when it is dropped unhandled.
struct Legacy(Handle<Doer>, Log);

impl Drop for Legacy {
    fn drop(&mut self) {
        let sent = self.0.tell(deed(|_, _| ()));
        self.1.note(format!("{}", sent.is_ok()));
    }
}

#[test]
fn a_message_that_sends_another_when_it_is_dropped_meets_no_lock() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        doer.tell(hold(std::future::pending())).unwrap();
        for _ in 0..3 {
            let legacy = Legacy(doer.clone(), log.clone());
            doer.tell(deed(move |_, _| drop(legacy))).unwrap();
        }
        tree.stop().await;
        assert_eq!(
            log.lines(),
            ["false", "false", "false"],
            "the queue was shut before"
        );
    });
}

/// Panics whenever something is logged.
struct Mute;

impl tracing::Subscriber for Mute {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        panic!("nothing is logged here");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_log_that_panics_does_not_keep_what_panics_in_drop_from_being_dropped() {
    tracing::subscriber::with_default(Mute, || {
        run(async {
            let log = Log::default();
            let (tree, doer) = one_doer().await;
            let notes = log.clone();
            let fall = deed(move |doer: &mut Doer, context: &mut Ctx| {
                for name in ["first", "second"] {
                    let grenade = Grenade::live(name, &notes);
                    let held = async move {
                        std::future::pending::<()>().await;
                        drop(grenade);
                    };
                    context.spawn(held.into_actor(doer));
                }
                doer.kept.push(Grenade::live("kept", &notes));
                panic!("told to");
            });
            assert!(doer.ask(fall).await.is_err());
            assert_eq!(
                doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
                2
            );
            doer.tell(hold(std::future::pending())).unwrap();
            for _ in 0..3 {
                doer.tell(dangerous(&log)).unwrap();
            }
            assert_eq!(tree.stop().await.name(), "shutdown");
            assert_eq!(log.lines().len(), 6, "{:?}", log.lines());
        });
    });
}

#[test]
fn an_error_that_panics_in_drop_is_an_exit_like_any_other_however_often() {
    #[derive(Debug)]
    struct Fragile(#[allow(dead_code, reason = "dropped, never read")] std::sync::Mutex<Option<Bang>>);
    #[derive(Debug)]
    struct Bang;
    impl Drop for Bang {
        fn drop(&mut self) {
            panic!("an error is dropped");
        }
    }
    impl std::fmt::Display for Fragile {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("fragile")
        }
    }
    impl std::error::Error for Fragile {}
    run(async {
        let (spec, doer) = doer("doer");
        let root = Supervisor::one_for_one("root").intensity(100, Duration::from_secs(1));
        let tree = here(root.child(spec)).await;
        for incarnation in 1..10 {
            let told = doer.ask(deed(move |_, context| {
                context.fail(Fragile(std::sync::Mutex::new(Some(Bang))));
                context.incarnation()
            }));
            assert_eq!(told.await.unwrap(), incarnation);
        }
        assert_eq!(
            doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
            10
        );
        tree.stop().await;
    });
}
