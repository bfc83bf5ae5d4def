//! Work without an end starves nobody: not the actor's own timers, not its stop, not the others of its thread.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{self, Poll};
use std::thread;
use std::time::Duration;

use actix::fut::ready;
use actix::{Actor, ActorContext as _, AsyncContext, Handler, Running};
use hedgerow_supervisor::{CellContext, ChildSpec, SendError, Supervisor};
use kit::doer::*;
use kit::*;
use tokio::sync::oneshot;

/// Where a loop that ought to be broken into ends by itself, so that a test fails and does not hang.
const ENOUGH: u32 = 20_000;
/// Rounds in a row that are no starvation: a few turns.
const FEW: u32 = 1_000;

/// Tells itself to do the same again, by way of its queue.
fn again(rounds: Arc<AtomicU32>) -> Do {
    deed(move |_, context| {
        if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
            context.notify(again(rounds)).expect("there is room");
        }
    })
}

#[test]
fn an_actor_that_tells_itself_without_end_does_not_starve_its_timers() {
    run(async {
        let rounds = Arc::<AtomicU32>::default();
        let (tree, doer) = one_doer().await;
        let (fired, firing) = oneshot::channel();
        let seen = rounds.clone();
        let arm = deed(move |_, context| {
            context.run_later(Duration::from_millis(10), move |_, _| {
                fired.send(seen.load(Ordering::SeqCst)).unwrap();
            });
        });
        doer.ask(arm).await.unwrap();
        doer.tell(again(rounds.clone())).unwrap();
        tokio::time::advance(Duration::from_millis(20)).await;
        let since = rounds.load(Ordering::SeqCst);
        let rounds = firing.await.unwrap() - since;
        assert!(
            rounds < FEW,
            "the timer was over, and waited for {rounds} messages more"
        );
        tree.stop().await;
    });
}

#[test]
fn an_actor_that_tells_itself_without_end_does_not_starve_what_it_spawned() {
    run(async {
        let rounds = Arc::<AtomicU32>::default();
        let (tree, doer) = one_doer().await;
        doer.tell(again(rounds.clone())).unwrap();
        let (ended, end) = oneshot::channel();
        let spawn = deed(move |_, context| {
            let mut ended = Some((ended, 0));
            context.spawn(polling(move |_: &mut Doer, _, task: &mut task::Context<'_>| {
                let Some((_, looks)) = &mut ended else {
                    return Poll::Ready(());
                };
                *looks += 1;
                if *looks < 3 {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                let (ended, _) = ended.take().unwrap();
                ended.send(rounds.load(Ordering::SeqCst)).unwrap();
                Poll::Ready(())
            }));
        });
        doer.tell(spawn).unwrap();
        let rounds = end.await.unwrap();
        assert!(rounds < FEW, "what was spawned waited for {rounds} messages");
        tree.stop().await;
    });
}

#[test]
fn an_actor_that_tells_itself_without_end_is_stopped() {
    run(async {
        let rounds = Arc::<AtomicU32>::default();
        let (tree, doer) = one_doer().await;
        doer.tell(again(rounds.clone())).unwrap();
        tree.stop().await;
        let rounds = rounds.load(Ordering::SeqCst);
        assert!(rounds < FEW, "the stop waited for {rounds} messages");
    });
}

#[tokio::test]
async fn a_flood_from_another_thread_starves_neither_timers_nor_stop() {
    const FLOOD: u32 = 100 * ENOUGH;
    let (spec, doer) = doer("doer");
    let (tree, arbiters) = on_threads(Supervisor::one_for_one("root").child(spec)).await;
    let (is_armed, is_over) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let (flooded, armed, over) = (doer.clone(), is_armed.clone(), is_over.clone());
    let flood = thread::spawn(move || {
        let mut taken = 0_u32;
        while taken < FLOOD && !over.load(Ordering::SeqCst) {
            match flooded.tell(deed(|doer, _| doer.count += 1)) {
                Ok(()) => taken += u32::from(armed.load(Ordering::SeqCst)),
                Err(SendError::Stopped(_)) => return true,
                Err(_) => thread::yield_now(),
            }
        }
        false
    });
    let (fired, firing) = oneshot::channel();
    // All is counted on the thread of the actor: this one may be long in hearing of it.
    let mut arm = deed(move |doer, context: &mut Ctx| {
        doer.count = 0;
        is_armed.store(true, Ordering::SeqCst);
        context.run_later(Duration::from_millis(1), move |doer, _| {
            fired.send(doer.count).unwrap();
        });
    });
    while let Err(refused) = doer.tell(arm) {
        let SendError::Overloaded(back) = refused else {
            panic!("{refused:?}")
        };
        arm = back;
        thread::yield_now();
    }
    let handled = firing.await.unwrap();
    assert!(handled < FLOOD, "the timer waited for {handled} messages");
    assert_eq!(tree.stop().await.name(), "shutdown");
    is_over.store(true, Ordering::SeqCst);
    flood.join().unwrap();
    arbiters.shutdown().await;
}

