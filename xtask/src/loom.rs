//! `cargo xtask loom`: the lock-free parts under every interleaving.

use crate::cargo::{self, cargo, root};
use crate::failure::Failure;
use crate::tally::Tally;
use crate::timing::Timing;

/// Runs the models of the gate whose name contains `filter`, or all.
///
/// `--cfg loom` swaps the atomics of every crate that knows it, so these builds
/// stay in a target directory of their own and never mix with ordinary ones.
///
/// # Errors
///
/// Fails when the build breaks, a model finds an interleaving that is wrong, or no
/// model has such a name.
pub(crate) fn run(filter: Option<&str>) -> Result<(), Failure> {
    let mut timing = Timing::start();
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.push_str(" --cfg loom");
    let mut command = cargo();
    // Optimised: a model runs its body many thousand times.
    command.args(["test", "--release", "--package", "hedgerow-gate", "--tests"]);
    command.args(filter);
    command
        .env("RUSTFLAGS", flags.trim())
        .env("CARGO_TARGET_DIR", root().join("target").join("loom"));
    let mut tally = Tally::default();
    timing.step("models", || {
        cargo::run_seen(&mut command, |line| {
            println!("{line}");
            tally.read(line);
        })
    })?;
    println!("xtask loom: {tally} in {}", timing.summary());
    if tally.passed == 0 {
        return Err(Failure::NothingRan);
    }
    Ok(())
}
