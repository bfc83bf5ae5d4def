//! What it costs to take an object out of a pool and to give it back, beside other pools and beside the allocator; and the
//! same of resources that are bounded and waited for.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod contestants;
mod exhausted;
mod resources;
mod tail;

use std::num::NonZeroUsize;

use hedgerow_benches::Contest;
use hedgerow_benches::machine::Facts;

use contestants::{ArrayQueued, Bounded, Kept, ObjectPool, Opool, Ours, fresh};

fn main() {
    if std::env::args().any(|argument| argument == "resources") {
        println!("{}", Facts::now());
        resources::resources();
        return exhausted::exhausted();
    }
    println!("pool: nanoseconds to take an object, write a byte of it and give it back");
    println!("{}", Facts::now());
    println!(
        "Contestants take turns, 31 rounds; ratios are taken within a round. The object has 4 KiB on the heap, which are cleared \
         when it comes back. What a thread keeps for itself alone is what no shared pool can beat.\n"
    );
    for threads in [1, 2] {
        throughput(NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN));
    }
    tail::tails();
    resources::resources();
    exhausted::exhausted();
}

fn throughput(threads: NonZeroUsize) {
    let (ours, queue) = (Ours::new(), ArrayQueued::new());
    let (object_pool, opool) = (ObjectPool::new(), Opool::new());
    let bounded = Bounded::new();
    let outcome = Contest::new(threads)
        .contestant("hedgerow", |count| (0..count).for_each(|_| ours.once()))
        .contestant("kept by its thread", |count| {
            let mut kept = Kept::new();
            (0..count).for_each(|_| kept.once());
        })
        .contestant("the allocator, each time", |count| {
            (0..count).for_each(|_| fresh())
        })
        .contestant("crossbeam ArrayQueue", |count| {
            (0..count).for_each(|_| queue.once())
        })
        .contestant("tokio Semaphore and ArrayQueue", |count| {
            (0..count).for_each(|_| bounded.once())
        })
        .contestant("object-pool", |count| (0..count).for_each(|_| object_pool.once()))
        .contestant("opool", |count| (0..count).for_each(|_| opool.once()))
        .run();
    println!("{outcome}");
}
