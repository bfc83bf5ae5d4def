//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser};
use hedgerow::Error;

/// A gateway: HTTP/1.1 in, through a chain and breakers, to the endpoints of its upstreams.
///
/// Without --config it starts a demo: upstreams in the same process (one flaky, one slow) and a gentle load.
#[derive(Debug, Parser)]
#[command(
    name = "gateway",
    after_help = "Examples:\n  \
        gateway                                        the demo, dashboard on http://127.0.0.1:9900\n  \
        gateway --config mesh.yaml                     serve a config of your own\n  \
        gateway --config mesh.yaml --check             all its mistakes, nothing started\n  \
        gateway --config mesh.yaml --listen 0.0.0.0:80 another address for its first listener\n\n\
        Exit codes: 0 as asked; 2 bad config, flags, address in use, missing file (nothing started); \
        1 the tree gave up.\n\
        Flags with a value can be given by the environment (HEDGEROW_LISTEN, ...). Log: RUST_LOG=info."
)]
pub(crate) struct Flags {
    /// The config: YAML, JSON or TOML. No demo then
    #[arg(long, value_name = "FILE", env = "HEDGEROW_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Check the config, say all that is wrong with it, and start nothing
    #[arg(long, requires = "config")]
    pub(crate) check: bool,

    /// With --check: the findings as JSON
    #[arg(long, requires = "check")]
    pub(crate) json: bool,

    /// The address of the first listener [default: the config's; demo: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "HEDGEROW_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// The address of dashboard, API and metrics
    #[arg(
        long,
        value_name = "ADDR",
        env = "HEDGEROW_ADMIN",
        default_value = "127.0.0.1:9900"
    )]
    pub(crate) admin: SocketAddr,

    /// The directory of what must survive a crash
    #[arg(
        long,
        value_name = "DIR",
        env = "HEDGEROW_STATE",
        default_value = "target/gateway-state"
    )]
    pub(crate) state: PathBuf,

    /// Threads that serve requests, 1 to 512 [default: one for each core]
    #[arg(long, value_name = "N", env = "HEDGEROW_WORKERS", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) workers: Option<u16>,

    /// What changes by the admin API must bring as a bearer token; not empty
    #[arg(long, value_name = "T", env = "HEDGEROW_ADMIN_TOKEN", hide_env_values = true,
        value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) admin_token: Option<String>,

    /// Without --config: the demo's config, but neither its upstreams nor its load
    #[arg(long)]
    pub(crate) no_demo: bool,
}

impl Flags {
    /// Reads the command line and the environment; what is wrong is said, with the variable that said it, and ends the program.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            let flag = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::String(shown)) => shown.split_whitespace().next(),
                _ => None,
            };
            let Some(variable) = flag.and_then(variable) else {
                error.exit();
            };
            let said = error.render().to_string();
            let what = said.strip_prefix("error: ").unwrap_or(&said);
            let what = what.split("\n\n").next().unwrap_or(what);
            let what = format!("{what}\nthe value is that of the environment variable {variable}");
            Self::command().error(error.kind(), what).exit()
        })
    }

    /// The variable of the environment that asked for what this error refuses, where one did.
    pub(crate) fn variable_behind(&self, error: &Error) -> Option<String> {
        let flag = match error {
            Error::ConfigFile { .. } => "--config",
            Error::AdminOpen { .. } => "--admin",
            Error::Bind { addr, .. } if self.listen == Some(*addr) => "--listen",
            Error::Bind { addr, .. } if self.admin == *addr => "--admin",
            _ => return None,
        };
        variable(flag)
    }
}

/// The variable that gives this flag its value: it is set, and the command line does not have the flag.
fn variable(flag: &str) -> Option<String> {
    let is_flag = |said: &str| said.split('=').next() == Some(flag);
    if std::env::args_os().any(|said| is_flag(&said.to_string_lossy())) {
        return None;
    }
    let command = Flags::command();
    let long = flag.strip_prefix("--")?;
    let argument = command
        .get_arguments()
        .find(|argument| argument.get_long() == Some(long))?;
    let variable = argument
        .get_env()
        .filter(|variable| std::env::var_os(variable).is_some());
    variable.map(|variable| variable.to_string_lossy().into_owned())
}
