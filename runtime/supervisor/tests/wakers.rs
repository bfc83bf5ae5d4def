//! Who asks may be woken by code that panics: that is the asker's trouble.
#![allow(clippy::unwrap_used)]

mod kit;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use actix::{ActorContext as _, ActorFutureExt as _, WrapFuture as _};
use hedgerow_supervisor::{AskError, Supervisor};
use hedgerow_view::tree::ActorState;
use kit::doer::*;
use kit::*;

/// Panics when it wakes. Once: a timer that is kept may wake it again, later and for nothing, from within the runtime.
#[derive(Default)]
struct Rude(AtomicU32);

impl Wake for Rude {
    fn wake(self: Arc<Self>) {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            panic!("not to be woken");
        }
    }
}

/// Polls once, to be woken rudely.
fn wait_rudely<F: Future>(asked: std::pin::Pin<&mut F>) -> Arc<Rude> {
    let rude = Arc::<Rude>::default();
    let waker = Waker::from(rude.clone());
    assert!(asked.poll(&mut Context::from_waker(&waker)).is_pending());
    rude
}

fn ready<F: Future>(asked: std::pin::Pin<&mut F>) -> F::Output {
    match asked.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answered) => answered,
        Poll::Pending => panic!("it was answered"),
    }
}

#[test]
fn an_answer_that_wakes_rudely_is_there_and_the_actor_answers_on() {
    run(async {
        let (tree, doer) = one_doer().await;
        let mut asked = pin!(doer.ask(deed(|_, _| 7)));
        let rude = wait_rudely(asked.as_mut());
        assert_eq!(doer.ask(deed(|_, _| 8)).await.unwrap(), 8);
        assert_eq!(rude.0.load(Ordering::SeqCst), 1);
        assert_eq!(ready(asked).unwrap(), 7);
        tree.stop().await;
    });
}

#[test]
fn a_panic_whose_asker_wakes_rudely_is_one_fall_with_its_name() {
    run(async {
        let (tree, doer) = one_doer().await;
        let mut asked = pin!(doer.ask(deed(|_, _| panic!("told to"))));
        let rude = wait_rudely(asked.as_mut());
        assert_eq!(
            doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
            2
        );
        assert_eq!(rude.0.load(Ordering::SeqCst), 1);
        let answered = ready(asked);
        assert!(
            matches!(&answered, Err(AskError::Panicked { message, .. }) if message == "told to"),
            "{answered:?}"
        );
        let view = until(&tree, "doer", ActorState::Running).await;
        assert_eq!((view.restarts, view.last_exit.unwrap().reason), (1, "panic"));
        assert_eq!(tree.stop().await.name(), "shutdown");
    });
}

#[test]
fn two_replies_whose_askers_wake_rudely_may_be_lost_with_one_incarnation() {
    run(async {
        let (tree, doer) = one_doer().await;
        let slow = || {
            later(|doer: &mut Doer, _: &mut Ctx| {
                Box::pin(
                    tokio::time::sleep(Duration::from_secs(9))
                        .into_actor(doer)
                        .map(|(), _, _| 1),
                )
            })
        };
        let (mut first, mut second) = (pin!(doer.ask(slow())), pin!(doer.ask(slow())));
        let mut waiting = pin!(doer.ask(deed(|_, context| context.stop())));
        wait_rudely(first.as_mut());
        wait_rudely(second.as_mut());
        wait_rudely(waiting.as_mut());
        assert!(doer.ask(deed(|_, context| context.incarnation())).await.unwrap() >= 2);
        assert!(ready(first).is_err() && ready(second).is_err());
        tree.stop().await;
    });
}

#[test]
fn questions_whose_askers_wake_rudely_are_abandoned_with_the_tree() {
    run(async {
        let (spec, doer) = doer("doer");
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        doer.tell(hold(std::future::pending())).unwrap();
        let (mut first, mut second) = (pin!(doer.ask(deed(|_, _| ()))), pin!(doer.ask(deed(|_, _| ()))));
        wait_rudely(first.as_mut());
        wait_rudely(second.as_mut());
        assert_eq!(tree.stop().await.name(), "shutdown");
        assert!(matches!(ready(first), Err(AskError::Stopped(_))));
        assert!(matches!(ready(second), Err(AskError::Stopped(_))));
    });
}
