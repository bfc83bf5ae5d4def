//! What is asked of the allocator: counted, not timed, and so exact on any machine.

use std::io;
use std::sync::Arc;

use hedgerow_benches::{Table, allocations};
use hedgerow_gate::{Bell, Gate, Join, Owner, Rates, Rules};

use crate::contestants::{Contestant, FailEvery, NEVER};

const CALLS: u64 = 10_000;

/// Prints allocations per call, and the size of a gate.
///
/// # Panics
/// Where a call through one of ours allocates.
pub(crate) fn print() -> io::Result<()> {
    let mut table = Table::new(["contestant", "succeeds", "1 % fail", "refused"]);
    for (name, breaker) in crate::breakers()? {
        let succeeded = asked_for(&*breaker, NEVER);
        let mixed = asked_for(&*breaker, 100);
        breaker.trip();
        let counts = [succeeded, mixed, asked_for(&*breaker, NEVER)];
        let [a, b, c] = counts.map(|count| format!("{:.2}", count as f64 / CALLS as f64));
        table.row([name.to_owned(), a, b, c]);
        if name.starts_with("hedgerow") {
            assert_eq!(
                counts,
                [0, 0, 0],
                "a call through the gate does not allocate: {name}"
            );
        }
    }
    println!("allocations per call, exact\n{table}");
    let (ours, usage) = allocations::usage_during(quiet_gate);
    let ((), grown) = allocations::usage_during(|| ours.1.set_rules(&LAST_CALLS));
    println!(
        "an idle gate: {} bytes in {} blocks; {} more for a window of calls",
        usage.live_bytes, usage.live_blocks, grown.live_bytes
    );
    Ok(())
}

fn asked_for(breaker: &dyn Contestant, fail_every: FailEvery) -> u64 {
    // What a thread needs once (a seat, a lock's first use) is not a cost of each call.
    breaker.calls(100, fail_every);
    allocations::during(|| breaker.calls(CALLS, fail_every)).1
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
