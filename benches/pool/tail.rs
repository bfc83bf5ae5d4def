//! How long single cycles take, two threads at a time: means hide who waits for a lock or a line.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use hedgerow_benches::Table;

use crate::contestants::{ArrayQueued, Bounded, Kept, ObjectPool, Opool, Ours, fresh};

/// Cycles of each thread in one turn.
const CYCLES: usize = 20_000;

/// Turns of each contestant.
const TURNS: usize = 10;

/// Prints percentiles of single cycles, a reading of the clock before and after each.
pub(crate) fn tails() {
    let (ours, queue) = (Ours::new(), ArrayQueued::new());
    let (object_pool, opool) = (ObjectPool::new(), Opool::new());
    let bounded = Bounded::new();
    let nothing = || || ();
    let kept = || {
        let mut kept = Kept::new();
        move || kept.once()
    };
    let mut times: [Vec<u32>; 8] = Default::default();
    for _ in 0..TURNS {
        let turn = [
            cycles(|| || ours.once()),
            cycles(kept),
            cycles(|| fresh),
            cycles(|| || queue.once()),
            cycles(|| || bounded.once()),
            cycles(|| || object_pool.once()),
            cycles(|| || opool.once()),
            cycles(nothing),
        ];
        for (all, turn) in times.iter_mut().zip(turn) {
            all.extend(turn);
        }
    }
    let names = [
        "hedgerow",
        "kept by its thread",
        "the allocator, each time",
        "crossbeam ArrayQueue",
        "tokio Semaphore and ArrayQueue",
        "object-pool",
        "opool",
        "two readings of the clock, which are in all of these",
    ];
    let mut table = Table::new([
        "two threads, single cycles",
        "P50 ns",
        "P90 ns",
        "P99 ns",
        "P99.9 ns",
    ]);
    for (name, mut times) in names.into_iter().zip(times) {
        times.sort_unstable();
        let at = |of_a_thousand: usize| times[times.len() * of_a_thousand / 1_000].to_string();
        table.row([name.to_owned(), at(500), at(900), at(990), at(999)]);
    }
    println!("{table}");
}

/// The times of all cycles of two threads that begin together.
fn cycles<C: FnMut()>(begin: impl Fn() -> C + Sync) -> Vec<u32> {
    let together = Barrier::new(2);
    let run = || {
        let mut cycle = begin();
        cycle();
        let mut times = Vec::with_capacity(CYCLES);
        together.wait();
        for _ in 0..CYCLES {
            let before = now();
            cycle();
            times.push(nanos(now() - before));
        }
        times
    };
    thread::scope(|scope| {
        let other = scope.spawn(run);
        let mut times = run();
        times.extend(other.join().expect("a pool does not panic"));
        times
    })
}

fn nanos(time: Duration) -> u32 {
    u32::try_from(time.as_nanos()).unwrap_or(u32::MAX)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the clock itself")]
fn now() -> Instant {
    Instant::now()
}
