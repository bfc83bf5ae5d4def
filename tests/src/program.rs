//! The gateway's program.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::patience::eventually;
use crate::place::Place;

/// The variable that says where the program is; `cargo xtask test` sets it.
const VARIABLE: &str = "HEDGEROW_BIN_GATEWAY";

/// Where the gateway's program is: where `HEDGEROW_BIN_GATEWAY` says, else beside the running test.
///
/// # Panics
/// Where there is none, with how to build it.
pub fn path() -> PathBuf {
    let path = std::env::var_os(VARIABLE).map_or_else(beside_the_test, PathBuf::from);
    assert!(
        path.is_file(),
        "there is no gateway at {}: build it with `cargo build -p hedgerow-examples --example gateway`, \
         or say in {VARIABLE} where it is",
        path.display()
    );
    path
}

/// `target/debug/deps/test-0123` has it at `target/debug/examples/gateway`.
fn beside_the_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join("gateway")
}

/// The gateway's command in the directory of a test, with nothing of the tester's environment that it would read.
pub fn command(place: &Place) -> Command {
    let mut command = Command::new(path());
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| {
        ["HEDGEROW_", "OTEL_"]
            .iter()
            .any(|ours| name.to_string_lossy().starts_with(ours))
    }) {
        command.env_remove(name);
    }
    command
        .current_dir(place.dir())
        .env("RUST_LOG", "info")
        .stdin(Stdio::null());
    command
}

/// What a program that has ended left.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it complained about.
    pub err: String,
}

/// Runs the gateway with these arguments and variables until it ends by itself. It is killed where it does not.
///
/// # Panics
/// Where it does not end.
pub fn run(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let (out, err) = (place.path("out.txt"), place.path("err.txt"));
    let child = command(place)
        .args(args)
        .envs(variables.iter().copied())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let mut child = Killed(child);
    let status = eventually("the end of a program that should not have started", || {
        child.0.try_wait().unwrap()
    });
    Ended {
        code: status.code(),
        out: fs::read_to_string(out).unwrap(),
        err: fs::read_to_string(err).unwrap(),
    }
}

/// A child that does not outlive its owner.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
