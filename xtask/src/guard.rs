//! Runs one program of the tests, and ends it when it does not end: cargo has no limit of its own, and a test that
//! hangs would be ended by somebody else's, without a name.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::cargo::{line, unrunnable};
use crate::failure::Failure;
use crate::limit;
use crate::progress::Progress;

/// How a line begins that names a program which was ended. It goes to stdout, where [`told`] finds it.
const MARK: &str = "xtask: ended ";

/// The exit code where the program was ended, as that of timeout(1).
const ENDED: u8 = 124;

/// This program, as it guards others.
pub(crate) struct Guard {
    own: PathBuf,
}

impl Guard {
    /// Asks the system where the running program is: before a build may put another in its place.
    ///
    /// # Errors
    ///
    /// Fails when the system does not say.
    pub(crate) fn find() -> Result<Self, Failure> {
        let own = std::env::current_exe().map_err(|source| Failure::Unrunnable {
            command: "cargo xtask guard".to_owned(),
            source,
        })?;
        Ok(Self { own })
    }

    /// The setting that has cargo run each program of the tests through `cargo xtask guard`.
    pub(crate) fn as_runner(&self) -> String {
        // A string of JSON is one of TOML.
        let own = serde_json::Value::from(self.own.to_string_lossy());
        format!("target.'cfg(all())'.runner = [{own}, \"guard\"]")
    }

    /// The same command, as one program under the limit.
    pub(crate) fn around(&self, command: &Command) -> Command {
        let mut guarded = Command::new(&self.own);
        guarded
            .arg("guard")
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            guarded.current_dir(directory);
        }
        guarded
    }
}

/// What a line of the tests' output says of a program that was ended, if it does.
pub(crate) fn told(line: &str) -> Option<&str> {
    line.strip_prefix(MARK)
}

/// Runs `program` to its end or to [`limit::each`], with its output passed on as it comes, and answers its exit code.
/// Where it did not end, and where a signal ended it, that is said.
///
/// # Errors
///
/// Fails when the limit cannot be read, and when the program or the shell that holds it cannot be run.
pub(crate) fn run(program: &OsStr, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let limit = limit::each()?;
    let mut command = Command::new(program);
    command.args(arguments);
    let (end, progress) = watch(&mut command, std::io::stdout(), |ended| {
        ended.recv_timeout(limit).ok()
    })?;
    let package = std::env::var("CARGO_PKG_NAME").ok();
    let name = package
        .and_then(|package| name(program, &package))
        .unwrap_or_else(|| line(&command));
    match end {
        End::Itself(status) => {
            if let Some(signal) = status.signal() {
                eprintln!("xtask: {name} was ended by signal {signal}");
            }
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        End::ByUs => {
            if progress.is_within_a_line() {
                println!();
            }
            println!("{MARK}{name}: not over within {} s; {progress}", limit.as_secs());
            Ok(ExitCode::from(ENDED))
        }
    }
}

/// How it ended.
#[derive(Debug)]
enum End {
    Itself(ExitStatus),
    ByUs,
}

/// Runs `command`, copies its stdout to `out`, and ends it with all that it started when `wait` comes back empty. What
/// it started and left behind is ended in any case.
fn watch(
    command: &mut Command,
    out: impl Write + Send,
    wait: impl FnOnce(&Receiver<std::io::Result<ExitStatus>>) -> Option<std::io::Result<ExitStatus>>,
) -> Result<(End, Progress), Failure> {
    let leash = Leash::new()?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(leash.group);
    let mut child = command.spawn().map_err(|source| unrunnable(command, source))?;
    let stdout = child.stdout.take();
    let (ends, ended) = sync_channel(1);
    let (end, progress) = thread::scope(|scope| {
        let copied = scope.spawn(move || stdout.map_or_else(Progress::default, |stdout| copy(stdout, out)));
        scope.spawn(move || {
            // There is room for the one, and nobody waits any more once it was ended.
            let _ = ends.send(child.wait());
        });
        let end = match wait(&ended) {
            Some(status) => status.map(End::Itself),
            None => Ok(End::ByUs),
        };
        // Who still has the other end of stdout goes now, so that the copy comes to its end.
        leash.pull();
        (end, copied.join())
    });
    let end = end.map_err(|source| unrunnable(command, source))?;
    Ok((end, progress.unwrap_or_default()))
}

/// A process group, and the shell in it that ends all of it once nobody holds the other end of its stdin: when it is
/// pulled, and also when this process dies.
struct Leash {
    shell: Child,
    held: Option<ChildStdin>,
    group: i32,
}

impl Leash {
    fn new() -> Result<Self, Failure> {
        let mut command = Command::new("sh");
        command
            .args(["-c", "read -r _; kill -KILL 0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0);
        let mut shell = command.spawn().map_err(|source| unrunnable(&command, source))?;
        Ok(Self {
            held: shell.stdin.take(),
            group: i32::try_from(shell.id()).expect("an id of a process is a positive pid_t"),
            shell,
        })
    }

    fn pull(mut self) {
        drop(self.held.take());
        // It ends itself with the others.
        let _ = self.shell.wait();
    }
}

/// Copies piece by piece, as it comes, and reads what it copies. Goes on reading where it cannot write: nobody looks
/// any more, and the program is to come to its own end.
fn copy(mut from: impl Read, mut to: impl Write) -> Progress {
    let mut progress = Progress::default();
    let mut piece = [0; 8 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return progress,
            Ok(length) => {
                progress.read(&piece[..length]);
                let _ = to.write_all(&piece[..length]).and_then(|()| to.flush());
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return progress,
        }
    }
}

/// A program that cargo made for this package: its file's name without the hash.
fn name(program: &OsStr, package: &str) -> Option<String> {
    let file = Path::new(program).file_name()?.to_str()?;
    let (plain, hash) = file.rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| format!("{plain} of {package}"))
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
