//! How long it takes from the failure that crosses a rule until another thread is refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hedgerow_benches::Table;
use hedgerow_gate::{Gate, Permit, State};

use crate::owner::{Means, Owned};

const ROUNDS: usize = 1_000;

/// Failures in a row that trip.
const RUN: usize = 7;

/// What one trip took, from before the report of the failure that crosses the rule.
#[derive(Clone, Copy)]
struct Trip {
    /// Until the first call of another thread that is refused.
    refused: Duration,
    /// Until another thread sees that the owner has opened it.
    opened: Duration,
}

/// Prints percentiles for a gate that its owner alone shuts, and for one that the failing caller
/// fences; they take turns. A thread spins on the gate; the failing one crosses a run of failures, and blocks, so that
/// on two cores the owner has one to run on. Where they share a core all the same, a time slice is what is measured.
pub(crate) fn trip_latency() {
    let (mut alone, mut fenced) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(one_trip(Means::OwnerAlone));
        fenced.push(one_trip(Means::Fence));
    }
    let mut table = Table::new(["", "10 % us", "median us", "99 % us"]);
    for (name, times) in [
        (
            "refused, by the fence of the failing caller",
            of(&fenced, |trip| trip.refused),
        ),
        ("and confirmed by the owner", of(&fenced, |trip| trip.opened)),
        ("refused, by the owner alone", of(&alone, |trip| trip.refused)),
        (
            "two readings of the clock, which are in all of these",
            of(&[(); ROUNDS], |()| reading()),
        ),
    ] {
        let us = |at: usize| format!("{:.2}", times[at].as_nanos() as f64 / 1_000.0);
        table.row([
            name.to_owned(),
            us(ROUNDS / 10),
            us(ROUNDS / 2),
            us(ROUNDS * 99 / 100),
        ]);
    }
    println!(
        "from before the report of the failure that crosses the rule until another thread meets it, {ROUNDS} trips each\n{table}"
    );
}

fn of<T: Copy>(trips: &[T], time: impl Fn(T) -> Duration) -> Vec<Duration> {
    let mut times: Vec<Duration> = trips.iter().copied().map(time).collect();
    times.sort_unstable();
    times
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the clock itself")]
fn now() -> Instant {
    Instant::now()
}

fn reading() -> Duration {
    let before = now();
    now() - before
}

fn one_trip(means: Means) -> Trip {
    let owned = Owned::closed_by(means);
    let admitted = AtomicU64::new(0);
    thread::scope(|scope| {
        let other = scope.spawn(|| meet(owned.gate(), &admitted));
        (1..RUN).for_each(|_| fail(&owned));
        // So that the other one spins already.
        while admitted.load(Ordering::Acquire) < 1_000 {
            std::hint::spin_loop();
        }
        let before = now();
        fail(&owned);
        let (refused, opened) = other.join().expect("a caller does not panic");
        Trip {
            refused: refused - before,
            opened: opened - before,
        }
    })
}

/// Calls until it is refused, and looks until the gate is open.
fn meet(gate: &Gate, admitted: &AtomicU64) -> (Instant, Instant) {
    while let Ok(permit) = Permit::acquire(gate) {
        permit.cancel();
        admitted.fetch_add(1, Ordering::Release);
    }
    let refused = now();
    while gate.state() != State::Open {
        std::hint::spin_loop();
    }
    (refused, now())
}

fn fail(owned: &Owned) {
    if let Ok(permit) = Permit::acquire(&**owned.gate()) {
        permit.failure();
    }
}
