//! The main job: a real gateway, with demo upstreams and a live dashboard.
//!
//!     cargo run --release --example gateway
//!     cargo run --release --example gateway -- --config mesh.yaml
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

mod demo;
mod flags;

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use flags::Flags;
use hedgerow::prelude::*;
use hedgerow::{Builder, LogWriter};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The tree gave up.
const GAVE_UP: u8 = 1;
/// What was asked for is wrong; nothing was started.
const USAGE: u8 = 2;

/// How long the end waits for the last lines to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

/// What is logged where `RUST_LOG` does not say. The server of the admin side has a line for every client that breaks off: any stranger
/// could fill the log with them.
const LOG: &str = "info,actix_server=warn,actix_http=off";

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::read();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    let colours = std::io::stderr().is_terminal();
    let lines = LogLines::new();
    let written = tracing_subscriber::fmt::layer()
        .with_writer(lines.stderr())
        .with_ansi(colours);
    tracing_subscriber::registry()
        .with(filter)
        .with(written)
        .with(lines.layer())
        .init();
    let mut stderr = lines.stderr();
    let exit = match (&flags.config, flags.check) {
        (Some(config), true) => check(config, flags.json),
        _ => run(&flags, lines).await,
    };
    let exit = exit.unwrap_or_else(|error| fail(&mut stderr, &error, flags.variable_behind(&error)));
    stderr.flush_within(LAST_LINES);
    exit
}

/// Says something beside the log, behind the lines that are there. Whoever does not read it holds up nothing.
fn say(stderr: &mut LogWriter, what: &impl Display) {
    // It takes every line, or counts it.
    let _ = stderr.write_all(format!("{what}\n").as_bytes());
}

fn check(config: &Path, json: bool) -> hedgerow::Result<ExitCode> {
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
            return Ok(ExitCode::from(USAGE));
        }
        Err(error) if json => {
            // The file as a whole has no line: where and what is all there is to say.
            let finding = serde_json::json!([{ "file": config, "line": null, "column": null, "key": null, "message": error.to_string() }]);
            println!("{finding:#}");
            return Ok(ExitCode::from(USAGE));
        }
        Err(error) => return Err(error),
    }
    Ok(ExitCode::SUCCESS)
}

fn fail(stderr: &mut LogWriter, error: &hedgerow::Error, variable: Option<String>) -> ExitCode {
    say(stderr, error);
    if let Some(variable) = variable {
        let what = format_args!("what is refused is said by the environment variable {variable}");
        say(stderr, &what);
    }
    ExitCode::from(if error.is_usage() { USAGE } else { GAVE_UP })
}

async fn run(flags: &Flags, lines: LogLines) -> hedgerow::Result<ExitCode> {
    let mut stderr = lines.stderr();
    let (mut terminate, mut interrupt) = (
        listen_for(SignalKind::terminate()),
        listen_for(SignalKind::interrupt()),
    );
    #[expect(clippy::disallowed_methods, reason = "it lives as long as the process")]
    tokio::spawn(nothing_to_reload(listen_for(SignalKind::hangup())));
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
    let mesh = with_flags(builder, flags).log_lines(lines).start().await?;

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
            say(&mut stderr, &format_args!("gave up: {exit}"));
            return Ok(ExitCode::from(GAVE_UP));
        }
        () = either(&mut terminate, &mut interrupt) => {}
    }
    say(&mut stderr, &"draining; a second signal ends at once");
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

/// Whoever sends SIGHUP expects the config to be read again, and not that the process ends, as it would by itself.
async fn nothing_to_reload(mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        tracing::warn!("SIGHUP: there is nothing to reload; a changed config is read at the next start");
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
