//! What is known of a panic is that panic's own, whatever its payload does and whatever was caught before it.
#![allow(clippy::unwrap_used)]

mod kit;

use std::panic::{catch_unwind, resume_unwind};

use hedgerow_supervisor::AskError;
use hedgerow_view::tree::ActorState;
use kit::doer::*;
use kit::*;

/// Panics with another of its kind when it is dropped, so many times.
struct Matryoshka(u32);

impl Drop for Matryoshka {
    fn drop(&mut self) {
        if let Some(inner) = self.0.checked_sub(1) {
            std::panic::panic_any(Self(inner));
        }
    }
}

#[test]
fn a_panic_whose_payload_panics_in_drop_again_and_again_is_one_panic() {
    run(async {
        let (tree, doer) = one_doer().await;
        let asked = doer.ask(deed(|_, _| std::panic::panic_any(Matryoshka(5)))).await;
        assert!(matches!(asked, Err(AskError::Panicked { .. })), "{asked:?}");
        assert_eq!(
            doer.ask(deed(|_, context| context.incarnation())).await.unwrap(),
            2
        );
        let view = until(&tree, "doer", ActorState::Running).await;
        assert_eq!(view.last_exit.unwrap().reason, "panic");
        tree.stop().await;
    });
}

#[test]
fn a_panic_that_was_caught_before_does_not_give_its_name_to_another() {
    run(async {
        let (tree, doer) = one_doer().await;
        let asked = doer
            .ask(deed(|_, _| {
                let _ = catch_unwind(|| panic!("harmless"));
                resume_unwind(Box::new("the real one"));
            }))
            .await;
        let Err(AskError::Panicked { message, .. }) = &asked else {
            panic!("{asked:?}")
        };
        assert_eq!(message, "the real one");
        tree.stop().await;
    });
}

#[test]
fn of_a_long_panic_message_the_beginning_is_kept_and_how_much_was_cut() {
    run(async {
        let (tree, doer) = one_doer().await;
        // Three bytes each, so that the limit of 4,096 falls into the midst of one.
        for (signs, kept, cut) in [(1_365, 1_365, ""), (1_366, 1_365, "… (3 bytes more)")] {
            let asked = doer.ask(deed(move |_, _| panic!("{}", "€".repeat(signs)))).await;
            let Err(AskError::Panicked { message, .. }) = asked else {
                panic!("{asked:?}")
            };
            assert_eq!(message, "€".repeat(kept) + cut);
        }
        tree.stop().await;
    });
}
