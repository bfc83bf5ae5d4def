//! A number that a thread has to itself for as long as it lives.

/// Threads that can have a seat at a time: the bits of one word.
pub const MAX_SEATS: usize = 64;

/// Stands for no seat, because all were taken or the thread is ending; no index of anything.
const NONE: usize = usize::MAX - 1;

/// The calling thread's seat: below [`MAX_SEATS`], and no other living thread's. Else out of any range.
///
/// It is taken at the first use (the lowest that is free) and given back when the thread ends. What its last holder
/// wrote to a line of its own is visible to the next one.
///
/// ```
/// use hedgerow_gate::{MAX_SEATS, seat};
///
/// let mut lines = vec![0_u64; MAX_SEATS];
/// if let Some(own) = lines.get_mut(seat()) {
///     *own += 1;
/// }
/// ```
#[cfg(not(loom))]
#[inline]
pub fn seat() -> usize {
    std_threads::seat()
}

#[cfg(not(loom))]
mod std_threads {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::NONE;

    const UNKNOWN: usize = usize::MAX;

    /// One bit for each seat.
    static TAKEN: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        // Const and without a destructor: no lazy allocation, and readable while the thread ends.
        static SEAT: Cell<usize> = const { Cell::new(UNKNOWN) };
        static KEEPER: Keeper = const { Keeper };
    }

    /// Gives the thread's seat back when the thread ends. Destructors that run later find no seat.
    struct Keeper;

    impl Drop for Keeper {
        fn drop(&mut self) {
            let seat = SEAT.replace(NONE);
            if seat < super::MAX_SEATS {
                TAKEN.fetch_and(!(1 << seat), Ordering::Release);
            }
        }
    }

    #[inline]
    pub(super) fn seat() -> usize {
        match SEAT.get() {
            UNKNOWN => first_use(),
            known => known,
        }
    }

    #[cold]
    fn first_use() -> usize {
        // The keeper first: a seat that nobody gives back would be lost.
        let seat = KEEPER.try_with(|_| take_lowest()).ok().flatten().unwrap_or(NONE);
        SEAT.set(seat);
        seat
    }

    fn take_lowest() -> Option<usize> {
        let lowest = |taken: u64| taken.trailing_ones();
        TAKEN
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |taken| {
                (taken != u64::MAX).then(|| taken | 1 << lowest(taken))
            })
            .ok()
            .map(|taken| lowest(taken) as usize)
    }
}

/// The calling thread's seat, anew in each execution of a model; never given back.
#[cfg(loom)]
pub fn seat() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};

    loom::lazy_static! {
        // A standard atomic: who sits where is no subject of the models, so it adds no interleavings.
        static ref NEXT: AtomicUsize = AtomicUsize::new(0);
    }
    loom::thread_local! {
        static SEAT: usize = match NEXT.fetch_add(1, Ordering::Relaxed) {
            seat if seat < MAX_SEATS => seat,
            _ => NONE,
        };
    }
    SEAT.with(|seat| *seat)
}
