//! From a panic to the next answer.

use std::panic::{self, AssertUnwindSafe};

use hedgerow_benches::Table;
use hedgerow_benches::statistics::quantile;

use crate::contestants::{Kameo, cell};
use crate::counter::{Contestant as _, Counter as _, TOLD};
use crate::{goals, stage};

const FALLS: usize = 3_000;

/// Microseconds that it may take.
const MICROS: f64 = 25.0;

/// Prints how long an actor is away after a panic.
pub(crate) fn measure() {
    keep_quiet();
    let mut falls = stage::run(falls());
    falls.iter_mut().for_each(|nanos| nanos.sort_unstable());
    let micros = |nanos: &[u32], share| f64::from(quantile(nanos, share)) / 1e3;
    let mut table = Table::new(["contestant", "min µs", "p50 µs", "p99 µs"]);
    for (name, nanos) in ["hedgerow", "kameo, supervised", "catch_unwind alone"]
        .iter()
        .zip(&falls)
    {
        let [least, median, rare] = [0.0, 0.5, 0.99].map(|share| format!("{:.1}", micros(nanos, share)));
        table.row([(*name).to_owned(), least, median, rare]);
    }
    for name in ["actix", "ractor"] {
        table.row([name, "never", "never", "never"].map(str::to_owned));
    }
    println!(
        "panic to the next answer, same thread: told to panic and asked at once, {FALLS} times; no back-off is waited for, \
         as each fall finds the one before out of its period of 1 ns; actix's thread ends, ractor tells the supervisor and \
         leaves it to start another\n{table}"
    );
    let what = "µs from a panic to the next answer, p50,";
    goals::at_most(what, micros(&falls[0], 0.5), MICROS);
    println!();
}

/// Otherwise each panic of the peers is printed. Ours puts its own hook before this one, and records.
fn keep_quiet() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref() != Some(&TOLD) {
            before(info);
        }
    }));
}

/// The nanoseconds of each fall, of each contestant. They take turns.
async fn falls() -> [Vec<u32>; 3] {
    let ours = cell::start_restless().await;
    // Its supervisor ends with the last who holds it.
    let kameo = Kameo::supervised();
    let peer = kameo.start().await;
    let mut nanos = [const { Vec::new() }; 3];
    for _ in 0..FALLS {
        let begun = stage::now();
        ours.fall();
        assert_eq!(ours.ask(1).await, 1, "a fresh one has nothing to add to");
        nanos[0].push(since(begun));

        let begun = stage::now();
        peer.fall();
        assert_eq!(peer.ask(1).await, 1, "a fresh one has nothing to add to");
        nanos[1].push(since(begun));

        let begun = stage::now();
        let caught = panic::catch_unwind(AssertUnwindSafe(|| panic::panic_any(TOLD)));
        nanos[2].push(since(begun));
        assert!(caught.is_err());
    }
    nanos
}

fn since(begun: std::time::Instant) -> u32 {
    u32::try_from(begun.elapsed().as_nanos()).unwrap_or(u32::MAX)
}
