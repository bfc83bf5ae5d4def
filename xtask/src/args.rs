//! What was asked for on the command line.

use std::ffi::OsString;

use thiserror::Error;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
The workshop of Hedgerow.

Usage: cargo xtask <COMMAND>

Commands:
  test [--quick]    run every test; --quick leaves out those that need a component
  loom [FILTER]     check the lock-free parts under every thread interleaving
  bench [FILTER]    run the benches whose name contains FILTER, and print their tables
  guard PROGRAM [ARGUMENT...]
                    run a program as `test` runs each program of the tests
  help              print this

The full test run installs what it needs (promtool, strace, faketime,
redis-server, python3) when it is root on Debian; elsewhere it names what is missing and
fails.

A program of the tests that is not over within XTASK_TEST_LIMIT seconds (default
600) is ended with all that it started, and named with its tests that hang.

Examples:
  cargo xtask test             # everything that proves it works
  cargo xtask test --quick     # while writing: Rust is all it needs
  cargo xtask loom permit      # the models whose name contains `permit`
  cargo xtask bench gate       # the bench tables of the gate alone

Exit codes: 0 it held; 1 something failed; 2 the command line was not understood.
";

/// One thing the workshop can do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// Run the tests.
    Test(Extent),
    /// Run the loom models, all or those whose name contains the filter.
    Loom(Option<String>),
    /// Run the benches, all or those whose name contains the filter.
    Bench(Option<String>),
    /// Run a program under the limit of the tests.
    Guard {
        /// Where it is.
        program: OsString,
        /// What it is given, whatever that says.
        arguments: Vec<OsString>,
    },
}

/// How much of the tests to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those that need nothing but Rust.
    Quick,
    /// Those, and those marked `#[ignore]` because they need a component.
    Full,
}

/// A command line that says nothing the workshop can do.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ArgsError {
    /// No command has this name.
    #[error("no command is called `{0}`; there are test, loom, bench, guard and help")]
    UnknownCommand(String),
    /// The command lacks this argument.
    #[error("`{command}` needs {argument}")]
    Lacking {
        /// The command that was named.
        command: &'static str,
        /// What it cannot do without.
        argument: &'static str,
    },
    /// The command does not take this argument.
    #[error("`{command}` does not take `{argument}`")]
    Unexpected {
        /// The command that was named.
        command: &'static str,
        /// The argument it cannot use.
        argument: String,
    },
}

/// Reads the arguments behind the program's name. No argument at all asks for help.
///
/// # Errors
///
/// Fails on a command that does not exist, on one that lacks an argument, and on an argument it does not take.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, ArgsError> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Ok(Task::Help);
    };
    if command == "guard" {
        return guard(arguments);
    }
    let text = |argument: OsString| argument.to_string_lossy().into_owned();
    let command = text(command);
    let rest: Vec<String> = arguments.map(text).collect();
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        return Ok(Task::Help);
    }
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "test" => extent(rest).map(Task::Test),
        "loom" => filter("loom", rest).map(Task::Loom),
        "bench" => filter("bench", rest).map(Task::Bench),
        _ => Err(ArgsError::UnknownCommand(command)),
    }
}

/// Everything behind the program is the program's, also `--help`.
fn guard(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, ArgsError> {
    let program = arguments.next().ok_or(ArgsError::Lacking {
        command: "guard",
        argument: "a program",
    })?;
    Ok(Task::Guard {
        program,
        arguments: arguments.collect(),
    })
}

fn extent(arguments: Vec<String>) -> Result<Extent, ArgsError> {
    let mut extent = Extent::Full;
    for argument in arguments {
        match argument.as_str() {
            "--quick" => extent = Extent::Quick,
            _ => {
                return Err(ArgsError::Unexpected {
                    command: "test",
                    argument,
                });
            }
        }
    }
    Ok(extent)
}

fn filter(command: &'static str, arguments: Vec<String>) -> Result<Option<String>, ArgsError> {
    let mut filter = None;
    for argument in arguments {
        if argument.starts_with('-') || filter.is_some() {
            return Err(ArgsError::Unexpected { command, argument });
        }
        filter = Some(argument);
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, ArgsError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn each_command_of_the_help_is_understood() {
        assert_eq!(parsed("test"), Ok(Task::Test(Extent::Full)));
        assert_eq!(parsed("test --quick"), Ok(Task::Test(Extent::Quick)));
        assert_eq!(parsed("loom"), Ok(Task::Loom(None)));
        assert_eq!(parsed("loom permit"), Ok(Task::Loom(Some("permit".into()))));
        assert_eq!(parsed("bench gate"), Ok(Task::Bench(Some("gate".into()))));
        let guard = Task::Guard {
            program: "deps/kill".into(),
            arguments: vec!["--list".into(), "--help".into()],
        };
        assert_eq!(parsed("guard deps/kill --list --help"), Ok(guard));
        for line in ["", "help", "--help", "-h", "test --help", "bench -h"] {
            assert_eq!(parsed(line), Ok(Task::Help), "{line:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(parsed("tset"), Err(ArgsError::UnknownCommand("tset".into())));
        let error = parsed("test --fast").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("`test` does not take `--fast`"));
        assert!(parsed("bench gate gateway").is_err());
        let error = parsed("guard").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("`guard` needs a program"));
    }
}
