//! What was asked for on the command line.

use thiserror::Error;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
The workshop of Hedgerow.

Usage: cargo xtask <COMMAND>

Commands:
  test [--quick]    run every test; --quick leaves out those that need a component
  loom [FILTER]     check the lock-free parts under every thread interleaving
  bench [FILTER]    run the benches whose name contains FILTER, and print their tables
  help              print this

The full test run installs what it needs (promtool, strace) when it is root on
Debian; elsewhere it names what is missing and fails.

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
    #[error("no command is called `{0}`; there are test, loom, bench and help")]
    UnknownCommand(String),
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
/// Fails on a command that does not exist and on an argument it does not take.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Task, ArgsError> {
    let mut arguments = arguments.into_iter();
    let Some(command) = arguments.next() else {
        return Ok(Task::Help);
    };
    let rest: Vec<String> = arguments.collect();
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
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn each_command_of_the_help_is_understood() {
        assert_eq!(parsed("test"), Ok(Task::Test(Extent::Full)));
        assert_eq!(parsed("test --quick"), Ok(Task::Test(Extent::Quick)));
        assert_eq!(parsed("loom"), Ok(Task::Loom(None)));
        assert_eq!(parsed("loom permit"), Ok(Task::Loom(Some("permit".into()))));
        assert_eq!(parsed("bench gate"), Ok(Task::Bench(Some("gate".into()))));
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
    }
}
