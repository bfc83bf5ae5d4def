//! The smallest use: a breaker round any asynchronous function.
//!
//!     cargo run --example one_breaker
//!
//! A ledger that fails is asked until the breaker opens; then calls are refused without being made; when the open time
//! is over, probes find out that the ledger is well again, and the breaker closes.
#![allow(clippy::print_stdout, reason = "a program that tells its story")]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hedgerow::prelude::*;

static LEDGER_IS_WELL: AtomicBool = AtomicBool::new(false);

async fn ask_the_ledger() -> Result<u64, io::Error> {
    if LEDGER_IS_WELL.load(Ordering::Relaxed) {
        Ok(7)
    } else {
        Err(io::Error::other("the ledger is burning"))
    }
}

#[tokio::main]
async fn main() -> hedgerow::Result<()> {
    let policy = BreakerPolicy {
        consecutive_failures: Some(3),
        open_for: OpenFor::fixed(Duration::from_secs(1)),
        ..BreakerPolicy::default()
    };
    let mesh = Mesh::new(Supervisor::one_for_one("books").child(Breaker::new("ledger").policy(policy)))
        .start()
        .await?;
    let ledger = mesh.breaker("ledger")?;

    for call in 1..=30 {
        match ledger.call(ask_the_ledger).await {
            Ok(balance) => println!("{call:2}  balance {balance}"),
            Err(CallError::Refused(refusal)) => println!("{call:2}  not asked: {refusal}"),
            Err(CallError::Failed(error)) => println!("{call:2}  asked in vain: {error}"),
            Err(other) => println!("{call:2}  {other}"),
        }
        if call == 15 {
            println!("    (the ledger recovers)");
            LEDGER_IS_WELL.store(true, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    mesh.shutdown().await
}
