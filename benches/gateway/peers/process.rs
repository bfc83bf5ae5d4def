//! The process of a contestant.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::time::Duration;

use hedgerow_benches::peers::{ENVOY_ARGS, free_port};
use tempfile::TempDir;
use tokio::time::Instant;

use super::config;
use super::contestant::Contestant;
use super::steady;
use crate::child::Child;
use crate::role::Role;

/// How long a proxy may take to serve.
const START: Duration = Duration::from_secs(20);

/// A proxy that serves. It ends with this value.
pub(crate) struct Process {
    running: Running,
    /// Its config and what it keeps; removed with this value.
    _home: TempDir,
}

enum Running {
    Ours(Child),
    Peers {
        process: process::Child,
        addr: SocketAddr,
    },
}

impl Process {
    /// Starts a contestant in front of the upstream, on a core if there is one for it, and waits until it has answered a
    /// request.
    pub(crate) fn start(
        contestant: Contestant,
        program: &Path,
        core: Option<usize>,
        upstream: SocketAddr,
    ) -> io::Result<Self> {
        let home = tempfile::tempdir()?;
        let file = home.path().join("proxy.yaml");
        let write = |text: String| std::fs::write(&file, text);
        let running = match contestant {
            Contestant::Relay => Running::Ours(Child::start(&Role::Relay(upstream), core)?),
            Contestant::Hedgerow => {
                write(config::hedgerow(upstream))?;
                Running::Ours(Child::start(&Role::Gateway(file), core)?)
            }
            Contestant::HedgerowAll => {
                write(config::hedgerow_all(upstream))?;
                let state = home.path().join("state");
                Running::Ours(Child::start(&Role::Kept { config: file, state }, core)?)
            }
            _ => {
                let addr = free_port()?;
                write(config::of_peer(contestant, addr, upstream))?;
                let process = command(contestant, program, core, &file, home.path()).spawn()?;
                Running::Peers { process, addr }
            }
        };
        let process = Self { running, _home: home };
        process.wait_until_it_serves(contestant)?;
        Ok(process)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        match &self.running {
            Running::Ours(child) => child.addr,
            Running::Peers { addr, .. } => *addr,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.running {
            Running::Ours(child) => child.pid(),
            Running::Peers { process, .. } => process.id(),
        }
    }

    fn wait_until_it_serves(&self, contestant: Contestant) -> io::Result<()> {
        let until = Instant::now() + START;
        loop {
            match steady::ask_once(self.addr()) {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > until => {
                    let name = contestant.name();
                    return Err(io::Error::other(format!(
                        "{name} did not serve within {START:?}: {error}"
                    )));
                }
                Err(_) => steady::sleep_until(Instant::now() + Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Running::Peers { process, .. } = &mut self.running {
            // One that has ended already is what is wanted.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Each of them is one process, so that it can be killed, and its time and memory be read.
fn command(contestant: Contestant, program: &Path, core: Option<usize>, file: &Path, home: &Path) -> Command {
    let mut command = match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &core.to_string()]).arg(program);
            command
        }
        None => Command::new(program),
    };
    match contestant {
        Contestant::EnvoyPlain | Contestant::EnvoyResilient => command.args(ENVOY_ARGS).arg(file),
        Contestant::NginxPlain | Contestant::NginxLimits => {
            command.arg("-p").arg(home).args(["-e", "stderr", "-c"]).arg(file)
        }
        // Without `-W` it is one process; `-db` keeps it in the foreground.
        _ => command.args(["-db", "-f"]).arg(file),
    };
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}
