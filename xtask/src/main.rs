//! The workshop: `cargo xtask test`, `cargo xtask loom`, `cargo xtask bench`.
//!
//! Plain `cargo test` runs what needs nothing but Rust. The workshop adds what
//! cargo cannot know: which Debian packages the tests need, where the example
//! binaries are, and how the models of the lock-free parts are built.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool: results go to stdout, progress to stderr"
)]

use std::process::ExitCode;

use args::Task;

mod args;
mod bench;
mod cargo;
mod failure;
mod guard;
mod limit;
mod loom;
mod need;
mod progress;
mod suite;
mod tally;
mod timing;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args_os().skip(1)) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("xtask: {error}");
            eprintln!("xtask: `cargo xtask --help` shows the commands");
            return ExitCode::from(2);
        }
    };
    let done = match task {
        Task::Help => {
            print!("{}", args::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Task::Test(extent) => suite::run(extent).map(|()| ExitCode::SUCCESS),
        Task::Loom(filter) => loom::run(filter.as_deref()).map(|()| ExitCode::SUCCESS),
        Task::Bench(filter) => bench::run(filter.as_deref()).map(|()| ExitCode::SUCCESS),
        Task::Guard { program, arguments } => guard::run(&program, &arguments),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
