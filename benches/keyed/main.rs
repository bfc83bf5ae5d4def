//! What a breaker for each key costs at 100,000 keys: a call, a byte, a start.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod by_hand;
mod calls;
mod contestants;
mod memory;
mod recovery;
mod stage;

use std::error::Error;

use hedgerow_benches::allocations::Counting;
use hedgerow_benches::machine::Facts;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Keys that have a breaker.
const KEYS: usize = 100_000;

/// Those of them whose breaker is open, where some are.
const OPEN: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let facts = Facts::now();
    println!("keyed: a breaker for each of {KEYS} keys");
    println!("{facts}\n");
    memory::print();
    recovery::print()?;
    calls::contests()
}

/// A key of twelve characters.
fn key(number: usize) -> String {
    format!("tenant-{number:05}")
}
