//! What can go wrong with a mesh as a whole.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use hedgerow_supervisor::{Exit, InvalidTree, StartError};
use hedgerow_view::Path;

/// A mesh was not started, or ended, or does not know what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The config file cannot be read.
    #[error("{}: {why}", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        why: UnreadableConfig,
    },
    /// The config has mistakes: all of them, each with its place.
    #[error("{0}")]
    Config(hedgerow_config::Errors),
    /// The declared tree has mistakes: all of them.
    #[error(transparent)]
    Tree(InvalidTree),
    /// Declared parts of the tree have mistakes: all of them.
    #[error("{} mistake(s) in the declared tree, nothing was started{}", .0.len(), listed(.0))]
    Declared(Vec<DeclaredError>),
    /// The text is no address.
    #[error("`{text}` is no address to listen on: write IP:port, as in 127.0.0.1:9900")]
    Address {
        /// The text.
        text: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {addr}: {why}: free the address or choose another one")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        why: io::Error,
    },
    /// The admin listener would be open to others without a token.
    #[error("the admin address {addr} is not loopback and no token is set: set one, or bind it to 127.0.0.1")]
    AdminOpen {
        /// The address.
        addr: SocketAddr,
    },
    /// What is to be told to a collector cannot be.
    #[error("{whose} has mistakes, nothing was started:\n  {}", .what.join("\n  "))]
    Telemetry {
        /// Who asked for it: the code, or a variable of the environment.
        whose: &'static str,
        /// Each mistake.
        what: Vec<String>,
    },
    /// The operating system gave no thread, or the metrics could not be set up.
    #[error("the mesh has nothing to run on: {0}")]
    Ground(String),
    /// A child failed at its first start; what had been started was stopped again.
    #[error("the tree did not start: {0}")]
    Failed(Exit),
    /// The tree ended otherwise than by having been asked to.
    #[error("the tree gave up: {0}")]
    Ended(Exit),
    /// The pool leases what another source makes.
    #[error("the pool `{name}` leases what {found} makes, not {wanted}: ask for that")]
    OtherPool {
        /// The name of the pool.
        name: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// The type of its source.
        found: &'static str,
    },
    /// The factory makes things of another type.
    #[error("the factory `{name}` makes {found}, not {wanted}: ask for that")]
    OtherFactory {
        /// The name of the factory.
        name: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// The type that it makes.
        found: &'static str,
    },
    /// Nothing of this kind has this name.
    #[error("there is no {kind} `{name}`{}", nearest(.known))]
    Unknown {
        /// What was asked for.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
}

impl Error {
    /// Whether nothing was started because what was asked for is wrong: the config, the tree or an address.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Ground(_) | Self::Failed(_) | Self::Ended(_))
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Invalid(invalid) => Self::Tree(invalid),
            StartError::Failed { exit, .. } => Self::Failed(exit),
            other => Self::Ground(other.to_string()),
        }
    }
}

/// Why a config file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableConfig {
    /// The system said no.
    #[error("cannot be read ({0}): check the path and its rights")]
    Io(#[from] io::Error),
    /// It is a directory, a pipe or a device.
    #[error("is no regular file: name a YAML, JSON or TOML file")]
    NoFile,
    /// It holds more than a config may.
    #[error("is larger than {limit} bytes: that is no config")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is not text.
    #[error("is not UTF-8 text, first at byte {at}")]
    NoText {
        /// Where.
        at: usize,
    },
}

/// One mistake in a declared part of the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} ({kind}): {what}")]
pub struct DeclaredError {
    /// What it is: `upstream`, `breaker`.
    pub kind: &'static str,
    /// Where it would live.
    pub path: Path,
    /// What is wrong, and what to do.
    pub what: String,
}

fn listed(errors: &[DeclaredError]) -> String {
    errors.iter().map(|error| format!("\n  {error}")).collect()
}

fn nearest(known: &[String]) -> String {
    if known.is_empty() {
        ": there are none".to_owned()
    } else {
        format!(": there are {}", known.join(", "))
    }
}