/// Has one actor begin, and says how many rounds it had done by the time that another one answered.
async fn rounds_until_another_answers(begin: impl FnOnce(Arc<AtomicU32>) -> Do) -> u32 {
    let rounds = Arc::<AtomicU32>::default();
    let (restless, doer) = doer("restless");
    let (quiet, other) = doer::doer("quiet");
    let tree = here(Supervisor::one_for_one("root").child(restless).child(quiet)).await;
    doer.tell(begin(rounds.clone())).unwrap();
    let seen = rounds.clone();
    let answered = other.ask(deed(move |_, _| seen.load(Ordering::SeqCst)));
    let answered = answered.await.unwrap();
    assert_ne!(rounds.load(Ordering::SeqCst), 0, "it has begun");
    tree.stop().await;
    answered
}

#[test]
fn a_future_that_is_over_at_once_and_spawns_the_next_does_not_hold_the_thread() {
    fn next(context: &mut Ctx, rounds: Arc<AtomicU32>) {
        if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
            let future = actix::ActorFutureExt::map(ready(()), move |(), _: &mut Doer, context: &mut Ctx| {
                next(context, rounds);
            });
            context.spawn(future);
        }
    }
    run(async {
        let rounds = rounds_until_another_answers(|rounds| deed(|_, context| next(context, rounds))).await;
        assert!(rounds < FEW, "{rounds} rounds in a row");
    });
}

#[test]
fn a_wait_that_is_over_at_once_and_waits_for_the_next_does_not_hold_the_thread() {
    fn next(context: &mut Ctx, rounds: Arc<AtomicU32>) {
        if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
            let future = actix::ActorFutureExt::map(ready(()), move |(), _: &mut Doer, context: &mut Ctx| {
                next(context, rounds);
            });
            context.wait(future);
        }
    }
    run(async {
        let rounds = rounds_until_another_answers(|rounds| deed(|_, context| next(context, rounds))).await;
        assert!(rounds < FEW, "{rounds} rounds in a row");
    });
}

#[test]
fn a_wait_that_is_pending_and_waits_for_more_at_every_look_does_not_hold_the_thread() {
    run(async {
        let rounds = rounds_until_another_answers(|rounds| {
            deed(|_, context| {
                context.wait(polling(move |_: &mut Doer, context: &mut Ctx, _| {
                    if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
                        context.wait(ready(()));
                        Poll::Pending
                    } else {
                        Poll::Ready(())
                    }
                }));
            })
        });
        let rounds = rounds.await;
        assert!(rounds < FEW, "{rounds} rounds in a row");
    });
}

/// Never lets itself be stopped.
struct Stubborn;

impl Actor for Stubborn {
    type Context = CellContext<Self>;

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        Running::Continue
    }
}

struct KeepStopping(Arc<AtomicU32>);

impl actix::Message for KeepStopping {
    type Result = ();
}

impl Handler<KeepStopping> for Stubborn {
    type Result = ();

    fn handle(&mut self, message: KeepStopping, context: &mut CellContext<Self>) {
        let rounds = message.0;
        context.spawn(polling(
            move |_: &mut Self, context: &mut CellContext<Self>, _| {
                if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
                    context.stop();
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            },
        ));
    }
}

#[test]
fn an_actor_that_stops_itself_at_every_look_and_goes_on_does_not_hold_the_thread() {
    run(async {
        let rounds = Arc::<AtomicU32>::default();
        let (spec, stubborn) = ChildSpec::actor("stubborn", || Stubborn);
        let (quiet, other) = doer("quiet");
        let tree = here(Supervisor::one_for_one("root").child(spec).child(quiet)).await;
        stubborn.tell(KeepStopping(rounds.clone())).unwrap();
        let seen = rounds.clone();
        let answered = other.ask(deed(move |_, _| seen.load(Ordering::SeqCst)));
        let answered = answered.await.unwrap();
        assert!(answered < FEW, "{answered} rounds in a row");
        assert_ne!(rounds.load(Ordering::SeqCst), 0, "it has begun");
        tree.stop().await;
    });
}

#[test]
fn an_actor_that_notifies_itself_by_way_of_its_context_does_not_hold_the_thread() {
    fn again(rounds: Arc<AtomicU32>) -> Do {
        deed(move |_, context| {
            if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
                AsyncContext::notify(context, again(rounds));
            }
        })
    }
    run(async {
        let rounds = rounds_until_another_answers(again).await;
        assert!(rounds < FEW, "{rounds} rounds in a row");
    });
}

#[test]
fn timers_of_no_time_that_arm_the_next_do_not_hold_the_thread() {
    fn arm(context: &mut Ctx, rounds: Arc<AtomicU32>) {
        if rounds.fetch_add(1, Ordering::SeqCst) < ENOUGH {
            context.run_later(Duration::ZERO, move |_, context| arm(context, rounds));
        }
    }
    run(async {
        let rounds = rounds_until_another_answers(|rounds| deed(|_, context| arm(context, rounds))).await;
        assert!(rounds < FEW, "{rounds} rounds in a row");
    });
}
