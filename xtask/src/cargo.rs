//! Runs cargo and other commands at the workspace root.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// A cargo command at the workspace root, with the cargo that started the workshop.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The workspace root: the parent of this package.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run`, so that a moved work tree is still found.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// Runs `command` to its end with its output passed on.
///
/// # Errors
///
/// Fails when it cannot be started or does not end with success.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|source| unrunnable(command, source))?;
    ended(command, status)
}

/// Runs `command` to its end and hands each line of its stdout to `see`.
///
/// # Errors
///
/// Fails when it cannot be started or read, or does not end with success.
pub(crate) fn run_seen(command: &mut Command, mut see: impl FnMut(&str)) -> Result<(), Failure> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| unrunnable(command, source))?;
    let mut read = Ok(());
    if let Some(stdout) = child.stdout.take() {
        // Bytes, not `lines()`: a test may print what is not UTF-8.
        for line in BufReader::new(stdout).split(b'\n') {
            match line {
                Ok(line) => see(&String::from_utf8_lossy(&line)),
                Err(error) => {
                    read = Err(error);
                    break;
                }
            }
        }
    }
    let status = child.wait().map_err(|source| unrunnable(command, source))?;
    read.map_err(|source| unrunnable(command, source))?;
    ended(command, status)
}

fn ended(command: &Command, status: std::process::ExitStatus) -> Result<(), Failure> {
    if status.success() {
        return Ok(());
    }
    Err(Failure::Command {
        command: line(command),
        status,
    })
}

/// What is said of a command that could not be started or read.
pub(crate) fn unrunnable(command: &Command, source: std::io::Error) -> Failure {
    Failure::Unrunnable {
        command: line(command),
        source,
    }
}

/// The command as one would type it: the program's name and its arguments.
pub(crate) fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_seen_and_a_failure_names_the_command() {
        let mut seen = Vec::new();
        let mut command = Command::new("/bin/sh");
        let ended = run_seen(command.args(["-c", "printf 'one\\ntwo'; exit 3"]), |line| {
            seen.push(line.to_owned())
        });
        assert_eq!(seen, ["one", "two"]);
        let message = ended.err().map(|failure| failure.to_string()).unwrap_or_default();
        assert!(message.starts_with("`sh -c"), "{message}");
        assert!(message.contains("exit status: 3"), "{message}");
    }

    #[test]
    fn the_root_is_where_the_workspace_is_declared() {
        assert!(root().join("xtask").join("Cargo.toml").is_file());
    }
}
