//! The process of the mesh that is watched.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::thread;

/// Before the config file of the mesh. Cargo passes arguments of its own to a bench.
const MARK: &str = "--mesh";

/// What a child of this bench is.
pub(crate) struct Mesh {
    config: PathBuf,
}

impl Mesh {
    /// What the parent asked for; `None` where this process is the parent.
    pub(crate) fn of_this_process() -> Option<Self> {
        let mut arguments = env::args_os().skip_while(|argument| argument != MARK).skip(1);
        let config = arguments.next()?.into();
        Some(Self { config })
    }

    /// Serves until the parent closes this process's stdin, which it also does by dying.
    pub(crate) fn serve(self) -> io::Result<()> {
        thread::spawn(|| {
            // Nothing is ever sent: whatever comes is the end.
            let _ = io::stdin().read(&mut [0]);
            process::exit(0);
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mesh = hedgerow::Mesh::from_config(self.config)
                .dashboard("127.0.0.1:0")
                .workers(NonZeroUsize::MIN)
                .start()
                .await
                .map_err(io::Error::other)?;
            let serves = mesh.listen_addrs().first().copied().zip(mesh.admin_addr());
            let (listener, admin) = serves.ok_or_else(|| io::Error::other("no listener"))?;
            println!("{listener} {admin}");
            io::stdout().flush()?;
            Err(io::Error::other(format!(
                "the mesh ended: {:?}",
                mesh.wait().await
            )))
        })
    }
}

/// A mesh in a process of its own. It ends with this value.
pub(crate) struct Child {
    process: process::Child,
    /// Where requests are served.
    pub(crate) listener: SocketAddr,
    /// Where it is watched.
    pub(crate) admin: SocketAddr,
}

impl Child {
    /// Starts this program once more, and waits until it serves.
    pub(crate) fn start(config: &Path) -> io::Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .arg(MARK)
            .arg(config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let said = line.trim().split_once(' ');
        let addrs = said.and_then(|(listener, admin)| Some((listener.parse().ok()?, admin.parse().ok()?)));
        match addrs {
            Some((listener, admin)) => Ok(Self {
                process,
                listener,
                admin,
            }),
            None => {
                process.kill()?;
                Err(io::Error::other(format!(
                    "the mesh ended before it served: {}",
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
