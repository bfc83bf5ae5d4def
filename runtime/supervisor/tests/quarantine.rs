//! Messages that keep crashing their actor are refused at the door, visibly, until they are released.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use actix::{Actor, AsyncContext as _, Handler, Message};
use hedgerow_supervisor::{
    AskError, CellContext, ChildSpec, Handle, OperateError, Quarantine, SendError, Supervisor, Tree,
    WhileRestarting,
};
use hedgerow_view::Path;
use hedgerow_view::tree::{ActorState, QuarantinedView};
use kit::*;
use tokio::time::advance;

/// Crashes on what it is told to crash on.
struct Touchy;

impl Actor for Touchy {
    type Context = CellContext<Self>;
}

#[derive(Debug, PartialEq)]
struct Work {
    item: u64,
    crashes: bool,
}

impl Message for Work {
    type Result = u64;
}

impl Handler<Work> for Touchy {
    type Result = u64;

    fn handle(&mut self, work: Work, _: &mut CellContext<Self>) -> u64 {
        assert!(!work.crashes, "crashed by {}", work.item);
        work.item
    }
}

struct Other;

impl Message for Other {
    type Result = ();
}

impl Handler<Other> for Touchy {
    type Result = ();

    fn handle(&mut self, _: Other, _: &mut CellContext<Self>) {}
}

struct CrashInTimer;

impl Message for CrashInTimer {
    type Result = ();
}

impl Handler<CrashInTimer> for Touchy {
    type Result = ();

    fn handle(&mut self, _: CrashInTimer, context: &mut CellContext<Self>) {
        context.run_later(Duration::from_millis(1), |_, _| panic!("by the clock"));
    }
}

fn bad(item: u64) -> Work {
    Work { item, crashes: true }
}

fn good(item: u64) -> Work {
    Work { item, crashes: false }
}

async fn touchy(settle: impl FnOnce(ChildSpec) -> ChildSpec) -> (Tree, Handle<Touchy>) {
    let (spec, touchy) = ChildSpec::actor("touchy", || Touchy);
    let root = Supervisor::one_for_one("root").intensity(1_000, Duration::from_secs(1));
    (here(root.child(settle(spec))).await, touchy)
}

async fn crash(touchy: &Handle<Touchy>, item: u64, times: u32) {
    for _ in 0..times {
        let crashed = touchy.ask(bad(item)).await;
        assert!(matches!(&crashed, Err(AskError::Panicked { .. })), "{crashed:?}");
    }
}

fn quarantined(tree: &Tree) -> Vec<QuarantinedView> {
    at(&tree.directory().tree(), &["touchy"]).quarantined.clone()
}

fn events(tree: &Tree, kind: &str) -> Vec<String> {
    let told = tree.directory().events().since(0);
    let told = told.iter().filter(|event| event.kind == kind);
    told.map(|event| format!("{}: {}", event.path, event.cause))
        .collect()
}

fn by_item(spec: ChildSpec) -> ChildSpec {
    spec.quarantine(Quarantine::default())
        .fingerprint::<Work>(|work| work.item)
}

#[test]
fn the_third_crash_quarantines_a_message_and_it_comes_back_at_the_door() {
    run(async {
        let (tree, touchy) = touchy(by_item).await;
        crash(&touchy, 1, 3).await;
        let asked = touchy.ask(bad(1)).await.unwrap_err();
        assert!(matches!(&asked, AskError::Quarantined(_)), "{asked:?}");
        assert_eq!(asked.into_message(), Some(bad(1)));
        let Err(SendError::Quarantined(told)) = touchy.tell(bad(1)) else {
            panic!("it was let in")
        };
        assert_eq!(told, bad(1));
        assert_eq!(
            touchy.ask(good(2)).await.unwrap(),
            2,
            "another fingerprint passes"
        );
        touchy.ask(Other).await.unwrap();
        let shown = quarantined(&tree);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].message.ends_with("Work"));
        assert_eq!(
            (
                shown[0].fingerprint.as_deref(),
                shown[0].crashes,
                shown[0].refused
            ),
            (Some("0000000000000001"), 3, 2)
        );
        let told = events(&tree, "messageQuarantined");
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("root/touchy: `") && told[0].ends_with("crashed it 3 times"),
            "{told:?}"
        );
        tree.stop().await;
    });
}

