//! The shelves that a thread has lent itself.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

/// Shelves that a thread can lend itself at a time.
const ROOM: usize = 16;

type Lent = Option<Arc<dyn Any + Send + Sync>>;

thread_local! {
    static OWN: RefCell<[Lent; ROOM]> = const { RefCell::new([const { None }; ROOM]) };
}

/// Calls `with` with the shelf that `home` is; not where the thread has not [lent](lend) itself that one.
///
/// To count one's way to a shelf costs two locked operations, more than to find it here.
#[inline]
pub(super) fn with<S: Any + Send + Sync>(number: usize, home: *const S, with: impl FnOnce(&S)) {
    // A thread that is ending has nothing lent.
    let _ = OWN.try_with(|own| {
        if let Ok(own) = own.try_borrow()
            && let Some(lent) = &own[number % ROOM]
            && std::ptr::addr_eq(Arc::as_ptr(lent), home)
            && let Some(shelf) = lent.downcast_ref()
        {
            with(shelf);
        }
    });
}

/// Lends the thread a shelf, where there is room: in place of none, or of one whose pool is gone. It stays until the thread
/// ends, or another one takes its place; its pool has emptied it by then.
#[cold]
pub(super) fn lend<S: Any + Send + Sync>(number: usize, home: &Arc<S>) {
    let before = OWN.try_with(|own| {
        let mut own = own.try_borrow_mut().ok()?;
        let place = &mut own[number % ROOM];
        let is_free = place.as_ref().is_none_or(|lent| Arc::strong_count(lent) == 1);
        if is_free {
            place.replace(Arc::clone(home) as _)
        } else {
            None
        }
    });
    // Outside of what is borrowed: it may be the last that knows that shelf.
    drop(before);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_lent(number: usize, home: &Arc<u32>) -> bool {
        let mut found = false;
        with(number, Arc::as_ptr(home), |_: &u32| found = true);
        found
    }

    #[test]
    fn a_shelf_keeps_its_place_while_anybody_else_knows_it_and_loses_it_after() {
        let (first, second) = (Arc::new(1), Arc::new(2));
        lend(3, &first);
        lend(3 + ROOM, &second);
        assert!(is_lent(3, &first) && !is_lent(3 + ROOM, &second));
        let gone = Arc::downgrade(&first);
        drop(first);
        lend(3 + ROOM, &second);
        assert!(is_lent(3 + ROOM, &second) && gone.upgrade().is_none());
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(!is_lent(3 + ROOM, &second), "to one thread"));
        });
    }

    #[test]
    fn a_shelf_is_found_while_another_is_in_use_and_none_is_lent_meanwhile() {
        let (first, second, third) = (Arc::new(1), Arc::new(2), Arc::new(3));
        lend(1, &first);
        lend(2, &second);
        let mut met = 0;
        with(1, Arc::as_ptr(&first), |_: &u32| {
            assert!(is_lent(2, &second));
            lend(5, &third);
            assert!(!is_lent(5, &third));
            met += 1;
        });
        assert_eq!(met, 1);
    }
}
