//! What the mesh costs a request: a gateway beside the same actix-web handler without it.
//!
//! Arguments choose what is run: `requests`, `overload`, `disk`, `peers`; by default everything. What `overload` goes through is
//! chosen by `bounds=default,off,fixed,short,0.9` and `loads=1,2,5,10`. By `beside=PATH` the gateways of another build of this program take
//! turns with those of this one, in `requests` and in `overload`. `rounds=5` is how many rounds there are of any but `disk`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod child;
mod choice;
mod config;
mod cores;
mod load;
mod overload;
mod peers;
mod plain;
mod relay;
mod report;
mod requests;
mod role;
mod slow_disk;
mod upstream;

use std::io;

use child::Child;
use choice::{Overloads, Part};
use cores::Cores;
use hedgerow_benches::machine::Facts;
use role::Role;

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
        requests::contest(cores, upstream.addr)?;
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
