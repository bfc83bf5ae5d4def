//! How often a thread has asked for memory.
#![allow(unsafe_code, reason = "the one way to see allocations is to be the allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts for each thread how often it is asked for memory. A program installs it:
///
/// ```
/// use hedgerow_benches::allocations::{self, Counting};
///
/// #[global_allocator]
/// static ALLOCATOR: Counting = Counting;
///
/// fn main() {
///     let (boxed, count) = allocations::during(|| Box::new(7));
///     assert_eq!((*boxed, count), (7, 1));
/// }
/// ```
#[derive(Debug)]
pub struct Counting;

thread_local! {
    // Const and without a destructor: it is readable for as long as the thread lives, and allocates nothing.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Runs `work` and says how often it asked for memory on this thread: allocations and reallocations, no frees.
/// Zero where [`Counting`] is not installed.
pub fn during<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = COUNT.get();
    let result = work();
    (result, COUNT.get() - before)
}

fn count() {
    COUNT.set(COUNT.get() + 1);
}

// SAFETY: all work is done by `System` under the caller's own promises; counting touches no memory but the thread's
// counter, and does not allocate or panic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises what `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller promises what `System` asks for, and every block of ours is one of `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller promises what `System` asks for, and every block of ours is one of `System`.
        unsafe { System.dealloc(block, layout) }
    }
}
