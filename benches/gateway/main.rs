//! What the mesh costs a request: a gateway beside the same actix-web handler without it.
//!
//! Arguments choose what is run: `requests`, `overload`, `disk`, `peers`; by default everything. What `overload` goes through is
//! chosen by `bounds=default,off,fixed,short,0.9`, `loads=1,2,5,10` and `beside=PATH`, another build of this program; it and `peers` have
//! `rounds=5`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod child;
mod choice;
mod config;
mod cores;
mod load;
mod overload;
mod peers;
mod plain;
mod report;
mod role;
mod slow_disk;
mod upstream;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use child::Child;
use choice::{Overloads, Part};
use config::Config;
use cores::Cores;
use hedgerow_benches::machine::{self, Facts};
use load::Load;
use report::{Measured, Report};
use role::Role;

/// Connections that are kept busy.
const CONNECTIONS: usize = 64;
/// Rounds that count; one more is run before them and thrown away.
const ROUNDS: usize = 9;
/// Before each measurement, so that connections are open and code is warm.
const WARM_UP: Duration = Duration::from_millis(300);
/// Long beside a hundredth of a second, which is as exactly as processor time is told.
const LENGTH: Duration = Duration::from_millis(1_500);

fn main() -> io::Result<()> {
    match Role::of_this_process()? {
        // A child: it serves until its parent is gone.
        Some(role) => role.play(),
        None => contest(),
    }
}

fn contest() -> io::Result<()> {
    let parts = Part::of_this_run();
    let facts = Facts::now();
    let cores = Cores::of_this_machine();
    println!("gateway: requests through one worker to an upstream that answers 1 KiB, HTTP/1.1, keep-alive");
    println!("{facts}");
    println!("{cores}");
    cores.keep_to_the_load();
    let upstream = Child::start(&Role::Upstream, cores.load)?;
    if parts.contains(&Part::Requests) {
        requests(cores, upstream.addr)?;
    }
    if parts.contains(&Part::Overload) {
        overload::contest(&Overloads::of_this_run()?, cores, upstream.addr)?;
    }
    if parts.contains(&Part::Disk) {
        slow_disk::contest(&cores, upstream.addr)?;
    }
    if parts.contains(&Part::Peers) {
        peers::contest(cores, upstream.addr)?;
    }
    Ok(())
}

/// What a request costs at saturation.
fn requests(cores: Cores, upstream: SocketAddr) -> io::Result<()> {
    println!(
        "load: closed loop, {CONNECTIONS} connections, each sends its next request when it has the answer; so the latencies \
         are those of saturation and say nothing about a lower rate."
    );
    println!("Contestants take turns, {ROUNDS} rounds of {LENGTH:?}; ratios are taken within a round.\n");
    let config = Config::write(upstream)?;
    let contestants = [
        ("actix-web handler, no mesh", Role::Plain(upstream)),
        ("hedgerow gateway", Role::Gateway(config.path.clone())),
        ("no proxy: the upstream", Role::Upstream),
    ];
    let mut report = Report::new(contestants.each_ref().map(|(name, _)| *name));
    let children: Vec<Child> = contestants
        .iter()
        .map(|(_, role)| Child::start(role, cores.contestant))
        .collect::<io::Result<_>>()?;
    for round in 0..=ROUNDS {
        for turn in 0..children.len() {
            let index = (turn + round) % children.len();
            let measured = measure(&children[index])?;
            if round > 0 {
                report.add(index, measured);
            }
        }
    }
    let resident = children.iter().map(|child| machine::resident_kib(child.pid()));
    println!("{}", report.table(resident.collect()));
    Ok(())
}

fn measure(child: &Child) -> io::Result<Measured> {
    let mut load = Load::connect(child.addr, CONNECTIONS)?;
    load.run(WARM_UP)?;
    let before = machine::cpu_time(child.pid());
    let served = load.run(LENGTH)?;
    let after = machine::cpu_time(child.pid());
    let cpu = after.zip(before).map(|(after, before)| after - before);
    Ok(Measured::new(served, cpu))
}
