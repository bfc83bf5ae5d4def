//! Counters that many threads write and few read.

use crossbeam_utils::CachePadded;

use crate::seat::seat;
use crate::sync::{AtomicU64, Ordering};

/// `N` cumulative counters, on a padded line for each thread.
///
/// A line has one writer, so that counting is a plain load and a plain store, a fraction of an atomic
/// read-modify-write. There are lines for twice the available parallelism, at least 8 and at most
/// [`MAX_SEATS`](crate::MAX_SEATS); threads beyond that share one more line, at the cost of an atomic each time.
/// Reading sums over the lines. A line is 128 bytes on x86-64 and ARM for `N` up to 16.
///
/// ```
/// use hedgerow_gate::Tally;
///
/// let calls = Tally::<2>::default();
/// calls.add(0);
/// calls.add(1);
/// calls.add(1);
/// assert_eq!(calls.sums(), [1, 2]);
/// ```
pub struct Tally<const N: usize> {
    own: OwnLines<N>,
    /// Written by all that have no line of their own.
    shared: Line<N>,
}

type Line<const N: usize> = CachePadded<[AtomicU64; N]>;

/// The lines of those that have one, by seat: each is written by one thread at a time.
pub(crate) struct OwnLines<const N: usize>(Box<[Line<N>]>);

impl<const N: usize> OwnLines<N> {
    /// For no thread at all.
    pub(crate) fn none() -> Self {
        Self(Box::default())
    }

    /// Counts one more at `index` of the calling thread's line; in `shared` where it has none.
    #[inline]
    pub(crate) fn add(&self, index: usize, shared: &[AtomicU64; N]) {
        match self.0.get(seat()) {
            // No other thread writes here, so nothing can come between the load and the store.
            Some(line) => {
                let count = line[index].load(Ordering::Relaxed);
                line[index].store(count + 1, Ordering::Relaxed);
            }
            None => {
                shared[index].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The sums over all lines and `shared`.
    pub(crate) fn sums(&self, shared: &[AtomicU64; N]) -> [u64; N] {
        let mut sums = [0; N];
        for line in self.0.iter().map(|line| &**line).chain([shared]) {
            for (sum, count) in sums.iter_mut().zip(line) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        sums
    }
}

impl<const N: usize> Default for OwnLines<N> {
    fn default() -> Self {
        Self((0..line_count()).map(|_| CachePadded::new(zeros())).collect())
    }
}

/// Counters that have counted nothing.
pub(crate) fn zeros<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self {
            own: OwnLines::default(),
            shared: CachePadded::new(zeros()),
        }
    }
}

impl<const N: usize> Tally<N> {
    /// Counts one more at `index`.
    ///
    /// # Ordering
    ///
    /// Relaxed: a reader is sure to see it only where something else orders the two.
    ///
    /// # Panics
    ///
    /// Where `index` is not below `N`.
    #[inline]
    pub fn add(&self, index: usize) {
        self.own.add(index, &self.shared);
    }

    /// Whose turn it is, for choosing among several without a counter that threads share: grows by one (and wraps)
    /// with each count of the calling thread at `index`, and begins at another number in each thread that has a
    /// line of its own.
    ///
    /// ```
    /// use hedgerow_gate::Tally;
    ///
    /// let calls = Tally::<1>::default();
    /// let first = calls.turn(0);
    /// calls.add(0);
    /// assert_eq!(calls.turn(0), first.wrapping_add(1));
    /// ```
    ///
    /// # Panics
    ///
    /// Where `index` is not below `N`.
    #[inline]
    pub fn turn(&self, index: usize) -> usize {
        let seat = seat();
        let line = self.own.0.get(seat).unwrap_or(&self.shared);
        // Cut to the width of an index: turns wrap anyway.
        seat.wrapping_add(line[index].load(Ordering::Relaxed) as usize)
    }

    /// What was counted so far, at each index. Counts that are being made meanwhile may be in it or not.
    pub fn sums(&self) -> [u64; N] {
        self.own.sums(&self.shared)
    }
}

#[cfg(not(loom))]
fn line_count() -> usize {
    use std::sync::OnceLock;

    use crate::MAX_SEATS;

    // Asking reads files of the control group on Linux: once is enough.
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        threads.saturating_mul(2).clamp(8, MAX_SEATS)
    })
}

/// Fewer than the threads of a model, so that the shared line is in use too.
#[cfg(loom)]
fn line_count() -> usize {
    1
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::MAX_SEATS;

    #[test]
    fn counts_of_all_threads_are_summed_and_none_is_lost() {
        let tally = Tally::<3>::default();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        tally.add(0);
                        tally.add(2);
                    }
                });
            }
        });
        assert_eq!(tally.sums(), [40_000, 0, 40_000]);
    }

    #[test]
    fn more_threads_than_lines_and_than_seats_lose_nothing() {
        let threads = MAX_SEATS + 16;
        let (tally, all_alive) = (Tally::<1>::default(), Barrier::new(threads));
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    tally.add(0);
                    all_alive.wait();
                    (0..1_000).for_each(|_| tally.add(0));
                });
            }
        });
        assert_eq!(tally.sums(), [threads as u64 * 1_001]);
    }

    #[test]
    fn turns_follow_each_other_whatever_another_tally_counts_and_threads_begin_apart() {
        let (one, other) = (Tally::<2>::default(), Tally::<2>::default());
        let first = one.turn(0);
        for turn in 1..=4 {
            one.add(0);
            one.add(1);
            other.add(0);
            other.add(0);
            assert_eq!(one.turn(0), first.wrapping_add(turn));
        }
        let fresh = Tally::<1>::default();
        let mine = fresh.turn(0);
        let theirs = thread::scope(|scope| {
            let sitting = scope.spawn(|| (seat(), fresh.turn(0)));
            sitting.join().expect("it only reads")
        });
        // Other tests of this process may have taken all seats; those without one begin alike.
        if seat() < MAX_SEATS || theirs.0 < MAX_SEATS {
            assert_ne!(mine, theirs.1);
        }
    }

    #[test]
    fn living_threads_never_share_a_seat_and_ended_ones_give_it_back() {
        for _ in 0..10 {
            let all_alive = Barrier::new(8);
            let mut seats: Vec<usize> = thread::scope(|scope| {
                let sit = || {
                    let seat = seat();
                    all_alive.wait();
                    seat
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(sit)).collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().expect("it only sits"))
                    .collect()
            });
            // Other tests of this process may have taken all seats; those without one share no line either.
            seats.retain(|seat| *seat < MAX_SEATS);
            let taken = seats.len();
            seats.sort_unstable();
            seats.dedup();
            assert_eq!(seats.len(), taken);
        }
        let tally = Tally::<1>::default();
        for _ in 0..10 * MAX_SEATS {
            thread::scope(|scope| {
                scope.spawn(|| tally.add(0));
            });
        }
        assert_eq!(tally.sums(), [10 * MAX_SEATS as u64]);
    }
}
