//! A setting that can never mean anything is a mistake of the spec, with its path and what to do.
#![allow(clippy::unwrap_used)]

mod kit;

use std::time::Duration;

use hedgerow_supervisor::{
    Arbiters, ChildSpec, Ground, Quarantine, SpecError, StartError, Supervisor, Tree, WhileRestarting,
};
use hedgerow_view::Path;
use kit::*;

const ON_A_SUPERVISOR: &str =
    "and is a supervisor, to which nobody sends messages: set it on the actors below";

/// The mistakes of this one child of a root.
async fn mistakes(child: impl Into<ChildSpec>) -> Vec<SpecError> {
    let root = Supervisor::one_for_one("root").child(child.into());
    let started = Tree::start(root, &Ground::new(Arbiters::current_thread())).await;
    let Err(StartError::Invalid(invalid)) = started else {
        panic!("a tree with mistakes was started")
    };
    invalid.errors
}

fn office() -> ChildSpec {
    Supervisor::one_for_one("office").into()
}

fn without_effect(name: &str, what: &'static str, why: &'static str) -> SpecError {
    let path = Path::root("root").child(name);
    SpecError::WithoutEffect { path, what, why }
}

#[test]
fn a_quarantine_counts_something_over_some_time_and_has_room() {
    run(async {
        let rule = Quarantine {
            crashes: 0,
            within: Duration::ZERO,
            max: 0,
        };
        let zero = |what, least| SpecError::Zero {
            path: Path::root("root").child("clerk"),
            what,
            least,
        };
        let mistakes = mistakes(clerk("clerk").0.quarantine(rule)).await;
        assert_eq!(
            mistakes,
            [
                zero("`crashes` of its quarantine", "1"),
                zero("`within` of its quarantine", "1 ms"),
                zero("`max` of its quarantine", "1")
            ]
        );
        assert_eq!(
            mistakes[0].to_string(),
            "root/clerk: `crashes` of its quarantine is zero: it must be at least 1"
        );
    });
}

#[test]
fn a_fingerprint_without_a_quarantine_tells_nothing_apart() {
    run(async {
        let idle = mistakes(clerk("clerk").0.fingerprint::<Count>(|_| 1)).await;
        let why = "and no quarantine that goes by it: give it one, or take the fingerprint away";
        assert_eq!(idle, [without_effect("clerk", "a fingerprint", why)]);
        assert_eq!(
            idle[0].to_string(),
            format!("root/clerk: it has a fingerprint, {why}")
        );
    });
}

#[test]
fn what_is_about_messages_is_not_for_supervisors() {
    run(async {
        let idle = mistakes(
            office()
                .quarantine(Quarantine::default())
                .fingerprint::<Count>(|_| 1)
                .while_restarting(WhileRestarting::Refuse),
        );
        assert_eq!(
            idle.await,
            ["a quarantine", "a fingerprint", "`WhileRestarting::Refuse`"].map(|what| without_effect(
                "office",
                what,
                ON_A_SUPERVISOR
            ))
        );
    });
}

#[test]
fn what_means_something_is_no_mistake() {
    run(async {
        let clerk = clerk("clerk").0.quarantine(Quarantine::default());
        let clerk = clerk.fingerprint::<Count>(|_| 1);
        let clerk = clerk.while_restarting(WhileRestarting::Refuse);
        let office = office().while_restarting(WhileRestarting::Queue).mailbox(7);
        let tree = here(Supervisor::one_for_one("root").child(clerk).child(office)).await;
        tree.stop().await;
    });
}
