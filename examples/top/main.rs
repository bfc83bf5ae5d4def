//! What a mesh does, in a terminal: the tree, breakers, chains, upstreams, pools and events of an admin side.
//!
//!     cargo run --example top -- http://127.0.0.1:9900
//!     cargo run --example top -- http://127.0.0.1:9900 --once
//!
//! Keys: `1` to `6` or Tab for another view, arrows to move, `s` and `r` to sort, `/` to filter, Enter for what can be ordered of
//! the selected one, `q` to leave. Orders are sent with the token in `HEDGEROW_ADMIN_TOKEN`.
//!
//! | file | subject |
//! |---|---|
//! | `fetch` | asks the admin side |
//! | `rows` | from its answers to rows, pure |
//! | `model` | what is selected, sorted, filtered and asked for, pure |
//! | `draw` | the model on a screen |
//! | `screen` | the terminal: keys in, frames out |
//! | `plain` | the same as text, where there is no terminal |
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

mod draw;
mod fetch;
mod model;
mod plain;
mod rows;
mod screen;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fetch::{Admin, FetchError};

/// Time from one look to the next.
const EVERY: Duration = Duration::from_secs(1);
/// What was asked for is wrong.
const USAGE: u8 = 2;
/// The admin side could not be asked.
const NOT_REACHED: u8 = 1;

/// What a mesh does, in a terminal.
#[derive(Debug, Parser)]
#[command(
    name = "top",
    after_help = "Where the output is no terminal it is plain text, once a second.\n\
        Orders need the token of the admin side, where it has one: HEDGEROW_ADMIN_TOKEN.\n\
        Exit codes: 0 as asked; 1 the admin side could not be asked; 2 a wrong address."
)]
struct Flags {
    /// Where the admin side is
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:9900")]
    url: String,

    /// Print one snapshot as text, and end
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let token = std::env::var("HEDGEROW_ADMIN_TOKEN").ok();
    let ended = match Admin::at(&flags.url, token) {
        Ok(admin) if flags.once => once(&admin).await,
        Ok(admin) if std::io::stdout().is_terminal() => screen::run(admin).await,
        Ok(admin) => follow(&admin).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let is_usage = matches!(error, FetchError::Address { .. });
            ExitCode::from(if is_usage { USAGE } else { NOT_REACHED })
        }
    }
}

async fn once(admin: &Admin) -> Result<(), FetchError> {
    let snapshot = admin.snapshot().await?;
    plain::write(&mut std::io::stdout().lock(), &snapshot).map_err(FetchError::Output)
}

/// One snapshot after the other, until nobody reads them any more.
async fn follow(admin: &Admin) -> Result<(), FetchError> {
    loop {
        match admin.snapshot().await {
            Ok(snapshot) => {
                if plain::write(&mut std::io::stdout().lock(), &snapshot).is_err() {
                    return Ok(());
                }
            }
            Err(error) => eprintln!("{error}; trying again"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
