//! What requests feel of edits: batches of them, with and without a chain that is edited all the time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hedgerow_actors::chain::Edit;
use hedgerow_benches::Table;
use hedgerow_benches::nodes::Stateful;
use hedgerow_benches::statistics::quantile;

use crate::nodes::{self, Stage};

/// Requests of a batch, one after the other.
const BATCH: u64 = 16;

/// Rounds of each contestant; they take turns.
const ROUNDS: usize = 10;

/// How long a round takes.
const ROUND: Duration = Duration::from_millis(500);

/// Between two edits: 1,000 a second.
const EVERY: Duration = Duration::from_millis(1);

/// The most that the 99th percentile may grow by.
const GOAL: f64 = 2.0;

/// Prints what a batch takes in a chain of this depth, left alone and edited.
pub(crate) fn edits(stage: &Stage, depth: usize) {
    let (mut calm, mut edited) = (Vec::new(), Vec::new());
    let mut made = 0;
    for _ in 0..ROUNDS {
        calm.extend(round(stage, depth, None).0);
        let (times, edits) = round(stage, depth, Some(EVERY));
        edited.extend(times);
        made += edits;
    }
    let mut table = Table::new(["a batch of 16 requests", "median us", "99 % us", "99.9 % us"]);
    let mut p99 = [0.0; 2];
    for (at, (name, times)) in [("left alone", &mut calm), ("edited all the time", &mut edited)]
        .into_iter()
        .enumerate()
    {
        times.sort_unstable();
        let us = |share| f64::from(quantile(times, share)) / 1_000.0;
        p99[at] = us(0.99);
        table.row([
            name.to_owned(),
            format!("{:.2}", us(0.5)),
            format!("{:.2}", us(0.99)),
            format!("{:.2}", us(0.999)),
        ]);
    }
    let per_second = f64::from(made) / (ROUND.as_secs_f64() * ROUNDS as f64);
    println!(
        "{depth} nodes, {per_second:.0} edits a second; the 99th percentile grows by {:.2}, the goal is {GOAL} at most\n{table}",
        p99[1] / p99[0]
    );
}

/// What batches took in nanoseconds, and how many edits were made meanwhile.
fn round(stage: &Stage, depth: usize, every: Option<Duration>) -> (Vec<u32>, u32) {
    let chain = stage.edited_chain(depth, || Stateful);
    let over = AtomicBool::new(false);
    nodes::batch(&chain, 1_000);
    thread::scope(|scope| {
        let (chain, over) = (&chain, &over);
        let editing = every.map(|every| {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .expect("a runtime needs nothing but memory");
                let (mut edits, mut due) = (0, now());
                while !over.load(Ordering::Relaxed) {
                    let name = "n1".to_owned();
                    let edit = if edits % 2 == 0 {
                        Edit::Disable { name }
                    } else {
                        Edit::Enable { name }
                    };
                    runtime.block_on(chain.edit(edit)).expect("the edit fits");
                    edits += 1;
                    due += every;
                    wait_until(due);
                }
                edits
            })
        });
        let (begun, mut times) = (now(), Vec::new());
        while begun.elapsed() < ROUND {
            let before = now();
            nodes::batch(chain, BATCH);
            let taken = now().saturating_duration_since(before).as_nanos();
            times.push(u32::try_from(taken).unwrap_or(u32::MAX));
        }
        over.store(true, Ordering::Relaxed);
        let edits = editing.map_or(0, |editing| editing.join().expect("an editor does not panic"));
        (times, edits)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing is waited for but the pace itself"
)]
fn wait_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(now()));
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the clock itself")]
fn now() -> Instant {
    Instant::now()
}
