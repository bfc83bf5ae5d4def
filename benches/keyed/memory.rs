//! What a key keeps in memory: counted, not timed, and so exact on any machine.
//!
//! The tree lives on this thread alone, as what is counted is what one thread asks for. The store's thread is another: what
//! it keeps of an open breaker, its record, is not in the figures.

use hedgerow_actors::breaker::Means;
use hedgerow_actors::keyed;
use hedgerow_benches::Table;
use hedgerow_benches::allocations::{self, Usage};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};

use crate::by_hand::{DashMapOfFailsafe, DashMapOfRecloser, MutexOfFailsafe};
use crate::contestants::{ByKey, NAME, SCOPE, limits, policy, shown};
use crate::{KEYS, OPEN, key, stage};

/// Bytes that the breaker of an idle key may keep.
const GOAL: f64 = 512.0;

/// Failures in a row that trip by default.
const RUN: usize = 7;

/// Prints bytes and blocks for each key.
pub(crate) fn print() {
    let names: Vec<String> = (0..KEYS).map(key).collect();
    let mut table = Table::new(["for each", "bytes", "blocks"]);
    let (idle, awake) = stage::run(ours(&names));
    let mut row = |name: &str, usage: Usage, among: usize| {
        let each = |total: i64| format!("{:.1}", total as f64 / among as f64);
        table.row([name.to_owned(), each(usage.live_bytes), each(usage.live_blocks)]);
    };
    row("hedgerow: idle key", idle, KEYS);
    row(
        "hedgerow: more for a key whose breaker is open, its event included",
        awake,
        OPEN,
    );
    row(
        "Mutex<HashMap> of failsafe",
        by_hand(&MutexOfFailsafe::default(), &names),
        KEYS,
    );
    row(
        "DashMap of failsafe",
        by_hand(&DashMapOfFailsafe::default(), &names),
        KEYS,
    );
    row(
        "DashMap of recloser",
        by_hand(&DashMapOfRecloser::default(), &names),
        KEYS,
    );
    println!(
        "{KEYS} keys of twelve characters, each with one call that succeeded; {OPEN} of them open afterwards\n{table}"
    );
    let bytes = idle.live_bytes as f64 / KEYS as f64;
    let word = if bytes <= GOAL { "reached" } else { "MISSED" };
    println!("goal: bytes of an idle keyed breaker at most {GOAL}: {bytes:.1}, {word}\n");
}

/// What all keys keep, and what those whose breaker is open keep beyond that.
async fn ours(names: &[String]) -> (Usage, Usage) {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (child, keys) = keyed::spec("breakers", NAME, SCOPE, policy(), limits(), &means)
        .expect("the names are short enough for keys of the store");
    let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
        .await
        .expect("a tree of one child that waits for nothing starts");
    let ((), idle) = allocations::usage_during(|| {
        for name in names {
            keys.acquire(name).expect("a closed breaker admits").success();
        }
    });
    // Not within a closure: the actors of this thread have to run meanwhile.
    let before = allocations::usage();
    for name in names.iter().take(OPEN) {
        for _ in 0..RUN {
            // Refused is one whose fence is up already.
            if let Ok(permit) = keys.acquire(name) {
                permit.failure();
            }
        }
    }
    while shown(&keys).not_closed < OPEN as u32 {
        tokio::task::yield_now().await;
    }
    let awake = allocations::usage() - before;
    assert_eq!(shown(&keys).keys, KEYS as u32, "all keys have a place");
    tree.stop().await;
    (idle, awake)
}

fn by_hand(breakers: &impl ByKey, names: &[String]) -> Usage {
    allocations::usage_during(|| {
        for name in names {
            assert!(breakers.call(name, || Ok(1)).is_ok(), "a closed breaker admits");
        }
    })
    .1
}