#[test]
fn a_released_message_is_let_in_again_and_may_be_quarantined_again() {
    run(async {
        let (tree, touchy) = touchy(by_item).await;
        let path = Path::root("root").child("touchy");
        crash(&touchy, 1, 3).await;
        assert!(touchy.tell(good(1)).is_err());
        tree.directory().release(&path).unwrap();
        assert_eq!(touchy.ask(good(1)).await.unwrap(), 1);
        assert!(quarantined(&tree).is_empty());
        let told = events(&tree, "messageReleased");
        assert!(told[0].ends_with("by hand, after 1 refusals"), "{told:?}");
        crash(&touchy, 1, 3).await;
        assert!(touchy.tell(good(1)).is_err());
        let nobody = Path::root("root").child("nobody");
        assert!(matches!(
            tree.directory().release(&nobody),
            Err(OperateError::NotFound { path }) if path == nobody
        ));
        tree.stop().await;
    });
}

#[test]
fn without_a_fingerprint_the_type_counts_and_without_a_rule_nothing_does() {
    run(async {
        let (tree, by_type) = touchy(|spec| spec.quarantine(Quarantine::default())).await;
        crash(&by_type, 1, 1).await;
        crash(&by_type, 2, 2).await;
        assert!(by_type.tell(good(3)).is_err());
        assert_eq!(quarantined(&tree)[0].fingerprint, None);
        by_type.ask(Other).await.unwrap();
        tree.stop().await;
        let (tree, free) = touchy(|spec| spec).await;
        crash(&free, 1, 10).await;
        assert_eq!(free.ask(good(1)).await.unwrap(), 1);
        tree.stop().await;
    });
}

#[test]
fn a_success_clears_the_suspicion_and_exempts_for_the_window() {
    run(async {
        let (tree, touchy) = touchy(by_item).await;
        crash(&touchy, 1, 2).await;
        assert_eq!(touchy.ask(good(1)).await.unwrap(), 1);
        crash(&touchy, 1, 9).await;
        assert_eq!(touchy.ask(good(1)).await.unwrap(), 1, "still let in");
        advance(Duration::from_secs(61)).await;
        crash(&touchy, 1, 3).await;
        assert!(
            touchy.tell(good(1)).is_err(),
            "the window of the exemption is over"
        );
        tree.stop().await;
    });
}

#[test]
fn crashes_that_lie_further_apart_than_the_window_quarantine_nothing() {
    run(async {
        let (tree, touchy) = touchy(by_item).await;
        for _ in 0..5 {
            crash(&touchy, 1, 1).await;
            advance(Duration::from_secs(31)).await;
        }
        assert!(quarantined(&tree).is_empty());
        tree.stop().await;
    });
}

#[test]
fn a_panic_in_a_timer_is_nobodys_and_quarantines_nothing() {
    run(async {
        let (tree, touchy) = touchy(|spec| {
            spec.quarantine(Quarantine {
                crashes: 1,
                ..Quarantine::default()
            })
        })
        .await;
        for restarts in 1..4 {
            touchy.ask(CrashInTimer).await.unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(
                until(&tree, "touchy", ActorState::Running).await.restarts,
                restarts
            );
        }
        assert!(quarantined(&tree).is_empty());
        touchy.ask(CrashInTimer).await.unwrap();
        tree.stop().await;
    });
}

#[test]
fn what_was_let_in_before_is_still_handled_and_counts() {
    run(async {
        let (tree, touchy) = touchy(by_item).await;
        let asked: Vec<_> = (0..5).map(|_| touchy.ask(bad(1))).collect();
        for crashed in asked {
            assert!(matches!(crashed.await, Err(AskError::Panicked { .. })));
        }
        assert_eq!(quarantined(&tree)[0].crashes, 5);
        tree.stop().await;
    });
}

#[test]
fn an_actor_that_refuses_while_it_is_restarted_says_so_until_it_is_ready() {
    run(async {
        let habits = Habits {
            start_takes: Duration::from_secs(1),
            ..Habits::default()
        };
        let (spec, clerk) = clerk_with("clerk", habits);
        // The first start is no restart: what comes then waits.
        clerk.tell(Count).unwrap();
        let spec = spec.while_restarting(WhileRestarting::Refuse);
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 2);
        let (fallen, waiting) = tokio::join!(clerk.ask(Panic), clerk.ask(Count));
        assert!(fallen.is_err());
        assert_eq!(waiting.unwrap(), 1, "what waited already went on waiting");
        let fallen = clerk.ask(Panic).await;
        assert!(fallen.is_err());
        // Past its back-off, and not ready.
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(
            at(&tree.directory().tree(), &["clerk"]).state,
            ActorState::Starting
        );
        assert!(matches!(clerk.tell(Count), Err(SendError::Restarting(Count))));
        assert!(matches!(clerk.ask(Count).await, Err(AskError::Restarting(Count))));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(clerk.ask(Count).await.unwrap(), 1);
        assert_eq!(
            at(&tree.directory().tree(), &["clerk"]).mailbox.refused,
            0,
            "the mailbox was not full"
        );
        tree.stop().await;
    });
}
