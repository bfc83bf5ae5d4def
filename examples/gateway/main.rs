//! The main job: a real gateway, with demo upstreams and a live dashboard.
//!
//!     cargo run --release --example gateway
//!     cargo run --release --example gateway -- --config mesh.yaml
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

mod demo;
mod flags;

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use flags::Flags;
use hedgerow::Builder;
use hedgerow::prelude::*;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The tree gave up.
const GAVE_UP: u8 = 1;
/// What was asked for is wrong; nothing was started.
const USAGE: u8 = 2;

/// What is logged where `RUST_LOG` does not say. The server of the admin side has a line for every client that breaks off: any stranger
/// could fill the log with them.
const LOG: &str = "info,actix_server=warn,actix_http=off";

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    let colours = std::io::stderr().is_terminal();
    let lines = LogLines::new();
    let written = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    tracing_subscriber::registry()
        .with(filter)
        .with(written)
        .with(lines.layer())
        .init();
    match (&flags.config, flags.check) {
        (Some(config), true) => check(config, flags.json),
        _ => run(flags, lines).await.unwrap_or_else(|error| fail(&error)),
    }
}

fn check(config: &Path, json: bool) -> ExitCode {
    match Mesh::check_config(config) {
        Ok(_) if json => println!("[]"),
        Ok(revision) => println!(
            "{}: fine: {} listener(s), {} chain(s), {} upstream(s)",
            config.display(),
            revision.listeners.len(),
            revision.chains.len(),
            revision.upstreams.len(),
        ),
        Err(hedgerow::Error::Config(errors)) if json => {
            println!(
                "{}",
                serde_json::to_string_pretty(&errors).unwrap_or_else(|error| error.to_string())
            );
            return ExitCode::from(USAGE);
        }
        Err(error) if json => {
            // The file as a whole has no line: where and what is all there is to say.
            let finding = serde_json::json!([{ "file": config, "line": null, "column": null, "key": null, "message": error.to_string() }]);
            println!("{finding:#}");
            return ExitCode::from(USAGE);
        }
        Err(error) => return fail(&error),
    }
    ExitCode::SUCCESS
}

fn fail(error: &hedgerow::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(if error.is_usage() { USAGE } else { GAVE_UP })
}

async fn run(flags: Flags, lines: LogLines) -> hedgerow::Result<ExitCode> {
    let (mut terminate, mut interrupt) = (
        listen_for(SignalKind::terminate()),
        listen_for(SignalKind::interrupt()),
    );
    let demo = if flags.config.is_none() {
        Some(demo::Demo::prepare(flags.no_demo).await)
    } else {
        None
    };
    let builder = match (&flags.config, &demo) {
        (Some(file), _) => Mesh::from_config(file),
        (None, Some(demo)) => Mesh::from_config_text("demo.yaml", demo.config()),
        (None, None) => unreachable!("without a config there is a demo"),
    };
    let mesh = with_flags(builder, &flags).log_lines(lines).start().await?;

    for addr in mesh.listen_addrs() {
        println!("gateway    http://{addr}");
    }
    if let Some(addr) = mesh.admin_addr() {
        println!("dashboard  http://{addr}");
    }
    println!("ready");
    if let (Some(demo), Some(gateway)) = (demo, mesh.listen_addrs().first()) {
        demo.load(*gateway);
    }

    tokio::select! {
        exit = mesh.wait() => {
            // No sign of life is left that could be missed: the cause is the last line of the log.
            let _ = mesh.shutdown().await;
            eprintln!("gave up: {exit}");
            return Ok(ExitCode::from(GAVE_UP));
        }
        () = either(&mut terminate, &mut interrupt) => {}
    }
    eprintln!("draining; a second signal ends at once");
    tokio::select! {
        stopped = mesh.shutdown() => stopped.map(|()| ExitCode::SUCCESS),
        () = either(&mut terminate, &mut interrupt) => std::process::exit(0),
    }
}

fn with_flags(mut builder: Builder, flags: &Flags) -> Builder {
    builder = builder.store(&flags.state).dashboard(flags.admin);
    if let Some(listen) = flags.listen {
        builder = builder.listen(listen);
    }
    if let Some(workers) = flags
        .workers
        .and_then(|workers| NonZeroUsize::new(workers.into()))
    {
        builder = builder.workers(workers);
    }
    if let Some(token) = &flags.admin_token {
        builder = builder.admin_token(token);
    }
    builder
}

fn listen_for(kind: SignalKind) -> Signal {
    signal(kind).expect("this process may handle its signals")
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
