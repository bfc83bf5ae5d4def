//! The least that a span can cost on the thread of its request: two readings of the clock, ids, and one record that is written.

use std::cell::RefCell;
use std::hint::black_box;

use hedgerow_supervisor::{Clock, Trace};

/// Bytes of a record, as many as a request leaves of itself in a ring.
const RECORD: usize = 512;

/// Records that are written before the memory of the first one is used again.
const RECORDS: usize = 1 << 15;

thread_local! {
    static WRITTEN: RefCell<Vec<[u64; RECORD / 8]>> = const { RefCell::new(Vec::new()) };
}

/// A request of which the times and the ids are known, and which is written where it is sampled.
pub(crate) struct Floor {
    clock: Clock,
    trace: Trace,
    is_sampled: bool,
}

impl Floor {
    pub(crate) fn of(clock: Clock, is_sampled: bool) -> Self {
        black_box(clock.instant());
        Self {
            clock,
            trace: Trace::fresh(0),
            is_sampled,
        }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        black_box((self.clock.instant(), self.trace));
        if self.is_sampled {
            WRITTEN.with_borrow_mut(|written| {
                if written.len() == RECORDS {
                    written.clear();
                }
                written.push(black_box([1; RECORD / 8]));
            });
        }
    }
}
