//! `cargo xtask loom`: the lock-free parts under every interleaving.

use crate::cargo::{self, cargo, root};
use crate::failure::Failure;
use crate::timing::Timing;

/// Runs the models of the gate whose name contains `filter`, or all.
///
/// `--cfg loom` swaps the atomics of every crate that knows it, so these builds
/// stay in a target directory of their own and never mix with ordinary ones.
///
/// # Errors
///
/// Fails when the build breaks or a model finds an interleaving that is wrong.
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
    timing.step("models", || cargo::run(&mut command))?;
    println!("xtask loom: every model held in {}", timing.summary());
    Ok(())
}
