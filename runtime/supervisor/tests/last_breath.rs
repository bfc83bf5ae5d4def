//! What a thread that is ending may still do: its own thread-locals are dropped after those of the kernel.
#![allow(clippy::unwrap_used)]

mod kit;

use std::cell::RefCell;
use std::panic::set_hook;
use std::sync::mpsc::sync_channel;
use std::thread;

use hedgerow_supervisor::{AskError, Supervisor, catch};
use kit::doer::*;
use kit::*;
use tokio::task::LocalSet;

/// Does something when it is dropped.
struct Last<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Last<F> {
    fn drop(&mut self) {
        if let Some(last) = self.0.take() {
            last();
        }
    }
}

thread_local! {
    static LAST: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
}

/// Does this when the thread ends. Said before the kernel is used, so that the kernel's own are gone by then.
fn at_the_end(last: impl FnOnce() + 'static) {
    LAST.set(Some(Box::new(Last(Some(last)))));
}

#[test]
fn a_panic_is_caught_on_a_thread_that_is_ending() {
    let (told, hearing) = sync_channel(1);
    let thread = thread::spawn(move || {
        at_the_end(move || {
            let caught = catch(|| panic!("late")).unwrap_err();
            told.send(caught.message).unwrap();
        });
        assert_eq!(catch(|| panic!("early")).unwrap_err().message, "early");
    });
    thread.join().unwrap();
    assert_eq!(hearing.recv().unwrap(), "late");
}

#[test]
fn a_tree_may_be_dropped_by_a_thread_that_is_ending() {
    // A panic while a task is dropped is caught by tokio: only the hook hears of it.
    let (panicked, panics) = sync_channel(100);
    set_hook(Box::new(move |info| {
        let said = info.to_string();
        if said.contains("Thread Local Storage") {
            let _ = panicked.try_send(said);
        }
    }));
    let (told, hearing) = sync_channel(1);
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let actors = LocalSet::new();
        let slot = std::rc::Rc::new(RefCell::new(None));
        let kept = slot.clone();
        at_the_end(move || {
            drop(kept.take());
            told.send(()).unwrap();
        });
        let tree = actors.block_on(&runtime, async {
            let (spec, doer) = doer("doer");
            let tree = here(Supervisor::one_for_one("root").child(spec)).await;
            // Its reply was owed over a panic, so that the thread has kept one once.
            let asked = doer.ask(deed(|_, _| panic!("told to"))).await;
            assert!(matches!(asked, Err(AskError::Panicked { .. })), "{asked:?}");
            doer.ask(deed(|_, _| ())).await.unwrap();
            tree
        });
        *slot.borrow_mut() = Some((actors, tree, runtime));
    });
    thread.join().unwrap();
    hearing.recv().unwrap();
    assert_eq!(panics.try_iter().collect::<Vec<_>>(), [""; 0]);
}
