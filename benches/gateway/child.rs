//! A process that serves.

use std::env;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{self, Command, Stdio};

use crate::role::Role;

/// A process that serves in a role. It ends with this value.
pub(crate) struct Child {
    process: process::Child,
    /// Where it serves.
    pub(crate) addr: SocketAddr,
}

impl Child {
    /// Starts this program once more, on a core if there is one for it, and waits until it serves.
    pub(crate) fn start(role: &Role, core: Option<usize>) -> io::Result<Self> {
        Self::start_by(&env::current_exe()?, role, core)
    }

    /// The same of another build of this program.
    pub(crate) fn start_by(program: &Path, role: &Role, core: Option<usize>) -> io::Result<Self> {
        let mut process = Command::new(program)
            .args(role.arguments(core))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        match line.trim().parse() {
            Ok(addr) => Ok(Self { process, addr }),
            Err(_) => {
                process.kill()?;
                Err(io::Error::other(format!(
                    "a child ended before it served: {}",
                    process.wait()?
                )))
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
