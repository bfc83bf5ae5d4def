//! What a breaker costs each call: Hedgerow's gate beside a mutex, its peers, and no breaker at all.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod contestants;
mod latency;
mod memory;
mod mutex;
mod owner;
mod peers;
mod tower_service;

use std::io;
use std::num::NonZeroUsize;

use contestants::{Contestant, FailEvery, NEVER, NoBreaker};
use hedgerow_benches::Contest;
use hedgerow_benches::allocations::Counting;
use hedgerow_benches::machine::Facts;
use mutex::MutexBreaker;
use owner::{Means, Owned};
use peers::{Failsafe, Recloser};
use tower_service::{Policy, TowerResilience};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> io::Result<()> {
    let facts = Facts::now();
    println!("breaker_gate: nanoseconds for one call through a breaker");
    println!("{facts}");
    println!(
        "Contestants take turns, 31 rounds; ratios are taken within a round. Each call does the work of `no breaker`."
    );
    println!(
        "Policies differ; compare what asking costs, not what is decided:\n\
         - hedgerow gate: half of the calls of 10 s, or a run of 7 failures; `consecutive` has the run alone; `last 100 \
         calls` has a window of exactly those, and the run\n\
         - std mutex, recloser: half of exactly the last 100 calls\n\
         - failsafe: a run of 7 failures; `default` is 80 % of 30 s, or a run of 5\n\
         - tower-resilience: a run of 7, half of 100 calls, or half of {:?}. A call is `ready` and `call` on the thread's own \
         clone, polled with a waker that does nothing",
        tower_service::WINDOW
    );
    println!(
        "All stay open for longer than their contest. `NaN` is one whose threads never ran side by side: an open \
         tower-resilience sleeps for 1 ms where its lock is taken.\n"
    );
    for threads in [NonZeroUsize::MIN, NonZeroUsize::MIN.saturating_add(1)] {
        flowing("all calls succeed", threads, NEVER)?;
        flowing("1 % of calls fail", threads, 100)?;
        refused(threads)?;
    }
    latency::trip_latency();
    memory::print()
}

/// Contestants by their names; the first is the one that others are compared with.
type Lineup = Vec<(&'static str, Box<dyn Contestant>)>;

/// All breakers, closed.
fn breakers() -> io::Result<Lineup> {
    Ok(vec![
        ("hedgerow gate", Box::new(Owned::closed())),
        (
            "hedgerow gate, consecutive",
            Box::new(Owned::closed_by(Means::Consecutive)),
        ),
        (
            "hedgerow gate, last 100 calls",
            Box::new(Owned::closed_by(Means::LastCalls)),
        ),
        ("std mutex, last 100 calls", Box::new(MutexBreaker::default())),
        ("failsafe, consecutive", Box::new(Failsafe::consecutive())),
        ("failsafe, default", Box::new(Failsafe::by_default())),
        ("recloser, last 100 calls", Box::new(Recloser::last_calls())),
        (
            "tower-resilience, consecutive",
            Box::new(TowerResilience::new(Policy::Consecutive)?),
        ),
        (
            "tower-resilience, 100 calls",
            Box::new(TowerResilience::new(Policy::Calls)?),
        ),
        (
            "tower-resilience, 1 ms",
            Box::new(TowerResilience::new(Policy::Time)?),
        ),
    ])
}

/// Closed breakers.
fn flowing(title: &str, threads: NonZeroUsize, fail_every: FailEvery) -> io::Result<()> {
    let mut lineup = breakers()?;
    lineup.insert(1, ("no breaker", Box::new(NoBreaker)));
    println!("closed, {title}");
    contest(&lineup, threads, fail_every);
    assert!(
        lineup.iter().all(|(_, breaker)| !breaker.refuses()),
        "none may have tripped"
    );
    Ok(())
}

/// Open breakers. A refused call does no work.
fn refused(threads: NonZeroUsize) -> io::Result<()> {
    let lineup = breakers()?;
    lineup.iter().for_each(|(_, breaker)| breaker.trip());
    println!("open, every call is refused");
    contest(&lineup, threads, NEVER);
    assert!(
        lineup.iter().all(|(_, breaker)| breaker.refuses()),
        "each must refuse to the end"
    );
    Ok(())
}

fn contest(lineup: &Lineup, threads: NonZeroUsize, fail_every: FailEvery) {
    let contest = lineup
        .iter()
        .fold(Contest::new(threads), |contest, (name, breaker)| {
            contest.contestant(*name, move |count| breaker.calls(count, fail_every))
        });
    println!("{}", contest.run());
}
