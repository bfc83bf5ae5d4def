//! What a request pays for the nodes of its chain, by depth, beside what others build in their place.
#![recursion_limit = "1024"]
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod edits;
mod futures;
mod hops;
mod nodes;
mod services;
mod wraps;

use std::num::NonZeroUsize;

use hedgerow_benches::allocations::{self, Counting};
use hedgerow_benches::machine::Facts;
use hedgerow_benches::nodes::{Looking, Stateful, Waiting};
use hedgerow_benches::{Contest, Table};
use nodes::Stage;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const DEPTHS: [usize; 6] = [1, 5, 10, 20, 37, 64];

/// The depth of the field report that chains are measured by.
const DEEP: usize = 37;

fn main() {
    println!("chain: nanoseconds for one request down the nodes and back up");
    println!("{}", Facts::now());
    println!(
        "Contestants take turns, 31 rounds; ratios are taken within a round. A node reads the path on the way in and the \
         status on the way out.\n"
    );
    let stage = Stage::set();
    let mut deep = Vec::new();
    for depth in DEPTHS {
        deep.push((depth, at(depth, NonZeroUsize::MIN, &stage)));
    }
    at(DEEP, NonZeroUsize::MIN.saturating_add(1), &stage);
    linear(&deep);
    memory(&stage);
    edits::edits(&stage, DEEP);
    stage.strike();
}

/// The medians of the contestants at one depth.
type Medians = Vec<(String, f64)>;

fn at(depth: usize, threads: NonZeroUsize, stage: &Stage) -> Medians {
    println!("{depth} nodes");
    let looking = stage.chain(depth, || Looking);
    let stateful = stage.chain(depth, || Stateful);
    let waiting = stage.chain(depth, || Waiting);
    let serialised = stage.serialised(depth);
    let (bare, layers) = (hops::hops(depth), futures::layers(depth));
    let outcome = Contest::new(threads)
        .contestant("two dyn calls a node", |count| hops::batch(&bare, count))
        .contestant("hedgerow, way in only", |count| nodes::batch(&looking, count))
        .contestant("hedgerow, all hooks and a state", |count| {
            nodes::batch(&stateful, count);
        })
        .contestant("hedgerow, each node waits", |count| nodes::batch(&waiting, count))
        .contestant("hedgerow, an actor message a node", |count| {
            nodes::batch_that_sleeps(&serialised, count);
        })
        .contestant("boxed futures", |count| futures::batch(&layers, count))
        .contestant("tower, boxed services", |count| services::batch(depth, count))
        .contestant("tower, static services", |count| {
            services::static_batch(depth, count)
        })
        .contestant("actix-web, wrapped", |count| wraps::batch(depth, count))
        .contestant("actix-web, no middleware", |count| wraps::batch(0, count))
        .run();
    println!("{outcome}");
    outcome
        .rows
        .into_iter()
        .map(|row| (row.name, row.median))
        .collect()
}

/// Whether the cost of a node depends on how many there are.
fn linear(deep: &[(usize, Medians)]) {
    let of = |depth: usize| {
        deep.iter()
            .find(|(at, _)| *at == depth)
            .map(|(_, medians)| medians)
    };
    let (Some(shallow), Some(deep)) = (of(10), of(DEEP)) else {
        return;
    };
    let mut table = Table::new(["contestant", "cost at 37 by cost at 10"]);
    for ((name, shallow), (_, deep)) in shallow.iter().zip(deep) {
        table.row([name.clone(), format!("{:.2}", deep / shallow)]);
    }
    println!("{table}");
}

/// Counted, not timed: exact on any machine.
fn memory(stage: &Stage) {
    const REQUESTS: u64 = 1_000;
    let counted = |batch: &dyn Fn(u64)| {
        // What is made once is no cost of each request.
        batch(10);
        let made_once = allocations::during(|| batch(0)).1;
        allocations::during(|| batch(REQUESTS))
            .1
            .saturating_sub(made_once) as f64
            / REQUESTS as f64
    };
    let mut table = Table::new(["nodes", "hedgerow, all hooks", "hedgerow, waits", "tower, boxed"]);
    for depth in DEPTHS {
        let (stateful, waiting) = (stage.chain(depth, || Stateful), stage.chain(depth, || Waiting));
        let ours = [
            counted(&|count| nodes::batch(&stateful, count)),
            counted(&|count| nodes::batch(&waiting, count)),
        ];
        assert_eq!(ours, [0.0, 0.0], "a request does not allocate in a chain");
        let theirs = counted(&|count| services::batch(depth, count));
        let [a, b] = ours.map(|count| format!("{count:.2}"));
        table.row([depth.to_string(), a, b, format!("{theirs:.2}")]);
    }
    println!("allocations per request, exact\n{table}");
}
