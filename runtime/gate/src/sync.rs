//! The atomics in use: the standard ones, or loom's when the models run.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

pub(crate) use std::sync::atomic::Ordering;

/// The calling thread's number: given out once per thread, from zero, in the order of first use.
#[cfg(not(loom))]
#[inline]
pub(crate) fn thread_number() -> usize {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    const NONE: usize = usize::MAX;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        // Const and without a destructor: no lazy allocation, and usable while the thread ends.
        static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    }

    #[cold]
    fn first_use(number: &Cell<usize>) -> usize {
        number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        number.get()
    }

    NUMBER.with(|number| match number.get() {
        NONE => first_use(number),
        known => known,
    })
}

/// The calling thread's number, anew in each execution of a model.
#[cfg(loom)]
pub(crate) fn thread_number() -> usize {
    use std::sync::atomic::AtomicUsize;

    loom::lazy_static! {
        // A standard atomic: the numbering is no subject of the models, so it adds no interleavings.
        static ref NEXT: AtomicUsize = AtomicUsize::new(0);
    }
    loom::thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
