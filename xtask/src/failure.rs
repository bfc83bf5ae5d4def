//! Why a task of the workshop did not hold.

use thiserror::Error;

/// Why a task ended without success. What cargo itself printed stands above it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum Failure {
    /// A command could not be started or read.
    #[error("could not run `{command}`: {source}")]
    Unrunnable {
        /// The command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A command ran and answered with a failure.
    #[error("`{command}` failed ({status})")]
    Command {
        /// The command line.
        command: String,
        /// Its exit code or signal.
        status: std::process::ExitStatus,
    },
    /// Components that the full test run needs are not there and cannot be installed here.
    #[error(
        "the full test run needs {missing}; install them, or run `cargo xtask test --quick` without them"
    )]
    Missing {
        /// Each program with the package that brings it.
        missing: String,
    },
    /// The limit of the tests is set to what is none.
    #[error("{variable} is `{observed}`; it takes whole seconds above 0, such as 600")]
    Limit {
        /// The variable.
        variable: &'static str,
        /// What it says.
        observed: String,
    },
    /// One or more steps failed; their output stands above.
    #[error("failed: {0}")]
    Steps(String),
    /// The run was green because nothing ran.
    #[error("no test ran: a run without tests proves nothing")]
    NothingRan,
}
