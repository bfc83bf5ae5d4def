//! What this thread records with: its rings, and memory for the spans that are under way.

use std::cell::RefCell;
use std::sync::Arc;

use super::batch::Batch;
use super::ring::{Left, Ring, Weight};
use super::sheet::Sheet;
use super::spans::Shared;

/// Sheets that a thread has waiting at most, of about 1 KiB each.
const MOST_BLANK: usize = 32;

/// A thread's ring of one recorder.
struct Mine {
    of: u64,
    ring: Arc<Ring<Batch>>,
}

/// What a thread records with.
struct Desk {
    rings: Vec<Mine>,
    /// Empty sheets. A span that ends on another thread than it began on leaves its sheet there.
    #[allow(
        clippy::vec_box,
        reason = "a sheet is handed out and put back as a pointer, not as its kilobyte"
    )]
    blank: Vec<Box<Sheet>>,
}

thread_local! {
    static DESK: RefCell<Desk> = const {
        RefCell::new(Desk { rings: Vec::new(), blank: Vec::new() })
    };
}

/// An empty sheet, whose head is that of another span. `None` for the first ones of a thread, and where it is ending.
pub(super) fn blank() -> Option<Box<Sheet>> {
    DESK.try_with(|desk| desk.borrow_mut().blank.pop()).ok().flatten()
}

/// Keeps the memory of a span that is not recorded.
pub(super) fn put_back(mut sheet: Box<Sheet>) {
    sheet.clear();
    // A thread that is ending keeps nothing any more.
    let _ = DESK.try_with(|desk| desk.borrow_mut().put_back(sheet));
}

/// Leaves a span that has ended in this thread's ring of that recorder. The first one makes the ring.
pub(super) fn leave(shared: &Shared, mut sheet: Box<Sheet>) {
    let weight = if sheet.head.is_kept {
        Weight::Minor
    } else {
        Weight::Full
    };
    let left = DESK.try_with(|desk| {
        let mut desk = desk.borrow_mut();
        let left = desk.ring(shared).leave(weight, |batch| batch.append(&mut sheet));
        if left == Left::Dropped {
            sheet.clear();
        }
        desk.put_back(sheet);
        left
    });
    match left {
        Ok(Left::WithRoom | Left::Dropped) => {}
        Ok(Left::HalfFull) => shared.half_full.notify_one(),
        // The thread is ending, and its ring has gone.
        Err(_) => shared.count_lost(),
    }
}

impl Desk {
    /// The thread's ring of a recorder.
    fn ring(&mut self, shared: &Shared) -> &Ring<Batch> {
        let at = match self.rings.iter().position(|known| known.of == shared.id) {
            Some(at) => at,
            None => {
                // Those whose recorder is gone are known here alone.
                self.rings.retain(|known| Arc::strong_count(&known.ring) > 1);
                self.rings.push(Mine {
                    of: shared.id,
                    ring: shared.open_ring(),
                });
                self.rings.len() - 1
            }
        };
        &self.rings[at].ring
    }

    fn put_back(&mut self, sheet: Box<Sheet>) {
        if self.blank.len() < MOST_BLANK {
            self.blank.push(sheet);
        }
    }
}
