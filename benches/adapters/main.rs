//! What a chain of ten nodes costs a handler that does nothing: an app of axum and one of actix-web, each bare and with the
//! chain, over sockets, in turns. `-- parts`: the same without sockets.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod apps;
mod load;
mod parts;

use std::num::NonZeroUsize;

use apps::{Node, Stage};
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, cores};
use load::Load;

/// Nodes of the chain.
const DEPTH: usize = 10;
/// Rounds that count: what is looked for is a few parts in a hundred.
const ROUNDS: usize = 201;
/// Throughput that is left, at the least.
const GOAL: f64 = 0.97;

fn main() {
    println!("adapters: nanoseconds for one request over one of 64 connections, kept alive");
    println!("{}", Facts::now());
    let (servers, clients) = split();
    println!(
        "Contestants take turns, {ROUNDS} rounds; ratios are taken within a round. Each app has one thread; apps on core \
         {servers:?}, the load on core {clients:?}. Chains of {DEPTH} nodes that use every hook and a state, or look at requests \
         on their way in.\n"
    );
    let stage = Stage::set(DEPTH);
    if std::env::args().any(|word| word == "parts") {
        parts::run_all(&stage);
        stage.strike();
        return;
    }
    keep(servers);
    let axum = [None, Some(Node::Stateful), Some(Node::Looking)].map(|node| Load::on(stage.axum(node)));
    let actix = [None, Some(Node::Stateful), Some(Node::Looking)].map(|node| Load::on(stage.actix(node)));
    keep(clients);
    contest("axum", &axum);
    contest("actix-web", &actix);
    stage.strike();
}

/// A core for the apps and one for the load, where there are two.
fn split() -> (Option<usize>, Option<usize>) {
    let cores = cores::allowed();
    match cores[..] {
        [first, second, ..] => (Some(first), Some(second)),
        _ => (None, None),
    }
}

fn keep(core: Option<usize>) {
    if let Some(core) = core {
        cores::keep_to(core).expect("a core that is allowed can be kept to");
    }
}

fn contest(name: &str, [bare, stateful, looking]: &[Load; 3]) {
    let outcome = Contest::new(NonZeroUsize::MIN)
        .rounds(ROUNDS)
        .contestant(format!("{name}, bare"), |count| bare.batch(count))
        .contestant(format!("{name}, {DEPTH} nodes with all hooks"), |count| {
            stateful.batch(count)
        })
        .contestant(format!("{name}, {DEPTH} nodes, way in only"), |count| {
            looking.batch(count)
        })
        .run();
    println!("{outcome}");
    for row in &outcome.rows[1..] {
        let left = 1.0 / row.ratio;
        let verdict = if left >= GOAL { "reached" } else { "missed" };
        println!(
            "{}: {left:.3} of the bare throughput; the goal of {GOAL} is {verdict}",
            row.name
        );
    }
    println!();
}
