//! What an actor is given in its context beside the stories that it shares with actix.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Handler, Message, SpawnHandle, WrapFuture as _};
use hedgerow_supervisor::{AskError, CellContext, ChildSpec, SendError, Supervisor};
use kit::doer::*;
use kit::*;
use tokio::sync::oneshot;
use tokio::time::sleep;

#[test]
fn a_future_is_cancelled_once_and_one_that_is_unknown_or_over_never() {
    run(async {
        let (tree, doer) = one_doer().await;
        let cancelled = doer.ask(deed(|doer, context| {
            let pending = context.spawn(std::future::pending().into_actor(doer));
            let over = context.spawn(async {}.into_actor(doer));
            (
                [context.cancel_future(pending), context.cancel_future(pending)],
                context.cancel_future(SpawnHandle::default()),
                over,
            )
        }));
        let (twice, unknown, over) = cancelled.await.unwrap();
        assert_eq!((twice, unknown), ([true, false], false));
        let too_late = doer.ask(deed(move |_, context| context.cancel_future(over)));
        assert!(!too_late.await.unwrap());
        tree.stop().await;
    });
}

#[test]
fn a_future_that_is_cancelled_is_dropped_and_one_that_cancels_itself_after_its_poll() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        let notes = log.clone();
        let cancel = deed(move |doer: &mut Doer, context: &mut Ctx| {
            let other = Grenade::dud("other", &notes);
            let other = context.spawn(
                async move {
                    std::future::pending::<()>().await;
                    drop(other);
                }
                .into_actor(doer),
            );
            assert!(context.cancel_future(other));
            notes.note("cancelled");
            let (own, mut handle) = (Grenade::dud("own", &notes), None);
            let (told, hearing) = std::sync::mpsc::sync_channel(1);
            let itself = context.spawn(polling(move |_: &mut Doer, context: &mut Ctx, _| {
                let _ = &own;
                let handle = *handle.get_or_insert_with(|| hearing.recv().unwrap());
                assert!(context.cancel_future(handle), "it is being polled");
                assert!(!context.cancel_future(handle), "cancelled already");
                notes.note("polled");
                Poll::Pending
            }));
            told.send(itself).unwrap();
        });
        doer.ask(cancel).await.unwrap();
        doer.ask(deed(|_, _| ())).await.unwrap();
        assert_eq!(
            log.lines(),
            ["other dropped", "cancelled", "polled", "own dropped"]
        );
        assert_eq!(
            doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
            1
        );
        tree.stop().await;
    });
}

/// Counts the ticks of a timer that it armed when it was started.
struct Ticker(Arc<AtomicU32>);

impl Actor for Ticker {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_later(Duration::from_millis(10), |ticker, _| {
            ticker.0.fetch_add(1, Ordering::SeqCst);
        });
    }
}

/// Cancels what its actor has just spawned, and panics before that has had any effect.
struct CancelAndPanic;

impl Message for CancelAndPanic {
    type Result = ();
}

impl Handler<CancelAndPanic> for Ticker {
    type Result = ();

    fn handle(&mut self, _: CancelAndPanic, context: &mut CellContext<Self>) {
        // As many as the next incarnation may come to, as handles are counted anew.
        let handles: Vec<_> = (0..8)
            .map(|_| context.spawn(wrap_future(std::future::pending())))
            .collect();
        for handle in handles {
            assert!(context.cancel_future(handle));
        }
        panic!("told to");
    }
}

#[test]
fn what_was_cancelled_before_a_panic_does_not_cancel_the_first_timer_of_the_next_incarnation() {
    run(async {
        let ticks = Arc::<AtomicU32>::default();
        let seen = ticks.clone();
        let (spec, ticker) = ChildSpec::actor("ticker", move || Ticker(seen.clone()));
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        for incarnation in 0..3 {
            assert_eq!(ticks.load(Ordering::SeqCst), incarnation);
            sleep(Duration::from_millis(100)).await;
            assert_eq!(ticks.load(Ordering::SeqCst), incarnation + 1);
            assert!(ticker.ask(CancelAndPanic).await.is_err());
        }
        tree.stop().await;
    });
}

