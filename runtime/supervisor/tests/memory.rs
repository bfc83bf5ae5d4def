//! What a flood has taken is given back once it is over.
#![allow(
    clippy::unwrap_used,
    unsafe_code,
    reason = "an allocator that counts can be written in no other way"
)]

mod kit;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};

use hedgerow_supervisor::Supervisor;
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

/// One test alone in this binary: another one beside it would be counted too.
#[test]
fn a_queue_that_was_flooded_gives_its_memory_back_once_it_is_idle() {
    const FLOOD: usize = 100_000;
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
