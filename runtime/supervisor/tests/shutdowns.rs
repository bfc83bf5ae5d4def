//! How actors are stopped: what of them runs, how long it takes, and in which order.
#![allow(clippy::unwrap_used)]

mod kit;

use std::pin::pin;
use std::task::{self, Waker};
use std::time::Duration;

use actix::{Actor, Handler, Running};
use hedgerow_supervisor::{
    AddError, Arbiters, AskError, CellContext, ChildSpec, Clock, Ground, Handle, Shutdown, Supervisor, Tree,
};
use kit::doer::Log;
use kit::*;

/// Notes every hook of its life.
struct Diarist(Log);

impl Actor for Diarist {
    type Context = CellContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.0.note("started");
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.0.note("stopping");
        Running::Stop
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.0.note("stopped");
    }
}

impl Drop for Diarist {
    fn drop(&mut self) {
        self.0.note("dropped");
    }
}

impl Handler<Panic> for Diarist {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut CellContext<Self>) {
        self.0.note("torn");
        panic!("told to");
    }
}

fn diarist(log: &Log) -> (ChildSpec, Handle<Diarist>) {
    let log = log.clone();
    ChildSpec::actor("diarist", move || {
        log.note("made");
        Diarist(log.clone())
    })
}

/// The ends of all children, in their order.
fn exits(tree: &Tree) -> Vec<String> {
    let told = tree.directory().events().since(0);
    let told = told.iter().filter(|event| event.kind == "childExited");
    told.map(|event| format!("{}: {}", event.path, event.cause))
        .collect()
}

#[test]
fn a_value_that_a_panic_has_torn_is_dropped_and_neither_stopping_nor_stopped_runs_on_it() {
    run(async {
        let log = Log::default();
        let (spec, diarist) = diarist(&log);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let asked = diarist.ask(Panic).await;
        assert!(matches!(asked, Err(AskError::Panicked { .. })), "{asked:?}");
        tree.stop().await;
        assert_eq!(log.count("made"), 2, "its successor had begun");
        let first = &log.lines()[..4];
        assert_eq!(first, ["made", "started", "torn", "dropped"]);
        assert_eq!(
            log.lines()[4..],
            ["made", "started", "stopping", "stopped", "dropped"]
        );
    });
}

#[test]
fn a_child_that_is_stopped_brutally_is_dropped_and_neither_stopping_nor_stopped_runs() {
    run(async {
        let log = Log::default();
        let (spec, _diarist) = diarist(&log);
        let root = Supervisor::one_for_one("root").child(spec.shutdown(Shutdown::Brutal));
        let tree = here(root).await;
        tree.stop().await;
        assert_eq!(log.lines(), ["made", "started", "dropped"]);
        assert_eq!(
            exits(&tree),
            ["root/diarist: killed: at once, as its shutdown says"]
        );
    });
}

#[test]
fn of_a_child_that_is_stopped_before_its_first_turn_nothing_runs() {
    run(async {
        let log = Log::default();
        let (root, children) = Supervisor::one_for_one("root").dynamic();
        let tree = here(root).await;
        let (spec, diarist) = diarist(&log);
        let waiting = diarist.ask(Panic);
        // Both are in the supervisor's mailbox before it begins with the first.
        let (added, deleted) = tokio::join!(children.add(spec), children.delete("diarist"));
        assert!(matches!(added, Err(AddError::Ended { .. })), "{added:?}");
        assert_eq!(deleted, Ok(()));
        assert!(matches!(waiting.await, Err(AskError::Stopped(Panic))));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(log.lines(), [""; 0]);
        tree.stop().await;
    });
}

#[test]
fn of_a_tree_that_is_let_go_before_its_first_turn_nothing_runs() {
    run(async {
        let log = Log::default();
        let (spec, diarist) = diarist(&log);
        {
            let ground = Ground::new(Arbiters::current_thread());
            let root = Supervisor::one_for_one("root").child(spec);
            let mut start = pin!(Tree::start(root, &ground));
            let looked = start.as_mut().poll(&mut task::Context::from_waker(Waker::noop()));
            assert!(looked.is_pending());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(matches!(diarist.ask(Panic).await, Err(AskError::Stopped(Panic))));
        assert_eq!(log.lines(), [""; 0]);
    });
}

#[test]
fn a14_children_that_ignore_stop_cost_the_sum_of_their_limits_and_the_others_stop_in_order() {
    run(async {
        let stubborn = |name: &str, limit| {
            let habits = Habits {
                ignores_stop: true,
                ..Habits::default()
            };
            let (spec, _) = clerk_with(name, habits);
            spec.shutdown(Shutdown::Within(Duration::from_millis(limit)))
        };
        let inner = Supervisor::one_for_one("inner")
            .child(clerk("d").0)
            .child(stubborn("e", 400));
        let root = Supervisor::one_for_one("root")
            .child(clerk("a").0)
            .child(stubborn("b", 200))
            .child(inner)
            .child(stubborn("f", 1_000))
            .child(clerk("g").0);
        let tree = here(root).await;
        let clock = Clock::start();
        tree.stop().await;
        let took = clock.now().as_millis();
        assert!((1_600..1_610).contains(&took), "{took} ms");
        assert_eq!(
            exits(&tree),
            [
                "root/g: shutdown",
                "root/f: killed: did not stop within 1s",
                "root/inner/e: killed: did not stop within 400ms",
                "root/inner/d: shutdown",
                "root/inner: shutdown",
                "root/b: killed: did not stop within 200ms",
                "root/a: shutdown",
            ]
        );
    });
}
