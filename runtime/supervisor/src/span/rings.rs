//! The rings of this thread.

use std::cell::RefCell;
use std::sync::Arc;

use super::record::Data;
use super::ring::{Left, Ring, Weight};
use super::spans::Shared;

/// A thread's ring of one recorder.
struct Mine {
    of: u64,
    ring: Arc<Ring<Box<Data>>>,
}

thread_local! {
    static MINE: RefCell<Vec<Mine>> = const { RefCell::new(Vec::new()) };
}

/// Leaves a span that has ended in this thread's ring of that recorder. The first one makes the ring.
pub(super) fn leave(shared: &Shared, data: Box<Data>) {
    let weight = if data.is_kept { Weight::Minor } else { Weight::Full };
    let left = MINE.try_with(|mine| {
        let mut mine = mine.borrow_mut();
        if let Some(known) = mine.iter().find(|known| known.of == shared.id) {
            return known.ring.leave(data, weight);
        }
        let ring = shared.open_ring();
        let left = ring.leave(data, weight);
        // Those whose recorder is gone are known here alone.
        mine.retain(|known| Arc::strong_count(&known.ring) > 1);
        mine.push(Mine { of: shared.id, ring });
        left
    });
    match left {
        Ok(Left::WithRoom | Left::Dropped) => {}
        Ok(Left::HalfFull) => shared.half_full.notify_one(),
        // The thread is ending, and its ring has gone.
        Err(_) => shared.count_lost(),
    }
}