#[test]
fn the_address_that_actix_would_give_is_closed() {
    run(async {
        let (tree, doer) = one_doer().await;
        let address = doer.ask(deed(|_, context| context.address())).await.unwrap();
        assert!(!address.connected());
        let sent = address.send(deed(|_, _| ())).await;
        assert!(matches!(sent, Err(actix::MailboxError::Closed)), "{sent:?}");
        tree.stop().await;
    });
}

#[test]
fn a_note_to_itself_is_refused_when_the_mailbox_is_full_and_comes_behind_what_waits() {
    run(async {
        let (spec, doer) = doer("doer");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(3))).await;
        let log = Log::default();
        let notes = log.clone();
        let note_to_self = deed(move |_, context: &mut Ctx| {
            let noting = |what: &'static str| {
                let notes = notes.clone();
                deed(move |_, _| notes.note(what))
            };
            context.notify(noting("first")).unwrap();
            context.notify(noting("second")).unwrap();
            // One waits already, from outside.
            let refused = context.notify(noting("third"));
            notes.note(format!("{}", matches!(refused, Err(SendError::Overloaded(_)))));
        });
        doer.tell(note_to_self).unwrap();
        let outside = log.clone();
        doer.tell(deed(move |_, _| outside.note("from outside"))).unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(log.lines(), ["true", "from outside", "first", "second"]);
        tree.stop().await;
    });
}

#[test]
fn who_asks_twice_at_once_is_answered_once_each() {
    run(async {
        let (tree, doer) = one_doer().await;
        let answers: Vec<_> = (0..50_u32)
            .map(|number| {
                doer.ask(later(move |doer, _| {
                    let late = sleep(Duration::from_millis(u64::from(50 - number)));
                    Box::pin(late.into_actor(doer).map(move |(), doer, _| {
                        doer.count += 1;
                        number
                    }))
                }))
            })
            .collect();
        for (number, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.await.unwrap() as usize, number);
        }
        assert_eq!(doer.ask(deed(|doer, _| doer.count)).await.unwrap(), 50);
        tree.stop().await;
    });
}

#[test]
fn an_answer_that_comes_after_the_limit_is_nobodys() {
    run(async {
        let (tree, doer) = one_doer().await;
        let slow = || {
            later(|doer: &mut Doer, _: &mut Ctx| {
                Box::pin(sleep(Duration::from_secs(2)).into_actor(doer).map(|(), doer, _| {
                    doer.count += 1;
                    doer.count
                }))
            })
        };
        let first = doer.ask_within(Duration::from_secs(1), slow()).await;
        assert!(matches!(first, Err(AskError::Deadline { message: None, .. })));
        assert_eq!(
            doer.ask(slow()).await.unwrap(),
            2,
            "its own answer, not the late one"
        );
        tree.stop().await;
    });
}

/// Where a loop that ought to be broken into ends by itself, so that a test fails and does not hang.
const ENOUGH: u32 = 20_000;
/// Rounds in a row that are no starvation: a few turns.
const FEW: u32 = 1_000;

#[test]
fn a_spawned_future_that_waits_again_and_again_does_not_starve_the_others_nor_the_messages() {
    run(async {
        let rounds = Arc::<AtomicU32>::default();
        let (tree, doer) = one_doer().await;
        let counted = rounds.clone();
        let start = deed(move |_, context: &mut Ctx| {
            context.spawn(polling(move |_: &mut Doer, context: &mut Ctx, _| {
                if counted.fetch_add(1, Ordering::SeqCst) < ENOUGH {
                    context.wait(wrap_future(tokio::task::yield_now()));
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            }));
        });
        doer.ask(start).await.unwrap();
        let (polled, was_polled) = oneshot::channel();
        let other = deed(move |_, context: &mut Ctx| {
            context.spawn(wrap_future(async move { polled.send(()).unwrap() }));
        });
        doer.ask(other).await.unwrap();
        was_polled.await.unwrap();
        let rounds = rounds.load(Ordering::SeqCst);
        assert!((1..FEW).contains(&rounds), "{rounds} rounds in a row");
        tree.stop().await;
    });
}
