//! Questions: what who asks is told, whatever becomes of who was asked.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Actor, AsyncContext as _, AtomicResponse, Handler, Message, WrapFuture as _};
use hedgerow_supervisor::{
    AskError, CellContext, ChildSpec, Clock, Exit, Handle, Order, Shutdown, Supervisor,
};
use kit::doer::*;
use kit::*;
use tokio::sync::oneshot;

const LIMIT: Duration = Duration::from_millis(700);

/// Answers by asking another, and holds everything else up meanwhile.
struct Peer(Arc<OnceLock<Handle<Peer>>>);

impl Actor for Peer {
    type Context = CellContext<Self>;
}

#[derive(Debug, PartialEq)]
struct AskTheOther;

impl Message for AskTheOther {
    type Result = Result<(), String>;
}

impl Handler<AskTheOther> for Peer {
    type Result = AtomicResponse<Self, Result<(), String>>;

    fn handle(&mut self, _: AskTheOther, _: &mut CellContext<Self>) -> Self::Result {
        let asked = self.0.get().unwrap().ask_within(LIMIT, AskTheOther);
        AtomicResponse::new(Box::pin(
            async move { asked.await.map_err(|error| error.to_string())? }.into_actor(self),
        ))
    }
}

fn peer(name: &str, other: &Arc<OnceLock<Handle<Peer>>>) -> (ChildSpec, Handle<Peer>) {
    let other = other.clone();
    ChildSpec::actor(name, move || Peer(other.clone()))
}

#[test]
fn a10_two_actors_that_ask_each_other_are_freed_by_the_limit() {
    run(async {
        let (of_a, of_b) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
        let (first, second) = (peer("a", &of_a), peer("b", &of_b));
        of_a.set(second.1).unwrap();
        of_b.set(first.1.clone()).unwrap();
        let tree = here(Supervisor::one_for_one("root").child(first.0).child(second.0)).await;
        // a waits for b, b for a, and a takes no message while it waits.
        let began = Clock::start();
        let answered = first.1.ask(AskTheOther).await.unwrap();
        assert!(answered.unwrap_err().contains("no answer within 700ms"));
        assert_eq!(
            began.now().as_millis() / 100,
            7,
            "one limit, not one after another"
        );
        tree.stop().await;
    });
}

#[test]
fn a_question_that_was_not_begun_in_time_comes_back_and_is_never_handled() {
    run(async {
        let (spec, clerk) = clerk_with(
            "clerk",
            Habits {
                start_takes: Duration::from_secs(2),
                ..Habits::default()
            },
        );
        let starting = Supervisor::one_for_one("root").child(spec);
        let (tree, late) = tokio::join!(here(starting), clerk.ask_within(LIMIT, Count));
        let late = late.unwrap_err();
        assert!(matches!(&late, AskError::Deadline { limit, message: Some(Count) } if *limit == LIMIT));
        assert!(late.into_message().is_some());
        assert_eq!(
            clerk.ask(Count).await.unwrap(),
            1,
            "the one before was not handled"
        );
        tree.stop().await;
    });
}

#[test]
fn a_question_that_was_begun_and_not_answered_in_time_does_not_come_back() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        let late = clerk.ask_within(LIMIT, Answer42Later).await.unwrap_err();
        assert!(
            matches!(late, AskError::Deadline { message: None, .. }),
            "{late:?}"
        );
        tree.stop().await;
    });
}

#[test]
fn who_asks_an_actor_that_is_killed_or_fails_meanwhile_is_told_how_it_ended() {
    run(async {
        let (spec, clerk) = clerk("clerk");
        let spec = spec.shutdown(Shutdown::Brutal);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let path = at(&tree.directory().tree(), &["clerk"]).path.clone();
        let (killed, ordered) = tokio::join!(
            clerk.ask(Answer42Later),
            tree.directory().operate(&path, Order::Restart)
        );
        ordered.unwrap();
        assert!(
            matches!(&killed, Err(AskError::Ended(Exit::Killed { .. }))),
            "{killed:?}"
        );
        let (failed, _) = tokio::join!(clerk.ask(Answer42Later), clerk.ask(Fail));
        assert!(failed.unwrap_err().to_string().contains("out of ink"));
        tree.stop().await;
    });
}

#[test]
fn a11_a_question_whose_asker_is_gone_is_not_begun() {
    run(async {
        let (tree, clerk) = one_clerk().await;
        for _ in 0..100 {
            drop(clerk.ask(Count));
        }
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        tree.stop().await;
    });
}

#[test]
fn a10_an_actor_that_asks_itself_is_answered_if_it_goes_on_meanwhile_and_freed_by_the_limit_if_not() {
    run(async {
        let (tree, doer) = one_doer().await;
        let ask_self = |waits: bool| {
            later(move |_, context| {
                let asked = context
                    .handle()
                    .ask_within(Duration::from_secs(1), deed(|_, _| 7));
                let (told, answer) = oneshot::channel();
                let ask = actix::fut::wrap_future(async move { told.send(asked.await.ok()).unwrap() });
                if waits {
                    context.wait(ask);
                } else {
                    context.spawn(ask);
                }
                Box::pin(actix::fut::wrap_future(async move { answer.await.unwrap() }))
            })
        };
        assert_eq!(doer.ask(ask_self(false)).await.unwrap(), Some(7));
        assert_eq!(doer.ask(ask_self(true)).await.unwrap(), None);
        assert_eq!(doer.ask(deed(|_, _| 1)).await.unwrap(), 1, "it goes on");
        tree.stop().await;
    });
}

#[test]
fn limits_without_an_end_are_limits_all_the_same() {
    run(async {
        let (spec, doer) = doer("doer");
        let spec = spec
            .shutdown(Shutdown::Within(Duration::MAX))
            .start_within(Duration::MAX);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let answered = doer.ask_within(Duration::MAX, deed(|_, _| 1));
        assert_eq!(answered.await.unwrap(), 1);
        tree.stop().await;
    });
}
