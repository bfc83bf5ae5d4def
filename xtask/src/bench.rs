//! `cargo xtask bench`: the measuring stick.

use crate::cargo::{self, cargo};
use crate::failure::Failure;
use crate::timing::Timing;

/// Runs the bench programs whose name contains `filter`, or all; they print their own tables.
///
/// # Errors
///
/// Fails when the build breaks, a bench ends badly, or no bench has such a name.
pub(crate) fn run(filter: Option<&str>) -> Result<(), Failure> {
    let mut timing = Timing::start();
    let mut command = cargo();
    command.args(["bench", "--package", "hedgerow-benches"]);
    if let Some(filter) = filter {
        // Cargo reads the name of a target as a pattern.
        command.args(["--bench", &format!("*{filter}*")]);
    }
    timing.step("benches", || cargo::run(&mut command))?;
    println!("xtask bench: done in {}", timing.summary());
    Ok(())
}
