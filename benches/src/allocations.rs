//! What a thread asks of the allocator.
#![allow(unsafe_code, reason = "the one way to see allocations is to be the allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::Sub;

/// The system's allocator, which counts for each thread what it is asked for. A program installs it:
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
    static USAGE: Cell<Usage> = const {
        Cell::new(Usage {
            allocations: 0,
            bytes: 0,
            live_blocks: 0,
            live_bytes: 0,
        })
    };
}

/// What was asked of the allocator on one thread. Sizes are those asked for; what the allocator adds to them is its own.
///
/// What is live may be negative: a block counts on the thread that asked for it, and its free on the thread that frees
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Allocations and reallocations, no frees.
    pub allocations: u64,
    /// Bytes of all allocations. A reallocation counts with its whole new size.
    pub bytes: u64,
    /// Blocks allocated and not freed.
    pub live_blocks: i64,
    /// Bytes in blocks allocated and not freed.
    pub live_bytes: i64,
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            allocations: self.allocations - before.allocations,
            bytes: self.bytes - before.bytes,
            live_blocks: self.live_blocks - before.live_blocks,
            live_bytes: self.live_bytes - before.live_bytes,
        }
    }
}

/// Runs `work` and says how often it asked for memory on this thread: allocations and reallocations, no frees.
/// Zero where [`Counting`] is not installed.
pub fn during<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let (result, usage) = usage_during(work);
    (result, usage.allocations)
}

/// Runs `work` and says all that it asked of the allocator on this thread. Zeros where [`Counting`] is not installed.
pub fn usage_during<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    let before = usage();
    let result = work();
    (result, usage() - before)
}

/// All that this thread has asked of the allocator so far; the difference of two is what was asked in between. Zeros where
/// [`Counting`] is not installed.
pub fn usage() -> Usage {
    USAGE.get()
}

fn count(allocated: usize, freed: usize, blocks: i64) {
    let usage = USAGE.get();
    USAGE.set(Usage {
        allocations: usage.allocations + u64::from(allocated > 0),
        bytes: usage.bytes + allocated as u64,
        live_blocks: usage.live_blocks + blocks,
        live_bytes: usage.live_bytes + allocated as i64 - freed as i64,
    });
}

// SAFETY: all work is done by `System` under the caller's own promises; counting touches no memory but the thread's
// counters, and does not allocate or panic: no block is larger than `isize::MAX`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0, 1);
        // SAFETY: the caller promises what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0, 1);
        // SAFETY: the caller promises what `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size, layout.size(), 0);
        // SAFETY: the caller promises what `System` asks for, and every block of ours is one of `System`.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size(), -1);
        // SAFETY: the caller promises what `System` asks for, and every block of ours is one of `System`.
        unsafe { System.dealloc(block, layout) }
    }
}
