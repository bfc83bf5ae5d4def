//! The ordered stop of many children.

use hedgerow_benches::Table;

use crate::contestants::Hedgerow;
use crate::counter::Contestant as _;
use crate::rounds::Rounds;
use crate::{goals, stage};

const CHILDREN: [usize; 2] = [1_000, 10_000];
const ROUNDS: usize = 9;

/// Times the time for each child among the fewer that one among the more may take.
const GROWTH: f64 = 1.5;

/// Prints how long a supervisor takes to stop its children, the last first, each when the one after it is down.
pub(crate) fn measure() {
    let rounds = Rounds::run(ROUNDS, CHILDREN.len(), |index| stop(CHILDREN[index]));
    let total = rounds.figure(|micros| *micros);
    let mut table = Table::new(["children", "min µs", "median µs", "median µs a child"]);
    for (index, children) in CHILDREN.iter().enumerate() {
        table.row([
            children.to_string(),
            format!("{:.0}", total.least(index)),
            format!("{:.0}", total.median(index)),
            format!("{:.2}", total.median(index) / *children as f64),
        ]);
    }
    println!("ordered stop, same thread, {ROUNDS} rounds\n{table}");
    let growth = total.ratio(1, 0) * CHILDREN[0] as f64 / CHILDREN[1] as f64;
    goals::at_most(
        "a child's stop among ten times as many, times as long,",
        growth,
        GROWTH,
    );
}

/// Microseconds.
fn stop(children: usize) -> f64 {
    stage::run(async {
        let mut crowd = Vec::with_capacity(children);
        Hedgerow.fill(&mut crowd).await;
        let Some(any) = crowd.first() else {
            return f64::NAN;
        };
        let begun = stage::now();
        any.stop_tree().await;
        begun.elapsed().as_secs_f64() * 1e6
    })
}
