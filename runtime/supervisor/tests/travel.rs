//! The context travels with a message wherever its work goes, and no further.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Handler, Message, WrapFuture as _};
use hedgerow_supervisor::{AskError, CellContext, ChildSpec, Clock, Context, Supervisor};
use kit::doer::*;
use kit::*;
use tokio::time::sleep;

fn tenant() -> String {
    Context::current().tenant().unwrap_or("nobody").to_owned()
}

fn acme() -> Context {
    Context::default().with_tenant("acme")
}

/// Notes on whose behalf something is done.
fn noting(log: &Log, what: &'static str) -> impl Fn() + Clone + Send + use<> {
    let log = log.clone();
    move || log.note(format!("{what}: {}", tenant()))
}

#[test]
fn a_context_goes_along_with_tell_ask_and_all_that_a_handler_begins() {
    run(async {
        let log = Log::default();
        let (tree, doer) = one_doer().await;
        let (told, notified, noticed) = (
            noting(&log, "tell"),
            noting(&log, "notify"),
            noting(&log, "own notify"),
        );
        let (spawned, waited, timed) = (noting(&log, "spawn"), noting(&log, "wait"), noting(&log, "timer"));
        let later_on = noting(&log, "interval");
        let begin = deed(move |doer: &mut Doer, context: &mut Ctx| {
            told();
            let notified = deed(move |_, _| notified());
            context.notify(notified).unwrap();
            actix::AsyncContext::notify(context, deed(move |_, _| noticed()));
            context.spawn(async move { spawned() }.into_actor(doer));
            context.wait(
                async move {
                    sleep(Duration::from_millis(1)).await;
                    waited();
                }
                .into_actor(doer),
            );
            context.run_later(Duration::from_millis(5), move |_, _| timed());
            context.run_interval(Duration::from_millis(7), move |_, context| {
                later_on();
                actix::ActorContext::stop(context);
            });
        });
        acme().enter(|| doer.tell(begin)).unwrap();
        sleep(Duration::from_millis(50)).await;
        let mut lines = log.lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                "interval: acme",
                "notify: acme",
                "own notify: acme",
                "spawn: acme",
                "tell: acme",
                "timer: acme",
                "wait: acme"
            ]
        );
        tree.stop().await;
    });
}

#[test]
fn a_context_goes_along_with_questions_and_their_asynchronous_replies() {
    run(async {
        let (tree, doer) = one_doer().await;
        let asked = acme().enter(|| doer.ask(deed(|_, _| tenant())));
        assert_eq!(asked.await.unwrap(), "acme");
        let asked = acme().enter(|| {
            doer.ask(later(|doer, _| {
                let reply = async {
                    sleep(Duration::from_millis(1)).await;
                    tenant()
                };
                Box::pin(reply.into_actor(doer).map(|tenant, _, _| tenant))
            }))
        });
        assert_eq!(asked.await.unwrap(), "acme", "in the reply as well");
        tree.stop().await;
    });
}

#[test]
fn a_context_leaks_neither_to_the_next_message_nor_past_a_panic_nor_to_the_next_incarnation() {
    run(async {
        let (tree, doer) = one_doer().await;
        let first = acme().enter(|| doer.ask(deed(|_, _| tenant())));
        let second = doer.ask(deed(|_, _| tenant()));
        assert_eq!(
            (first.await.unwrap().as_str(), second.await.unwrap().as_str()),
            ("acme", "nobody")
        );
        let fallen = acme().enter(|| doer.ask(deed(|_, _| panic!("told to"))));
        let next = doer.ask(deed(|_, _| tenant()));
        assert!(fallen.await.is_err());
        assert_eq!(next.await.unwrap(), "nobody");
        assert!(Context::current().is_empty(), "nor to the thread");
        let timed = acme().enter(|| {
            doer.ask(deed(|_, context| {
                context.run_later(Duration::from_millis(1), |_, _| panic!("told to"));
            }))
        });
        timed.await.unwrap();
        sleep(Duration::from_millis(20)).await;
        assert_eq!(doer.ask(deed(|_, _| tenant())).await.unwrap(), "nobody");
        tree.stop().await;
    });
}

#[test]
fn contexts_nest_from_actor_to_actor() {
    run(async {
        let (first, one) = doer("one");
        let (second, two) = doer("two");
        let tree = here(Supervisor::one_for_one("root").child(first).child(second)).await;
        let asked = acme().enter(|| {
            one.ask(later(move |doer, _| {
                let plain = two.ask(deed(|_, _| tenant()));
                let inner = Context::current().with_tenant("globex");
                let other = inner.enter(|| two.ask(deed(|_, _| tenant())));
                let after = tenant();
                let reply = async move { (plain.await.unwrap(), other.await.unwrap(), after, tenant()) };
                Box::pin(reply.into_actor(doer))
            }))
        });
        let (plain, inner, after, at_last) = asked.await.unwrap();
        assert_eq!(
            [plain, inner, after, at_last],
            ["acme", "globex", "acme", "acme"],
            "the inner one ends where it was entered"
        );
        tree.stop().await;
    });
}

/// Notes in which context it starts.
struct Starting(Log);

impl Actor for Starting {
    type Context = CellContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        noting(&self.0, "started")();
    }
}

struct Fall;

impl Message for Fall {
    type Result = ();
}

impl Handler<Fall> for Starting {
    type Result = ();

    fn handle(&mut self, _: Fall, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

#[test]
fn the_context_in_which_an_actor_is_placed_reaches_its_first_factory_and_started_and_no_later_one() {
    run(async {
        let log = Log::default();
        let (made, notes) = (noting(&log, "factory"), log.clone());
        let declare = || {
            ChildSpec::actor("starting", move || {
                made();
                Starting(notes.clone())
            })
        };
        let (spec, starting) = declare();
        let tree = acme()
            .scope(here(Supervisor::one_for_one("root").child(spec)))
            .await;
        starting.ask(Fall).await.unwrap_err();
        starting.ask(Fall).await.unwrap_err();
        let log = &log.lines()[..4];
        assert_eq!(
            log,
            [
                "factory: acme",
                "started: acme",
                "factory: nobody",
                "started: nobody"
            ]
        );
        tree.stop().await;
    });
}

#[test]
fn a_question_waits_no_longer_than_the_deadline_of_its_context() {
    run(async {
        let (tree, doer) = one_doer().await;
        let clock = Clock::start();
        doer.tell(hold(sleep(Duration::from_secs(10)))).unwrap();
        let hurried = Context::default().with_deadline(clock.at(Duration::from_secs(2)));
        let asked = hurried.enter(|| doer.ask(deed(|_, _| ()))).await;
        assert!(
            matches!(&asked, Err(AskError::Deadline { limit, message: Some(_) }) if *limit == Duration::from_secs(2)),
            "{asked:?}"
        );
        assert_eq!(clock.now().as_secs(), 2);
        let asked = hurried
            .enter(|| doer.ask_within(Duration::from_secs(60), deed(|_, _| ())))
            .await;
        assert!(matches!(asked, Err(AskError::Deadline { .. })), "it has passed");
        assert_eq!(clock.now().as_secs(), 2);
        // The deadline goes along: what the handler asks is shortened too.
        let late = Context::default().with_deadline(clock.at(Duration::from_secs(15)));
        let left = late.enter(|| {
            doer.ask_within(
                Duration::from_secs(60),
                deed(|_, context| Context::current().remaining(context.clock().at(context.clock().now()))),
            )
        });
        assert_eq!(
            left.await.unwrap().unwrap().as_secs(),
            5,
            "asked at 2 s, begun at 10 s"
        );
        tree.stop().await;
    });
}
