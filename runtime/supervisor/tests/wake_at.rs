//! An actor is woken at the time that it asked for last.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use actix::{Actor, Handler, Message};
use hedgerow_supervisor::{CellContext, ChildSpec, Handle, Order, Supervisor, Tree};
use hedgerow_view::Path;
use tokio::time::sleep;

use kit::{here, run};

const fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// Writes down when it was woken, in milliseconds since it was first asked.
#[derive(Default)]
struct Sleeper {
    begun: Option<Duration>,
    woken: Vec<(&'static str, u64)>,
    /// When it wants to be woken again, once it was.
    again: Option<u64>,
}

impl Actor for Sleeper {
    type Context = CellContext<Self>;
}

impl Sleeper {
    fn note(&mut self, what: &'static str, context: &mut CellContext<Self>) {
        let since = context.clock().now() - self.begun.unwrap();
        self.woken.push((what, u64::try_from(since.as_millis()).unwrap()));
        if let Some(at) = self.again.take() {
            let at = self.begun.unwrap() + ms(at);
            context.wake_at(Some(at), Self::look);
        }
    }

    fn look(&mut self, context: &mut CellContext<Self>) {
        self.note("looked", context);
    }

    fn stir(&mut self, context: &mut CellContext<Self>) {
        self.note("stirred", context);
    }
}

/// Be woken at these times, one asked for after the other, in milliseconds since the first order.
struct Ask(Vec<Option<u64>>);

impl Message for Ask {
    type Result = ();
}

impl Handler<Ask> for Sleeper {
    type Result = ();

    fn handle(&mut self, Ask(times): Ask, context: &mut CellContext<Self>) {
        let begun = *self.begun.get_or_insert(context.clock().now());
        for at in times {
            context.wake_at(at.map(|at| begun + ms(at)), Self::look);
        }
    }
}

/// Be woken once more after the next time, at this one.
struct Again(u64);

impl Message for Again {
    type Result = ();
}

impl Handler<Again> for Sleeper {
    type Result = ();

    fn handle(&mut self, Again(at): Again, _: &mut CellContext<Self>) {
        self.again = Some(at);
    }
}

/// Do something else at this time.
struct Stir(u64);

impl Message for Stir {
    type Result = ();
}

impl Handler<Stir> for Sleeper {
    type Result = ();

    fn handle(&mut self, Stir(at): Stir, context: &mut CellContext<Self>) {
        let at = self.begun.unwrap() + ms(at);
        context.wake_at(Some(at), Self::stir);
    }
}

/// When it was woken.
struct Woken;

impl Message for Woken {
    type Result = Vec<(&'static str, u64)>;
}

impl Handler<Woken> for Sleeper {
    type Result = Vec<(&'static str, u64)>;

    fn handle(&mut self, _: Woken, _: &mut CellContext<Self>) -> Self::Result {
        self.woken.clone()
    }
}

async fn sleeper() -> (Tree, Handle<Sleeper>) {
    let (spec, sleeper) = ChildSpec::actor("sleeper", Sleeper::default);
    (here(Supervisor::one_for_one("root").child(spec)).await, sleeper)
}

/// When it is woken that is asked for these times.
fn woken(times: &[Option<u64>]) -> Vec<u64> {
    let mut at = Vec::new();
    run(async {
        let (tree, sleeper) = sleeper().await;
        sleeper.tell(Ask(times.to_vec())).unwrap();
        sleep(ms(1_000)).await;
        at = sleeper
            .ask(Woken)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, at)| at)
            .collect();
        tree.stop().await;
    });
    at
}

#[test]
fn the_time_that_was_asked_for_last_replaces_the_one_before() {
    assert_eq!(woken(&[Some(20)]), [20]);
    assert_eq!(woken(&[Some(20), Some(50)]), [50]);
    assert_eq!(woken(&[Some(50), Some(20)]), [20]);
    assert_eq!(woken(&[Some(20), Some(20)]), [20]);
    assert_eq!(woken(&[Some(20), None]), [0; 0]);
    assert_eq!(woken(&[None, Some(20)]), [20]);
}

#[test]
fn a_time_that_is_over_is_a_millisecond_away() {
    assert_eq!(woken(&[Some(0)]), [1]);
}

#[test]
fn who_is_woken_can_ask_for_the_next_time_also_for_the_same() {
    for next in [20, 30] {
        run(async {
            let (tree, sleeper) = sleeper().await;
            sleeper.tell(Ask(vec![Some(20)])).unwrap();
            sleeper.tell(Again(next)).unwrap();
            sleep(ms(1_000)).await;
            let again = ("looked", next.max(21));
            assert_eq!(sleeper.ask(Woken).await.unwrap(), [("looked", 20), again]);
            tree.stop().await;
        });
    }
}

#[test]
fn what_is_run_is_what_was_asked_for_last_at_the_same_time_too() {
    run(async {
        let (tree, sleeper) = sleeper().await;
        sleeper.tell(Ask(vec![Some(20)])).unwrap();
        sleeper.tell(Stir(20)).unwrap();
        sleep(ms(1_000)).await;
        assert_eq!(sleeper.ask(Woken).await.unwrap(), [("stirred", 20)]);
        tree.stop().await;
    });
}

#[test]
fn nobody_is_woken_for_what_an_incarnation_before_has_asked_for() {
    run(async {
        let (tree, sleeper) = sleeper().await;
        sleeper.tell(Ask(vec![Some(20)])).unwrap();
        let path = Path::root("root").child("sleeper");
        tree.directory().operate(&path, Order::Restart).await.unwrap();
        sleep(ms(1_000)).await;
        assert_eq!(sleeper.ask(Woken).await.unwrap(), []);
        tree.stop().await;
    });
}
