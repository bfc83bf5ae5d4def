//! How long it takes from the failure that crosses a rule until another thread is refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hedgerow_benches::Table;
use hedgerow_gate::Permit;

use crate::owner::{Means, Owned};

const ROUNDS: usize = 500;

/// Prints percentiles for a gate that its owner alone shuts, and for one that the failing caller
/// fences. A thread spins on the gate; the failing one crosses a run of failures. Where
/// the two share a core, a time slice is what is measured.
pub(crate) fn trip_latency() {
    let mut table = Table::new(["who shuts the gate", "10 % us", "median us", "99 % us"]);
    for (name, means) in [
        ("the owner alone", Means::OwnerAlone),
        ("the failing caller, by a fence", Means::Fence),
    ] {
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| one_trip(means)).collect();
        times.sort_unstable();
        let us = |at: usize| format!("{:.2}", times[at].as_nanos() as f64 / 1_000.0);
        table.row([
            name.to_owned(),
            us(ROUNDS / 10),
            us(ROUNDS / 2),
            us(ROUNDS * 99 / 100),
        ]);
    }
    println!(
        "from the failure that crosses the rule to the first call of another thread that is refused\n{table}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the clock itself")]
fn now() -> Instant {
    Instant::now()
}

fn one_trip(means: Means) -> Duration {
    let owned = Owned::closed_by(means);
    let (gate, epoch) = (owned.gate(), now());
    let (admitted, refused_at) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(permit) = Permit::acquire(&**gate) {
                permit.cancel();
                admitted.fetch_add(1, Ordering::Release);
            }
            refused_at.store(nanos(epoch), Ordering::Release);
        });
        (0..6).for_each(|_| fail(&owned));
        // So that the other one spins already.
        while admitted.load(Ordering::Acquire) < 1_000 {
            std::hint::spin_loop();
        }
        let before = nanos(epoch);
        fail(&owned);
        while refused_at.load(Ordering::Acquire) == 0 {
            std::hint::spin_loop();
        }
        Duration::from_nanos(refused_at.load(Ordering::Acquire).saturating_sub(before))
    })
}

fn fail(owned: &Owned) {
    if let Ok(permit) = Permit::acquire(&**owned.gate()) {
        permit.failure();
    }
}

fn nanos(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
