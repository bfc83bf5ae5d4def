//! Many children: declared and stopped in order, added and deleted one by one.

use hedgerow_benches::Table;

use crate::contestants::Hedgerow;
use crate::contestants::cell::Cell;
use crate::counter::Contestant as _;
use crate::rounds::Rounds;
use crate::{goals, stage};

const CHILDREN: [usize; 2] = [1_000, 10_000];
const ROUNDS: usize = 9;

/// Times the time for each child among the fewer that one among the more may take.
const GROWTH: f64 = 1.5;

/// Microseconds for all children.
struct Spent {
    stopped: f64,
    added: f64,
    deleted: f64,
}

/// Prints how long a supervisor takes over its children: to stop them, the last first, each when the one after it is down;
/// to add them while it runs, each when the one before is ready; to delete them.
pub(crate) fn measure() {
    let rounds = Rounds::run(ROUNDS, CHILDREN.len(), |index| spend(CHILDREN[index]));
    let mut table = Table::new(["what", "children", "min µs", "median µs", "median µs a child"]);
    let mut growths = Vec::new();
    let figures = [
        ("ordered stop", rounds.figure(|spent| spent.stopped)),
        ("add", rounds.figure(|spent| spent.added)),
        ("delete", rounds.figure(|spent| spent.deleted)),
    ];
    for (what, total) in figures {
        for (index, children) in CHILDREN.iter().enumerate() {
            table.row([
                what.to_owned(),
                children.to_string(),
                format!("{:.0}", total.least(index)),
                format!("{:.0}", total.median(index)),
                format!("{:.2}", total.median(index) / *children as f64),
            ]);
        }
        growths.push((what, total.ratio(1, 0) * CHILDREN[0] as f64 / CHILDREN[1] as f64));
    }
    println!("many children, same thread, {ROUNDS} rounds\n{table}");
    for (what, growth) in growths {
        goals::at_most(
            &format!("{what}, for each child among ten times as many, times as long,"),
            growth,
            GROWTH,
        );
    }
}

fn spend(children: usize) -> Spent {
    stage::run(async {
        let mut crowd = Vec::with_capacity(children);
        Hedgerow.fill(&mut crowd).await;
        let stopped = match crowd.first() {
            Some(any) => micros(any.stop_tree()).await,
            None => f64::NAN,
        };
        let nursery = Cell::start_nursery().await;
        let added = micros(nursery.add(children)).await;
        let deleted = micros(nursery.delete(children)).await;
        Spent {
            stopped,
            added,
            deleted,
        }
    })
}

async fn micros(work: impl Future<Output = ()>) -> f64 {
    let begun = stage::now();
    work.await;
    begun.elapsed().as_secs_f64() * 1e6
}
