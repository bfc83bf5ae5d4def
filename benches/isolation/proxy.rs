//! The process of a contestant, which can be killed and started again.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hedgerow_benches::peers::{self, ENVOY_ARGS};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::callers::{self, Idle, Method};
use crate::contestant::Contestant;
use crate::role;

/// How long a proxy may take to serve.
const START: Duration = Duration::from_secs(20);

/// A proxy that serves. It ends with this value.
pub(crate) struct Proxy {
    pub(crate) addr: SocketAddr,
    command: Command,
    process: Child,
    /// Its config and what it keeps; removed with this value.
    _home: TempDir,
}

impl Proxy {
    /// Starts a contestant in front of two endpoints, and waits until it has answered a request.
    pub(crate) async fn start(
        contestant: Contestant,
        envoy: Option<&Path>,
        endpoints: [SocketAddr; 2],
        limit: Option<Duration>,
    ) -> io::Result<Self> {
        let home = tempfile::tempdir()?;
        let addr = peers::free_port()?;
        let config = home.path().join("proxy.yaml");
        std::fs::write(&config, contestant.config(addr, endpoints, limit))?;
        let mut command = match (contestant, envoy) {
            (Contestant::Hedgerow | Contestant::HedgerowTurns, _) => {
                gateway(&config, home.path().join("state"))?
            }
            (_, Some(envoy)) => of_envoy(envoy, &config),
            (_, None) => return Err(io::Error::other("there is no Envoy")),
        };
        let process = command.spawn()?;
        let proxy = Self {
            addr,
            command,
            process,
            _home: home,
        };
        proxy.is_up().await?;
        Ok(proxy)
    }

    /// Kills the process as `kill -9` does, and starts it again at once.
    pub(crate) fn kill_and_start(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        self.process = self.command.spawn()?;
        Ok(())
    }

    async fn is_up(&self) -> io::Result<()> {
        let until = Instant::now() + START;
        let idle = Idle::default();
        while Instant::now() < until {
            if let Ok(200) = callers::ask(&idle, self.addr, Method::Get).await {
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        Err(io::Error::other(format!(
            "{:?} did not serve at {} within {START:?}",
            self.command, self.addr
        )))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This program once more, as the gateway with its breakers on disk.
fn gateway(config: &Path, state: PathBuf) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args([role::MARK.as_ref(), config.as_os_str(), state.as_os_str()])
        // Its end is the child's, too.
        .stdin(Stdio::piped());
    Ok(command)
}

fn of_envoy(binary: &Path, config: &Path) -> Command {
    let mut command = Command::new(binary);
    command.args(ENVOY_ARGS).arg(config).stdin(Stdio::null());
    command
}
