//! A flood takes no more memory than the mailbox has room, and gives it back once it is over.
#![allow(
    clippy::unwrap_used,
    unsafe_code,
    reason = "an allocator that counts can be written in no other way"
)]

mod kit;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hedgerow_supervisor::{SendError, Supervisor};
use kit::doer::*;
use kit::*;

/// Counts the bytes that are in use.
struct Counting(AtomicIsize);

#[global_allocator]
static COUNTING: Counting = Counting(AtomicIsize::new(0));

// SAFETY: every call goes to the system's allocator as it is; the counting touches no memory of anybody's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: what the caller promises is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.0.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: what the caller promises is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

fn in_use() -> isize {
    COUNTING.0.load(Ordering::Relaxed)
}

/// One test at a time: another one beside it would be counted too.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a7_a_flood_takes_no_more_memory_than_the_mailbox_has_room_for() {
    const ROOM: usize = 1_000;
    const FLOOD: usize = 1_000_000;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    run(async {
        let (spec, doer) = doer("doer");
        let (quiet, other) = doer::doer("other");
        let root = Supervisor::one_for_one("root")
            .child(spec.mailbox(ROOM))
            .child(quiet);
        let tree = here(root).await;
        let message = || {
            let load = [0_u64; 16];
            deed(move |doer, _| doer.count += 1 + load[0] as u32)
        };
        // It handles none meanwhile.
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        doer.ask(hold(async move { drop(ended.await) })).await.unwrap();
        let before = in_use();
        for _ in 0..ROOM {
            doer.tell(message()).unwrap();
        }
        let full = in_use() - before;
        assert!(full > 128 * ROOM as isize, "{full} bytes wait");
        let mut most = 0;
        for index in 0..FLOOD {
            let refused = doer.tell(message());
            assert!(matches!(refused, Err(SendError::Overloaded(_))));
            most = most.max(in_use() - before - full);
            drop(refused);
            if index % 100_000 == 0 {
                other.ask(deed(|_, _| ())).await.unwrap();
            }
        }
        assert!(most < 10_000, "{most} bytes more than the {full} that may wait");
        let mailbox = at(&tree.directory().tree(), &["doer"]).mailbox;
        assert_eq!((mailbox.depth, mailbox.refused), (ROOM as u64, FLOOD as u64));
        drop(end);
        tokio::task::yield_now().await;
        while at(&tree.directory().tree(), &["doer"]).mailbox.depth > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(doer.ask(deed(|doer, _| doer.count)).await.unwrap(), ROOM as u32);
        tree.stop().await;
    });
}

#[test]
fn a_queue_that_was_flooded_gives_its_memory_back_once_it_is_idle() {
    const FLOOD: usize = 100_000;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    run(async {
        let (spec, doer) = doer("doer");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(FLOOD))).await;
        doer.ask(deed(|_, _| ())).await.unwrap();
        let before = in_use();
        for _ in 0..FLOOD {
            doer.tell(deed(|_, _| ())).unwrap();
        }
        let flooded = in_use() - before;
        assert!(flooded > 1_000_000, "{flooded} bytes wait");
        // Over once the last one is done, and the actor has found nothing more.
        while at(&tree.directory().tree(), &["doer"]).mailbox.depth > 0 {
            tokio::task::yield_now().await;
        }
        doer.ask(deed(|_, _| ())).await.unwrap();
        tokio::task::yield_now().await;
        let left = in_use() - before;
        assert!(left < 20_000, "{left} bytes of {flooded} are left");
        tree.stop().await;
    });
}
