//! What a breaker costs each call: Hedgerow's gate beside a mutex, `failsafe`, and no breaker at all.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod contestants;
mod latency;
mod mutex;
mod owner;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

use contestants::{Breaker, Failed, Failsafe, NoBreaker, Refusable};
use hedgerow_benches::allocations::{self, Counting};
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, Table};
use hedgerow_gate::{Bell, Gate, Join, Owner, Rates, Rules};
use mutex::MutexBreaker;
use owner::{Means, Owned};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Every so many calls one fails; `NEVER` is none.
type FailEvery = u64;
const NEVER: FailEvery = u64::MAX;

fn main() {
    let facts = Facts::now();
    println!("breaker_gate: nanoseconds for one call through a breaker");
    println!("{facts}");
    println!(
        "Contestants take turns, 31 rounds; ratios are taken within a round. Each call does the work of `no breaker`."
    );
    println!(
        "Policies differ (time window, count window, run of failures): compare what asking costs, not what is decided.\n"
    );
    for threads in [NonZeroUsize::MIN, NonZeroUsize::MIN.saturating_add(1)] {
        flowing("all calls succeed", threads, NEVER);
        flowing("1 % of calls fail", threads, 100);
        refused(threads);
    }
    latency::trip_latency();
    memory();
}

/// Closed breakers.
fn flowing(title: &str, threads: NonZeroUsize, fail_every: FailEvery) {
    let (ours, mutex) = (Owned::closed(), MutexBreaker::default());
    let last_calls = Owned::closed_by(Means::LastCalls);
    let (consecutive, by_default) = (Failsafe::consecutive(), Failsafe::by_default());
    println!("closed, {title}");
    let outcome = Contest::new(threads)
        .contestant("hedgerow gate", |count| calls(&ours, count, fail_every))
        .contestant("hedgerow gate, last 100 calls", |count| {
            calls(&last_calls, count, fail_every)
        })
        .contestant("no breaker", |count| calls(&NoBreaker, count, fail_every))
        .contestant("std mutex, last 100 calls", |count| {
            calls(&mutex, count, fail_every)
        })
        .contestant("failsafe, consecutive", |count| {
            calls(&consecutive, count, fail_every)
        })
        .contestant("failsafe, default", |count| calls(&by_default, count, fail_every))
        .run();
    println!("{outcome}");
    println!(
        "times the owner of the gate looked at it meanwhile: {}\n",
        ours.looks()
    );
    let breakers: [&dyn Refusable; 5] = [&ours, &last_calls, &mutex, &consecutive, &by_default];
    assert!(
        breakers.iter().all(|breaker| !breaker.refuses()),
        "none may have tripped"
    );
}

/// Open breakers, for longer than the bench runs. A refused call does no work.
fn refused(threads: NonZeroUsize) {
    let (ours, mutex) = (Owned::closed(), MutexBreaker::default());
    let (consecutive, by_default) = (Failsafe::consecutive(), Failsafe::by_default());
    let breakers: [&dyn Refusable; 4] = [&ours, &mutex, &consecutive, &by_default];
    breakers.iter().for_each(|breaker| breaker.trip());
    println!("open, every call is refused");
    let outcome = Contest::new(threads)
        .contestant("hedgerow gate", |count| calls(&ours, count, NEVER))
        .contestant("std mutex, last 100 calls", |count| calls(&mutex, count, NEVER))
        .contestant("failsafe, consecutive", |count| calls(&consecutive, count, NEVER))
        .contestant("failsafe, default", |count| calls(&by_default, count, NEVER))
        .run();
    println!("{outcome}");
    assert!(
        breakers.iter().all(|breaker| breaker.refuses()),
        "each must refuse to the end"
    );
}

/// Does `count` calls, each `fail_every`th of which fails.
fn calls(breaker: &impl Breaker, count: u64, fail_every: FailEvery) {
    let (mut state, mut left) = (count, fail_every);
    for _ in 0..count {
        left -= 1;
        let fails = left == 0;
        if fails {
            left = fail_every;
        }
        let work = || {
            state = work(state);
            if black_box(fails) { Err(Failed) } else { Ok(state) }
        };
        let _ = black_box(breaker.call(work));
    }
}

/// One or two nanoseconds that the compiler can neither leave out nor overlap with the next call's.
fn work(state: u64) -> u64 {
    black_box(state)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(17)
}

/// Counted, not timed: exact on any machine.
fn memory() {
    const CALLS: u64 = 10_000;
    let mut table = Table::new(["contestant", "succeeds", "1 % fail", "refused"]);
    let mut count = |name: &str, breaker: &dyn Fn() -> Box<dyn Countable>| {
        let fresh = breaker();
        let succeeded = fresh.allocations(CALLS, NEVER);
        let mixed = fresh.allocations(CALLS, 100);
        fresh.trip();
        let counts = [succeeded, mixed, fresh.allocations(CALLS, NEVER)];
        let [a, b, c] = counts.map(|count| format!("{:.2}", count as f64 / CALLS as f64));
        table.row([name.to_owned(), a, b, c]);
        counts
    };
    let ours = count("hedgerow gate", &|| Box::new(Owned::closed()));
    count("std mutex, last 100 calls", &|| Box::new(MutexBreaker::default()));
    count("failsafe, consecutive", &|| Box::new(Failsafe::consecutive()));
    count("failsafe, default", &|| Box::new(Failsafe::by_default()));
    println!("allocations per call, exact\n{table}");
    assert_eq!(ours, [0, 0, 0], "a call through the gate does not allocate");
    let (ours, usage) = allocations::usage_during(quiet_gate);
    let ((), grown) = allocations::usage_during(|| ours.1.set_rules(&LAST_CALLS));
    println!(
        "an idle gate: {} bytes in {} blocks; {} more for a window of calls",
        usage.live_bytes, usage.live_blocks, grown.live_bytes
    );
}

const LAST_CALLS: Rules = Rules {
    join: Join::Any,
    consecutive_failures: None,
    consecutive_timeouts: None,
    rates: Rates {
        failure: None,
        slow: None,
        min_calls: 1,
    },
    last_calls: Some(100),
};

/// A gate whose bell nobody hears, without its owner's machine.
fn quiet_gate() -> (Arc<Gate>, Owner) {
    struct Silent;
    impl Bell for Silent {
        fn ring(&self) {}
    }
    Gate::new(Arc::new(Silent))
}

/// A breaker whose calls can be counted without knowing its type.
trait Countable: Refusable {
    fn allocations(&self, count: u64, fail_every: FailEvery) -> u64;
}

impl<B: Breaker + Refusable> Countable for B {
    fn allocations(&self, count: u64, fail_every: FailEvery) -> u64 {
        // What a thread needs once (a seat, a lock's first use) is not a cost of each call.
        calls(self, 100, fail_every);
        allocations::during(|| calls(self, count, fail_every)).1
    }
}
